package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"switchgram/bridge/leg"
	"switchgram/bridge/media"
	"switchgram/bridge/sip"
	"switchgram/bridge/sip/sdp"
	"switchgram/bridge/sip/siptest"
	"switchgram/cmd/switchgram/tones"
	"switchgram/tgcall"
	"switchgram/tgcall/testnet"
)

// party is one end of a call, with a tone of its own.
type party struct {
	*tones.End
	sound  media.Stream
	hangup func(context.Context) error
	hush   func()            // ends tone and listening
	dialog *sip.Dialog       // of a telephone
	ended  chan tgcall.Ended // of somebody on Telegram
}

// pitches are what the ends of a call play, in turn: none is a harmonic of another, or near the keys of a telephone.
var pitches = []float64{433, 610, 1021, 523, 1130, 560}

// newParty lets an end of a call play and listen until the row is over.
func (w *world) newParty(s media.Stream, hangup func(context.Context) error) *party {
	p := &party{End: tones.NewEnd(s, pitches[w.pitch%len(pitches)]), sound: s, hangup: hangup}
	w.pitch++
	p.hush = sync.OnceFunc(p.Run(context.Background()))
	w.perRow.add(func() {
		ctx, cancel := context.WithTimeout(context.Background(), tidyTime)
		defer cancel()
		_ = hangup(ctx) // most have ended
		p.hush()
	})
	return p
}

// hear lets all of them hear each other's tone; of more than two, each hears a mixture, which this is not for.
func hear(ctx context.Context, a, b *party) error {
	return errors.Join(wrapf(a.Hears(ctx, b.Hz), "the person on Telegram"), wrapf(b.Hears(ctx, a.Hz), "the other end"))
}

func wrapf(err error, who string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %w", who, err)
}

const (
	annNumber  = "999662001001"
	answerTime = 20 * time.Second
)

// person is somebody on Telegram, who takes every call unless told otherwise.
type person struct {
	w     *world
	user  *testnet.User
	phone *testnet.Phone
	taken chan *tgcall.Call
}

func (w *world) newPerson(ctx context.Context, o testnet.UserOptions) (p *person, err error) {
	p = &person{w: w, user: w.net.AddUser(o), taken: make(chan *tgcall.Call, 4)}
	if p.phone, err = p.user.Phone(context.WithoutCancel(ctx), testnet.PhoneOptions{OnCall: p.take}); err != nil {
		return nil, err
	}
	w.always.add(p.phone.Close)
	return p, nil
}

func (p *person) begin() { drain(p.taken) }

func (p *person) take(ctx context.Context, c *tgcall.Call) {
	if c.Accept(ctx) != nil {
		return
	}
	select {
	case p.taken <- c:
		<-ctx.Done()
	case <-ctx.Done():
	}
}

// answered is the party whose call the person has taken.
func (p *person) answered(ctx context.Context) (*party, error) {
	c, err := next(ctx, p.taken, "nobody on Telegram was called")
	if err != nil {
		return nil, err
	}
	return p.party(c), nil
}

func (p *person) party(c *tgcall.Call) *party {
	t := p.w.newParty(leg.NewTelegram(c, "").Media(), func(ctx context.Context) error { return c.Discard(ctx, tgcall.Hangup) })
	t.ended = make(chan tgcall.Ended, 1)
	go func() { // as long as the call, which perRow ends
		for e := range c.Events() {
			if end, ok := e.(tgcall.Ended); ok {
				t.ended <- end
			}
		}
	}()
	return t
}

// wantDiscarded waits until the person is told that the other side has ended the call, and how.
func (p *party) wantDiscarded(ctx context.Context, want tgcall.DiscardReason) error {
	end, err := next(ctx, p.ended, "the person on Telegram never heard of the end")
	if err != nil {
		return err
	}
	if d := (*tgcall.DiscardError)(nil); !errors.As(end.Err, &d) || d.Reason != want {
		return fmt.Errorf("the person on Telegram was told %v, not %s", end.Err, want)
	}
	return nil
}

// telephone is a SIP telephone at FreeSWITCH, which takes every call.
type telephone struct {
	w        *world
	user     string
	password string
	codecs   []sdp.Codec
	phone    *siptest.Phone
	taken    chan *sip.Dialog
}

func (w *world) newTelephone(ctx context.Context, user, password string, codecs []sdp.Codec) (*telephone, error) {
	t := &telephone{w: w, user: user, password: password, codecs: codecs, taken: make(chan *sip.Dialog, 4)}
	if err := t.register(ctx); err != nil {
		return nil, err
	}
	w.always.add(func() { t.phone.Close() })
	return t, nil
}

// register switches the telephone on, or off and on.
func (t *telephone) register(ctx context.Context) error {
	if t.phone != nil {
		t.phone.Close()
	}
	phone, err := siptest.NewPhone(ctx, t.w.fs.sip, siptest.PhoneOptions{User: t.user, Password: t.password, Codecs: t.codecs, Sound: t.take})
	if err == nil {
		t.phone = phone
	}
	return err
}

func (t *telephone) begin() { drain(t.taken) }

func (t *telephone) take(ctx context.Context, s siptest.Stream) {
	select {
	case t.taken <- s.(*sip.Dialog):
		<-ctx.Done()
	case <-ctx.Done():
	}
}

// answered is the party whose call the telephone has taken.
func (t *telephone) answered(ctx context.Context) (*party, error) {
	d, err := next(ctx, t.taken, "telephone "+t.user+" never rang")
	if err != nil {
		return nil, err
	}
	return t.w.telephoneParty(d), nil
}

func (w *world) telephoneParty(d *sip.Dialog) *party {
	p := w.newParty(leg.NewFreeSWITCH(d, "").Media(), func(ctx context.Context) error { return d.Hangup(ctx, sip.Hangup{}) })
	p.dialog = d
	return p
}

func drain[T any](c chan T) {
	for len(c) > 0 {
		<-c
	}
}

// next takes a value from the channel, or fails with the sentence.
func next[T any](ctx context.Context, from <-chan T, otherwise string) (v T, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, answerTime, fmt.Errorf("%s within %v", otherwise, answerTime))
	defer cancel()
	select {
	case v := <-from:
		return v, nil
	case <-ctx.Done():
		return v, context.Cause(ctx)
	}
}
