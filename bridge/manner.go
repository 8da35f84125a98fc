package bridge

import (
	"context"
	"fmt"
	"math"
	"time"

	"switchgram/bridge/media"
)

// manner is how a leg takes part in the talk, as those want it who steer the call.
type manner struct {
	silenced bool    // what it says is kept from the others
	deaf     bool    // what they say is kept from it
	volume   float64 // in dB; 0: as it speaks
}

// MaxVolume is by how many dB SetVolume makes a leg louder or softer at most.
const MaxVolume = 20

// muteKey is the key by which somebody who has joined a call is heard no longer, or again.
const muteKey = '0'

// Silence keeps what a leg's far end says from the others (on), who hear silence from it and have it in no recording, or lets them hear it again.
// Who has joined a call can undo it by pressing 0. ErrNoLeg.
func (b *Bridge) Silence(ctx context.Context, leg LegID, on bool) error {
	return b.askFor(ctx, leg, mannerAsked{to: leg, change: func(m *manner) { m.silenced = on }})
}

// Deafen keeps what others say from a leg's far end (on), which hears silence, or lets it hear them again. ErrNoLeg.
func (b *Bridge) Deafen(ctx context.Context, leg LegID, on bool) error {
	return b.askFor(ctx, leg, mannerAsked{to: leg, change: func(m *manner) { m.deaf = on }})
}

// SetVolume makes what a leg's far end says louder or softer for the others: db from -MaxVolume to MaxVolume, 0 as it is said. ErrNoLeg.
func (b *Bridge) SetVolume(ctx context.Context, leg LegID, db float64) error {
	if !(math.Abs(db) <= MaxVolume) {
		return fmt.Errorf("bridge: volume of %g dB: want -%d to %d", db, MaxVolume, MaxVolume)
	}
	return b.askFor(ctx, leg, mannerAsked{to: leg, change: func(m *manner) { m.volume = db }})
}

type (
	// mannerAsked: a leg is to take part in another manner.
	mannerAsked struct {
		leg    int
		to     LegID // owner: what leg is
		change func(*manner)
	}
	// behave gives a leg's sound the manner that it has now.
	behave struct{ leg int }
)

func (in mannerAsked) resolve(find func(LegID) int) input { in.leg = find(in.to); return in }

func (in mannerAsked) apply(m *machine) {
	if in.leg < 0 || m.legs[in.leg].at != legUp {
		m.do(refuse{})
		return
	}
	in.change(&m.legs[in.leg].manner)
	m.do(behave{in.leg}, accept{})
}

// guestPressed takes a key of somebody who has joined, which is for nobody else.
func (m *machine) guestPressed(leg int, key rune) {
	if key == muteKey {
		m.legs[leg].manner.silenced = !m.legs[leg].manner.silenced
		m.do(behave{leg})
	}
}

// behave has the room follow a leg's manner.
func (o *owner) behave(leg int) {
	seat, m := o.parties[leg].seat, o.state.legs[leg].manner
	if seat == nil {
		return
	}
	seat.Mute(m.silenced)
	seat.Hold(m.deaf)
	seat.SetGain(m.volume)
}

const (
	speechLevel  = 50              // dBov below which nobody speaks
	speechPause  = 1 * time.Second // in which somebody is still speaking
	loudnessStep = 5
)

// hear notes how loud a leg speaks, and tells whether that has changed for those who look at calls. While packets are relayed nobody knows.
func (p *party) hear(silenced bool, now time.Time) (changed bool) {
	was := p.loudness
	switch level := p.seat.Level(); {
	case silenced:
		p.loudness = 0
	case level < speechLevel:
		p.spoke = now
		p.loudness = (100 - int(level)) / loudnessStep * loudnessStep
	case now.Sub(p.spoke) >= speechPause:
		p.loudness = 0
	}
	return p.loudness != was
}

// codecOf names what a stream carries, as FreeSWITCH does: opus@48000; empty: nothing is agreed.
func codecOf(f media.Format) string {
	if f.Codec == media.NoCodec {
		return ""
	}
	return fmt.Sprintf("%v@%d", f.Codec, f.Codec.SampleRate())
}
