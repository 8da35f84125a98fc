package room

import (
	"bytes"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"switchgram/bridge/media"
)

func TestHoldAndMuteGiveSilence(t *testing.T) {
	for name, quiet := range map[string]func(sa, sb *Seat, on bool){
		"bob is held":   func(_, sb *Seat, on bool) { sb.Hold(on) },
		"ann is muted":  func(sa, _ *Seat, on bool) { sa.Mute(on) },
		"both, one off": func(sa, sb *Seat, on bool) { sb.Hold(on); sa.Mute(true); sa.Mute(on) },
	} {
		t.Run(name, func(t *testing.T) {
			ann, bob := newPhone(media.Opus), newPhone(media.Opus)
			call(t, ann, bob, func(_ *Room, sa, sb *Seat) {
				talk := func() (words int) {
					for range 50 {
						ann.say(word, ptime)
					}
					heard := bob.takes()
					inRealTime(t, heard, 48000, 45*time.Millisecond)
					for _, p := range heard {
						if bytes.Equal(p.payload, word) {
							words++
						}
					}
					return words
				}
				if n := talk(); n != 50 {
					t.Errorf("%d words heard, want 50", n)
				}
				quiet(sa, sb, true)
				if n := talk(); n != 0 {
					t.Errorf("%d words heard in silence", n)
				}
				quiet(sa, sb, false)
				if n := talk(); n != 50 {
					t.Errorf("%d words heard after it, want 50", n)
				}
			})
		})
	}
}

func TestTheOtherDirectionGoesOnWhileHeld(t *testing.T) {
	ann, bob := newPhone(media.Opus), newPhone(media.Opus)
	call(t, ann, bob, func(_ *Room, sa, _ *Seat) {
		sa.Hold(true)
		ann.say(word, ptime)
		if heard := bob.takes(); !bytes.Equal(heard[len(heard)-1].payload, word) {
			t.Error("bob does not hear ann")
		}
	})
}

func TestNothingIsSentAfterLeaving(t *testing.T) {
	ann, bob := newPhone(media.Opus), newPhone(media.Opus)
	call(t, ann, bob, func(r *Room, sa, sb *Seat) {
		ann.say(word, ptime)
		// when
		sb.Leave()
		sb.Leave()
		bob.takes()
		ann.say(word, time.Second)
		// then
		if n := len(bob.takes()); n != 0 {
			t.Errorf("%d packets sent to bob, who has left", n)
		}
		if bob.on != nil {
			t.Error("somebody still listens to bob")
		}
		ann.takes()
		wait(time.Second)
		if n := len(ann.takes()); n < 49 {
			t.Errorf("%d packets of silence for ann, who stays", n)
		}
		if sa.Stats().Path != "silence" || r.Path() != "silence" || sb.Stats().Relayed != 1 {
			t.Errorf("ann %+v, bob %+v", sa.Stats(), sb.Stats())
		}
	})
}

func TestPacketsAreRelayedAgainWhenTheThirdHasLeft(t *testing.T) {
	ann, bob, eve := newPhone(media.Opus), newPhone(media.Opus), newPhone(media.Opus)
	call(t, ann, bob, func(r *Room, sa, sb *Seat) {
		se := r.Add(eve, Talk)
		if sa.Stats().Path != "mix" || r.Path() != "mix" || se.Stats().Path != "mix" {
			t.Errorf("paths %q, %q, %q", sa.Stats().Path, r.Path(), se.Stats().Path)
		}
		sb.Leave()
		wait(100 * time.Millisecond) // nobody says anything: the relay need not wait
		ann.takes()
		eve.say(word, ptime)
		if heard := ann.takes(); !bytes.Equal(heard[len(heard)-1].payload, word) {
			t.Errorf("ann hears %q", heard[len(heard)-1].payload)
		}
		if r.mixer.timer != nil {
			t.Error("the clock still runs")
		}
	})
}

func TestACallGoesOnInAnotherFormat(t *testing.T) {
	for name, tell := range map[string]func(*Seat){
		"told":    (*Seat).FormatChanged,
		"noticed": func(*Seat) { wait(100 * time.Millisecond) },
	} {
		t.Run(name, func(t *testing.T) {
			ann, bob, v := newPhone(media.Opus), newPhone(media.NoCodec), newTalker(t, media.Opus, 800, ptime)
			call(t, ann, bob, func(_ *Room, _, sb *Seat) {
				ann.say(v.packet(), ptime)
				if len(bob.takes()) != 0 {
					t.Error("packets sent before there is a codec")
				}
				for _, f := range []struct {
					codec media.Codec
					path  string
				}{{media.Opus, "relay opus"}, {media.PCMU, "transcode opus>PCMU"}, {media.Opus, "relay opus"}, {media.G722, "transcode opus>G722"}} {
					bob.setFormat(phoneFormat(f.codec))
					tell(sb)
					synctest.Wait()
					if got := sb.Stats().Path; got != f.path {
						t.Errorf("path %q, want %q", got, f.path)
					}
					for range 50 {
						ann.say(v.packet(), ptime)
					}
				}
				heard := bob.takes()
				for i := 1; i < len(heard); i++ {
					if heard[i].SequenceNumber != heard[i-1].SequenceNumber+1 || int32(heard[i].Timestamp-heard[i-1].Timestamp) <= 0 {
						t.Fatalf("packet %d breaks the stream: %+v after %+v", i, heard[i].Header, heard[i-1].Header)
					}
				}
			})
		})
	}
}

func TestPacketsHaveTheSizeAgreedOn(t *testing.T) {
	for _, c := range []struct {
		codec media.Codec
		ptime time.Duration
		want  int // ms
	}{{media.PCMU, 10, 10}, {media.PCMU, 30, 30}, {media.G722, 40, 40}, {media.Opus, 10, 10}, {media.Opus, 60, 60}, {media.Opus, 30, 20}, {media.PCMA, 25, 20}, {media.PCMA, 0, 20}, {media.PCMA, 500, 20}} {
		ann, bob, v := newPhone(media.Opus), newPhone(c.codec), newTalker(t, media.PCMA, 800, ptime)
		ann.format = phoneFormat(media.PCMA)
		bob.format.PTime = c.ptime * time.Millisecond
		call(t, ann, bob, func(*Room, *Seat, *Seat) {
			for range 100 {
				ann.say(v.packet(), ptime)
			}
			steady(t, bob.takes(), uint32(c.want*bob.format.ClockRate/1000))
		})
		if t.Failed() {
			t.Fatalf("%v, ptime %d", c.codec, c.ptime)
		}
	}
}

// The room must be fit for the race detector: everything that may be called at once is.
func TestEverythingAtOnce(t *testing.T) {
	r := New(Options{})
	phones := []*phone{newPhone(media.Opus), newPhone(media.PCMU), newPhone(media.Opus)}
	var all sync.WaitGroup
	for i, p := range phones {
		seat := r.Add(p, Talk)
		all.Go(func() { // its reader
			k := p.next
			k.Payload = []byte(media.OpusSilence)
			for range 500 {
				p.send(&k)
				k.SequenceNumber++
				k.Timestamp += 960
			}
		})
		all.Go(func() { // its leg
			for n := range 100 {
				p.setFormat(phoneFormat(codecs[(n+i)%len(codecs)]))
				seat.FormatChanged()
				seat.Hold(n%3 == 0)
				seat.Mute(n%5 == 0)
				_, _ = seat.Stats(), r.Path()
			}
			if i == 1 {
				seat.Leave()
			}
		})
	}
	all.Wait()
	r.Close()
}

func TestWhoMovesToAnotherRoomHearsOneStream(t *testing.T) {
	ann, bob, cid := newPhone(media.Opus), newPhone(media.Opus), newPhone(media.Opus)
	call(t, ann, bob, func(_ *Room, sa, _ *Seat) {
		for range 20 {
			bob.say(word, ptime)
		}
		// when: ann is given a seat in another room, where cid talks
		other := New(Options{})
		defer other.Close()
		other.Add(cid, Talk)
		sa.Leave()
		wait(3 * time.Millisecond)
		other.Take(sa, Talk)
		for range 20 {
			cid.say(word, ptime)
		}
		steady(t, ann.takes(), 960)
	})
}

func TestWhatNotAllHearIsNotTapped(t *testing.T) {
	ann, bob, eve := newPhone(media.Opus), newPhone(media.Opus), newPhone(media.Opus)
	call(t, ann, bob, func(r *Room, sa, sb *Seat) {
		se := r.Add(eve, Listen)
		tap := r.Tap(TapOptions{Packets: 100})
		said := func() (n int) {
			for range 5 {
				eve.say(word, ptime)
			}
			for len(tap.Packets()) > 0 {
				<-tap.Packets()
				n++
			}
			return n
		}
		if n := said(); n != 0 {
			t.Errorf("%d packets of who listens", n)
		}
		se.Become(Whisper, sb)
		if n := said(); n != 0 {
			t.Errorf("%d packets of who whispers", n)
		}
		se.Become(Talk, nil)
		if n := said(); n != 5 {
			t.Errorf("%d packets of who talks", n)
		}
	})
}
