package room_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/media"
	"switchgram/bridge/room"
	"switchgram/bridge/room/roomtest"
	"switchgram/bridge/sound"
)

var (
	telegram = media.Format{Codec: media.Opus, ClockRate: media.OpusRate, Channels: 2, PTime: 60 * time.Millisecond}
	browser  = media.Format{Codec: media.Opus, ClockRate: media.OpusRate, Channels: 2, PTime: 20 * time.Millisecond}
	pcmu     = media.Format{Codec: media.PCMU, ClockRate: 8000, Channels: 1, PTime: 20 * time.Millisecond}
	g722     = media.Format{Codec: media.G722, ClockRate: 8000, Channels: 1, PTime: 20 * time.Millisecond}
)

// A party has a seat in a room, says a tone, and all it hears is recorded.
type party struct {
	hz     float64
	seat   *room.Seat
	end    *roomtest.End // its own end of the wire
	record string
	sent   []*rtp.Packet // what it was sent until it hung up
	hang   func()
}

// join gives somebody who says src a seat.
func join(t *testing.T, r *room.Room, f media.Format, as room.Role, src sound.Source) *party {
	t.Helper()
	end, at := roomtest.Wire(f, 3*time.Millisecond)
	p := &party{end: end, record: filepath.Join(t.TempDir(), "heard.wav"), seat: r.Add(at, as)}
	file, err := os.Create(p.record)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var both sync.WaitGroup
	for _, run := range []func(context.Context) error{
		sound.NewPlayer(src, end).Run,
		sound.NewListener(end, sound.ListenerOptions{Record: file}).Run,
	} {
		both.Go(func() {
			if err := run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	p.hang = sync.OnceFunc(func() {
		p.sent = end.Received()
		p.seat.Leave()
		wait(50 * time.Millisecond)
		cancel()
		both.Wait()
		_ = file.Close()
	})
	return p
}

// says is a party that says a tone.
func says(t *testing.T, r *room.Room, f media.Format, hz float64) *party {
	t.Helper()
	p := join(t, r, f, room.Talk, sound.NewTone(hz, 0.1))
	p.hz = hz
	return p
}

// heard is all that the party has heard, at 48 kHz, when it has hung up.
func (p *party) heard(t *testing.T) []int16 {
	t.Helper()
	p.hang()
	f, err := os.Open(p.record)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	wav, err := sound.ReadWAV(f)
	if err != nil {
		t.Fatal(err)
	}
	return wav.Samples()
}

// heardAlways fails unless the party has heard the tone of hz all the time, but for a time at the beginning and at most so many transitions: a
// fifth of a second in which 20 ms are not pure, and all windows of 20 ms beside them are.
func (p *party) heardAlways(t *testing.T, hz float64, most int) {
	t.Helper()
	pcm := p.heard(t)
	var begun time.Duration // of the latest transition
	var impure time.Duration
	found := 0
	all := sound.Flaws(pcm[48000/2:len(pcm)-48000/5], 48000, hz, 25)
	for _, f := range all {
		if found == 0 || f.At > begun+200*time.Millisecond {
			found, begun, impure = found+1, f.At, 0
		}
		if impure += f.For; impure > 20*time.Millisecond || found > most {
			t.Errorf("%.0f Hz: transition %d of %d lasts %v: %+v", hz, found, most, impure, all)
			break
		}
	}
	p.unbroken(t)
}

// unbroken fails unless the party was sent one stream: no number is left out, and timestamps go on by a packet each time.
func (p *party) unbroken(t *testing.T) {
	t.Helper()
	sent, step := p.sent, p.end.Format().Timestamp(20*time.Millisecond)
	slices.SortStableFunc(sent, func(a, b *rtp.Packet) int { return int(int16(a.SequenceNumber - b.SequenceNumber)) })
	for i := 1; i < len(sent); i++ {
		a, b := sent[i-1], sent[i]
		if b.SequenceNumber != a.SequenceNumber+1 || b.SSRC != a.SSRC || b.Timestamp-a.Timestamp != step && b.Timestamp-a.Timestamp != 3*step {
			t.Errorf("packet %d of %d breaks the stream: its number goes on by %d, its timestamp by %d", i, len(sent),
				b.SequenceNumber-a.SequenceNumber, b.Timestamp-a.Timestamp)
			return
		}
	}
}

// tones are what transitions are tried with: such as SILK keeps pure at once, and such as it takes half a second for.
var tones = []float64{200, 300, 440, 670, 1000, 1545, 2000, 3000}

// TestATransitionIsHardlyHeard: two talk, and something makes the room mix, then no longer: whatever the tone, not more than 20 ms are impure where the mix begins,
// and where it ends. Where packets would be impure for longer they wait for the tone to end.
func TestATransitionIsHardlyHeard(t *testing.T) {
	for i, hz := range tones {
		transitionIsHardlyHeard(t, browser, browser, hz, tones[(i+3)%len(tones)], "a third joins who says nothing")
		transitionIsHardlyHeard(t, telegram, browser, hz, tones[(i+5)%len(tones)], "a third joins who says nothing")
	}
	for name := range transitions {
		transitionIsHardlyHeard(t, browser, telegram, 1000, 550, name)
		transitionIsHardlyHeard(t, pcmu, pcmu, 550, 650, name)
	}
	transitionIsHardlyHeard(t, browser, pcmu, 550, 750, "a third joins who says nothing")
	transitionIsHardlyHeard(t, telegram, g722, 550, 750, "a third joins who says nothing")
}

// transitionIsHardlyHeard tries a transition with the formats and tones of ann and bob.
func transitionIsHardlyHeard(t *testing.T, a, b media.Format, anns, bobs float64, name string) {
	t.Helper()
	c := transitions[name]
	t.Run(strings.ReplaceAll(fmt.Sprintf("%v %v %.0f Hz+%v %.0f Hz: %s", a.Codec, a.PTime, anns, b.Codec, bobs, name), " ", "_"), func(t *testing.T) {
		inBubble(t, func(t *testing.T, r *room.Room) {
			ann, bob := says(t, r, a, anns), says(t, r, b, bobs)
			wait(1200 * time.Millisecond)
			back := c.happens(t, r, ann, bob)
			wait(1200 * time.Millisecond)
			back()
			wait(2 * time.Second) // there is no pause
			bob.hang()
			bob.heardAlways(t, anns, c.flaws)
			ann.heardAlways(t, bobs, c.flaws)
		})
	})
}

// transitions is what may happen to a call of two. Each returns what ends it.
var transitions = map[string]struct {
	flaws   int
	happens func(*testing.T, *room.Room, *party, *party) func()
}{
	"a third joins who says nothing": {2, func(t *testing.T, r *room.Room, _, _ *party) func() {
		return join(t, r, browser, room.Talk, sound.Silence{}).hang
	}},
	"a telephone joins": {2, func(t *testing.T, r *room.Room, _, _ *party) func() {
		return join(t, r, pcmu, room.Talk, sound.Silence{}).hang
	}},
	"somebody listens": {0, func(t *testing.T, r *room.Room, _, _ *party) func() {
		return join(t, r, browser, room.Listen, sound.NewTone(300, 0.3)).hang
	}},
	"both are a little louder": {2, func(_ *testing.T, _ *room.Room, ann, bob *party) func() {
		ann.seat.SetGain(1)
		bob.seat.SetGain(1)
		return func() {
			ann.seat.SetGain(0)
			bob.seat.SetGain(0)
		}
	}},
	"the mix is recorded": {0, func(_ *testing.T, r *room.Room, _, _ *party) func() {
		return r.Tap(room.TapOptions{Mix: 1000}).Close
	}},
	"digits are looked for": {0, func(_ *testing.T, _ *room.Room, ann, bob *party) func() {
		ann.seat.OnDigit(func(byte) {})
		bob.seat.OnDigit(func(byte) {})
		return func() {
			ann.seat.OnDigit(nil)
			bob.seat.OnDigit(nil)
		}
	}},
	"silence is played under the talk": {2, func(_ *testing.T, r *room.Room, _, _ *party) func() {
		return r.Play(quiet{}, room.PlayOptions{Under: true}).Stop
	}},
}

// A quiet source never ends.
type quiet struct{}

func (quiet) Fill(pcm []int16, _ int) int {
	clear(pcm)
	return len(pcm)
}
