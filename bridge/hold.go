package bridge

import (
	"time"

	"switchgram/bridge/room"
)

// unheldAfter is how long nothing comes from a far end that holds us before those whom it holds are played music: a switch has its own, and most
// telephones have none.
const unheldAfter = time.Second

// entertain plays music to those who are held by everybody they talk with, while nothing else is to be heard, and stops when that is over.
func (o *owner) entertain(now time.Time) {
	if o.bridge.opt.HoldMusic == nil {
		return
	}
	for leg, p := range o.parties {
		switch waits := p.seat != nil && o.waits(leg, now); {
		case waits && p.music == nil:
			p.music = p.seat.Play(o.bridge.opt.HoldMusic(), room.PlayOptions{})
		case !waits && p.music != nil:
			p.music.Stop()
			p.music = nil
		}
	}
}

// waits tells whether a leg is held, by all whom it could hear.
func (o *owner) waits(leg int, now time.Time) (held bool) {
	if o.parties[leg].gauge.held {
		return false // it waits for nobody
	}
	for other, p := range o.parties {
		if other == leg || p.seat == nil || o.state.legs[other].role != Talk {
			continue
		}
		if !p.gauge.held || now.Sub(p.gauge.heard) < unheldAfter {
			return false
		}
		held = true
	}
	return held
}
