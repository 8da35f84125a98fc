package room

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/media"
	"switchgram/bridge/sound"
)

// A bomb is a decoder that panics.
type bomb struct{}

func (bomb) Decode([]byte, []int16) (int, error) { panic("no such codebook") }
func (bomb) Recover([]byte, []int16)             {}
func (bomb) Conceal([]int16)                     {}

// TestAPanicEndsOneSeatOnly: a decoder of one who talks panics, and the others go on.
func TestAPanicEndsOneSeatOnly(t *testing.T) {
	ann, bob, eve := newPhone(media.Opus), newPhone(media.PCMU), newPhone(media.Opus)
	call(t, ann, bob, func(r *Room, sa, sb *Seat) {
		var failed []*Seat
		r.failed = func(s *Seat, err error) {
			if failed = append(failed, s); !errors.Is(err, ErrPanic) {
				t.Errorf("failed by %v", err)
			}
		}
		se := r.Add(eve, Talk)
		r.mu.Lock()
		se.voice.ear.dec = bomb{}
		r.mu.Unlock()
		v := newTalker(t, media.Opus, 600, ptime)
		for range 10 {
			eve.say(word, ptime)
		}
		select {
		case <-se.Done():
		default:
			t.Fatal("eve still has her seat")
		}
		if !errors.Is(se.Err(), ErrPanic) || sa.Err() != nil || !slices.Equal(failed, []*Seat{se}) {
			t.Errorf("errors %v, %v; told of %v", se.Err(), sa.Err(), failed)
		}
		bob.takes()
		for range 50 {
			ann.say(v.packet(), ptime)
		}
		heard := bob.takes()
		steady(t, heard, 160)
		if sb.Stats().Path != "transcode opus>PCMU" || sound.SNR(listen(t, media.PCMU, heard)[4000:], 8000, 600) < 25 {
			t.Errorf("bob: %+v", sb.Stats())
		}
		sb.Leave()
		select {
		case <-sb.Done():
		default:
			t.Error("bob has left, and is not done")
		}
		if sb.Err() != nil {
			t.Errorf("error %v", sb.Err())
		}
	})
}

// A mine is a path that panics.
type mine struct{ path }

func (mine) take(*rtp.Packet, time.Time) { panic("no such frame") }

func TestAPanicOfARelayEndsWhoSpoke(t *testing.T) {
	ann, bob := newPhone(media.Opus), newPhone(media.Opus)
	call(t, ann, bob, func(_ *Room, sa, sb *Seat) {
		sb.mu.Lock()
		sb.path = mine{sb.path}
		sb.mu.Unlock()
		ann.say(word, ptime)
		if !errors.Is(sa.Err(), ErrPanic) || sb.Err() != nil {
			t.Errorf("errors %v, %v", sa.Err(), sb.Err())
		}
		wait(time.Second)
		if n := len(bob.takes()); n < 45 {
			t.Errorf("%d packets for bob", n)
		}
	})
}

// A scratch is a Source that panics.
type scratch struct{}

func (scratch) Fill([]int16, int) int { panic("no such file") }

func TestAPanicOfASourceEndsIt(t *testing.T) {
	ann, bob := newPhone(media.Opus), newPhone(media.Opus)
	call(t, ann, bob, func(r *Room, sa, sb *Seat) {
		p, q := sa.Play(scratch{}, PlayOptions{}), r.Play(scratch{}, PlayOptions{})
		wait(100 * time.Millisecond)
		<-p.Done()
		<-q.Done()
		if sa.Err() != nil || sb.Err() != nil || p.Finished() {
			t.Errorf("errors %v, %v; finished %t", sa.Err(), sb.Err(), p.Finished())
		}
	})
}

// TestWhatBreaksTheFormatCostsItself: payloads that no peer should send come between good ones, into a mix.
func TestWhatBreaksTheFormatCostsItself(t *testing.T) {
	for name, payload := range map[string][]byte{
		"nothing":              {},
		"a frame of no length": {0xf8},
		"garbage":              {0xfb, 0x3f, 0xff, 0xff},
		"120 ms":               append([]byte{0xfb, 0x06}, bytes.Repeat([]byte{1}, 600)...),
		"larger than any":      bytes.Repeat([]byte{0x78}, 9000),
		"random SILK":          append([]byte{0x08}, bytes.Repeat([]byte{0xa5}, 300)...),
		"random CELT":          append([]byte{0xfc}, bytes.Repeat([]byte{0x5a}, 1000)...),
	} {
		t.Run(name, func(t *testing.T) {
			ann, bob := newPhone(media.Opus), newPhone(media.PCMU)
			call(t, ann, bob, func(r *Room, _, sb *Seat) {
				r.Add(newPhone(media.Opus), Talk)
				v := newTalker(t, media.Opus, 600, ptime)
				for i := range 100 {
					p := v.packet()
					if i%25 == 10 {
						p = payload
					}
					ann.say(p, ptime)
				}
				heard := bob.takes()
				steady(t, heard, 160)
				if d := sb.Stats().Delay; d > mostDelay {
					t.Errorf("a delay of %v", d)
				}
				for range 100 {
					ann.say(v.packet(), ptime)
				}
				if got := sound.SNR(listen(t, media.PCMU, bob.takes())[8000:], 8000, 600); got < 20 {
					t.Errorf("purity afterwards %.1f dB", got)
				}
			})
		})
	}
}

// FuzzSeat lets three far sides send whatever they like, while all that a room does is switched on and off.
func FuzzSeat(f *testing.F) {
	f.Add([]byte("\x03\x00\x01\x00\x78ab\x09\x13\x14\x15"))
	f.Add([]byte("\x05\x00\x01\x7b\x03abc\x0b\x20\x07\x10\xfb\x06"))
	f.Fuzz(func(t *testing.T, script []byte) {
		synctest.Test(t, func(t *testing.T) {
			all := []*phone{newPhone(media.Opus), newPhone(media.PCMU), newPhone(media.Opus)}
			r := New(Options{})
			var seats []*Seat
			for _, p := range all {
				seats = append(seats, r.Add(p, Talk))
			}
			tap := r.Tap(TapOptions{Packets: 10, Mix: 10})
			for s := script[:min(len(script), 300)]; len(s) > 4; s = s[4:] {
				meddle(r, seats, tap, s[0])
				all[s[1]%3].act(whim{s[0], uint32(binary.BigEndian.Uint16(s[1:]))}, s[3:])
			}
			r.Close()
			for i, s := range seats {
				if s.Err() != nil {
					t.Errorf("seat %d: %v", i, s.Err())
				}
				all[i].mu.Lock()
				heard := all[i].heard
				all[i].mu.Unlock()
				if len(heard) > 0 {
					if err := inOrder(heard, all[i].format.ClockRate); err != nil {
						t.Errorf("seat %d: %v", i, err)
					}
				}
			}
		})
	})
}

// meddle does one of the things that a room can be asked for.
func meddle(r *Room, seats []*Seat, tap *Tap, b byte) {
	s, on := seats[b%3], b&16 != 0
	switch b >> 5 {
	case 0:
		s.Mute(on)
	case 1:
		s.Hold(on)
	case 2:
		s.SetGain(float64(b%8) - 4)
	case 3:
		s.Become(Role(b%3), seats[(b+1)%3])
	case 4:
		s.OnDigit(func(byte) {})
	case 5:
		tap.Close()
	case 6:
		r.Play(&echoes{}, PlayOptions{Under: on})
	default:
		s.Play(&echoes{}, PlayOptions{Under: on}).Stop()
	}
}

// Echoes are a loud noise of a tenth of a second.
type echoes struct{ n int }

func (e *echoes) Fill(pcm []int16, rate int) int {
	n := min(len(pcm), rate/10-e.n)
	for i := range max(n, 0) {
		e.n++
		pcm[i] = int16(e.n * 7919)
	}
	return max(n, 0)
}
