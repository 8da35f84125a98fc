package bridge

import (
	"context"
	"errors"

	"switchgram/bridge/room"
)

// Hearers are those whom Play plays to.
type Hearers uint8

// Who may be played to.
const (
	TheCaller Hearers = iota
	TheCallee         // who talks with the caller
	Everybody         // all in the call, also who has joined it
)

// Sound is what Play plays, and to whom. Package sound makes sources of files, tones and the signals of telephone networks.
type Sound struct {
	Source room.Source // belongs to Play until that returns
	To     Hearers
	Under  bool    // the talk goes on, on top of it
	Gain   float64 // dB, -60 to 20; 0: as it is
}

var (
	// ErrNoSound: Play was given no Source.
	ErrNoSound = errors.New("bridge: nothing to play")

	// ErrUnheard: whoever was played to has left before the end, perhaps because the call is ending.
	ErrUnheard = errors.New("bridge: who was played to has left")
)

// Play plays a sound and returns when it is over, or ctx has ended, which stops it. It answers nobody: ErrVerb while whoever is to hear it is not
// up. Other verbs may run meanwhile: Collect, Connect. Several sounds at once are heard together.
func (c *Call) Play(ctx context.Context, s Sound) error {
	if s.Source == nil {
		return ErrNoSound
	}
	given := make(chan *room.Playback, 1)
	if _, err := c.ask(ctx, playAsked{to: s.To, sound: s, given: given}); err != nil {
		if len(given) > 0 { // ctx ended as it began
			(<-given).Stop()
		}
		return err
	}
	p := <-given
	select {
	case <-p.Done():
	case <-ctx.Done():
		p.Stop()
		<-p.Done()
		return context.Cause(ctx)
	}
	if !p.Finished() {
		return c.unheard()
	}
	return nil
}

// unheard says why a sound was not played to its end.
func (c *Call) unheard() error {
	select {
	case <-c.over:
		return &EndedError{Cause: c.cause}
	default:
		return ErrUnheard
	}
}

type (
	// playAsked: the controller wants a sound played.
	playAsked struct {
		to    Hearers
		sound Sound                 // owner
		given chan<- *room.Playback // owner; has room for it
	}
	// playTo plays it to a leg, or to all (us).
	playTo struct{ leg int }
)

func (in playAsked) apply(m *machine) {
	leg := us
	switch in.to {
	case TheCaller:
		leg = 0
	case TheCallee:
		leg = m.winner
	}
	if m.phase >= ending || in.to == TheCallee && leg == 0 || !m.hears(leg) {
		m.do(refuse{})
		return
	}
	m.do(playTo{leg})
}

// hears tells whether a leg is up, or any.
func (m *machine) hears(leg int) bool {
	for i, l := range m.legs {
		if l.at == legUp && (leg == us || leg == i) {
			return true
		}
	}
	return false
}

func (o *owner) play(leg int, in playAsked, verb *pending) {
	opt := room.PlayOptions{Under: in.sound.Under, Gain: in.sound.Gain}
	if leg == us {
		in.given <- o.room.Play(in.sound.Source, opt)
	} else {
		in.given <- o.parties[leg].seat.Play(in.sound.Source, opt)
	}
	o.reply(verb, answered{})
}
