package bridge

import (
	"time"

	"switchgram/bridge/room"
)

// unheardAfter is how long nothing comes from a far end until those who wait are played something: a switch has its own music, and most
// telephones have none.
const unheardAfter = time.Second

// pastime is what somebody is played who waits.
type pastime uint8

const (
	nothing pastime = iota
	music           // who is held
	ringing         // who waits for somebody who is called
)

// entertain plays something to those who have nobody to listen to, and stops when that is over.
func (o *owner) entertain(now time.Time) {
	for leg, p := range o.parties {
		if p.seat == nil {
			continue
		}
		want := o.pastime(leg, now)
		if want == p.pastime {
			continue
		}
		if p.played != nil {
			p.played.Stop()
		}
		p.pastime, p.played = want, nil
		if source := o.source(want); source != nil {
			p.played = p.seat.Play(source, room.PlayOptions{})
		}
	}
}

func (o *owner) pastime(leg int, now time.Time) pastime {
	switch {
	case o.expects(leg, now):
		return ringing
	case o.held(leg, now):
		return music
	default:
		return nothing
	}
}

// source makes what is played; nil: silence.
func (o *owner) source(p pastime) room.Source {
	switch opt := o.bridge.opt; {
	case p == music && opt.HoldMusic != nil:
		return opt.HoldMusic()
	case p == ringing && opt.Ringback != nil:
		return opt.Ringback(o.call.line)
	default:
		return nil
	}
}

// held tells whether a leg is held, by all whom it could hear.
func (o *owner) held(leg int, now time.Time) (held bool) {
	if o.parties[leg].gauge.held {
		return false // it waits for nobody
	}
	for other, p := range o.talkers {
		if other == leg {
			continue
		}
		if !p.gauge.held || now.Sub(p.gauge.heard) < unheardAfter {
			return false
		}
		held = true
	}
	return held
}

// expects tells whether a leg waits for somebody who is being called, and has nobody else to listen to: whoever is transferred, or was called
// first to be connected with another. Who has a script hears what that plays.
func (o *owner) expects(leg int, now time.Time) bool {
	s := &o.state
	_, plain := o.controller().(ConnectController)
	plain = plain || s.legs[0].at != legUp // a script cannot play anything yet
	switch {
	case s.target != 0:
		if leg == s.referrer-1 || !s.legs[s.target].rings() {
			return false
		}
	case leg != 0 || s.phase != trying && s.phase != taking || !plain || !s.anyRings():
		return false
	}
	for other, p := range o.talkers {
		if other != leg && now.Sub(p.gauge.heard) < unheardAfter {
			return false
		}
	}
	return true
}

// talkers are the parties that can be heard.
func (o *owner) talkers(yield func(int, *party) bool) {
	for leg, p := range o.parties {
		if p.seat != nil && o.state.legs[leg].role == Talk && !yield(leg, p) {
			return
		}
	}
}

// rings tells whether a telephone rings at the leg's far end, or was picked up just now.
func (l legState) rings() bool { return l.at == legRinging || l.at == legTaken }

// anyRings tells whether somebody's does who is being called.
func (s *state) anyRings() bool {
	for _, l := range s.legs[s.attempt:] {
		if l.rings() {
			return true
		}
	}
	return false
}
