package room

import (
	"fmt"
	"testing"
	"time"

	"switchgram/bridge/media"
	"switchgram/bridge/sound"
)

var codecs = []media.Codec{media.Opus, media.PCMU, media.PCMA, media.G722}

// pairs runs f for every two different codecs.
func pairs(t *testing.T, f func(t *testing.T, said, heard media.Codec)) {
	for _, said := range codecs {
		for _, heard := range codecs {
			if said != heard {
				t.Run(fmt.Sprint(said, ">", heard), func(t *testing.T) { f(t, said, heard) })
			}
		}
	}
}

func TestAToneKeepsItsPurityThroughEveryTranscoding(t *testing.T) {
	pairs(t, func(t *testing.T, said, heard media.Codec) {
		ann, bob, v := newPhone(said), newPhone(heard), newTalker(t, said, 800, ptime)
		call(t, ann, bob, func(r *Room, _, sb *Seat) {
			for range 100 {
				ann.say(v.packet(), ptime)
			}
			took := bob.takes()
			steady(t, took, bob.format.Timestamp(ptime))
			pcm := listen(t, heard, took)
			if got := sound.SNR(pcm[len(pcm)/2:], heard.SampleRate(), 800); got < 25 {
				t.Errorf("purity %.1f dB, want 25", got)
			}
			st := sb.Stats()
			if want := fmt.Sprintf("transcode %v>%v", said, heard); st.Path != want || r.Path() != want {
				t.Errorf("path %q, want %q", st.Path, want)
			}
			if st.Lost+st.Concealed+st.Dropped != 0 || st.Delay < 20*time.Millisecond || st.Delay > 60*time.Millisecond {
				t.Errorf("%+v", st)
			}
		})
	})
}

func TestTelegrams60msAreHeardOnATelephone(t *testing.T) {
	ann, bob, v := newPhone(media.Opus), newPhone(media.PCMU), newTalker(t, media.Opus, 800, 60*time.Millisecond)
	call(t, ann, bob, func(_ *Room, _, sb *Seat) {
		for range 40 {
			ann.say(v.packet(), 60*time.Millisecond)
		}
		took := bob.takes()
		steady(t, took, 160)
		pcm := listen(t, media.PCMU, took)
		if got := sound.SNR(pcm[len(pcm)/2:], 8000, 800); got < 25 {
			t.Errorf("purity %.1f dB, want 25", got)
		}
		if st := sb.Stats(); st.Concealed != 0 {
			t.Errorf("%+v", st)
		}
	})
}

func TestATelephoneHearsOneStreamAcrossAMute(t *testing.T) {
	pairs(t, func(t *testing.T, said, heard media.Codec) {
		ann, bob, v := newPhone(said), newPhone(heard), newTalker(t, said, 800, ptime)
		call(t, ann, bob, func(_ *Room, _, sb *Seat) {
			for range 50 {
				ann.say(v.packet(), ptime)
			}
			ann.mute(3 * time.Second)
			for range 50 {
				ann.say(v.packet(), ptime)
			}
			took := bob.takes()
			steady(t, took, bob.format.Timestamp(ptime))
			pcm := listen(t, heard, took)
			for i, v := range pcm[2*heard.SampleRate() : 3*heard.SampleRate()] { // she is silent from 1.1 s to 4 s
				if v > 64 || v < -64 {
					t.Fatalf("sample %d of the silence is %d", i, v)
				}
			}
			tail := pcm[len(pcm)-heard.SampleRate()/2:]
			if got := sound.SNR(tail, heard.SampleRate(), 800); got < 20 {
				t.Errorf("purity after the mute %.1f dB, want 20", got)
			}
			if st := sb.Stats(); st.Silence < 140 || st.Lost+st.Dropped != 0 {
				t.Errorf("%+v", st)
			}
		})
	})
}

func TestALossIsHiddenWhenTranscoding(t *testing.T) {
	pairs(t, func(t *testing.T, said, heard media.Codec) {
		ann, bob, v := newPhone(said), newPhone(heard), newTalker(t, said, 800, ptime)
		call(t, ann, bob, func(_ *Room, _, sb *Seat) {
			// when: one packet in twenty is lost
			for i := range 200 {
				if p := v.packet(); i%20 == 19 {
					ann.lose(ptime)
				} else {
					ann.say(p, ptime)
				}
			}
			// then: the tone goes on
			took := bob.takes()
			steady(t, took, bob.format.Timestamp(ptime))
			pcm := listen(t, heard, took)
			if got := sound.SNR(pcm[len(pcm)/2:], heard.SampleRate(), 800); got < 8 {
				t.Errorf("purity %.1f dB, want 8", got)
			}
			if st := sb.Stats(); st.Lost < 9 || st.Lost > 10 || st.Concealed < 9 {
				t.Errorf("%+v", st)
			}
		})
	})
}

func TestOvertakenPacketsArePutInOrder(t *testing.T) {
	ann, bob, v := newPhone(media.Opus), newPhone(media.PCMA), newTalker(t, media.Opus, 800, ptime)
	call(t, ann, bob, func(_ *Room, _, sb *Seat) {
		for range 100 {
			first := ann.next
			first.Payload = v.packet()
			ann.lose(ptime)
			ann.say(v.packet(), 0)
			ann.skip(ptime)
			ann.send(&first)
			ann.send(&first)
			wait(ptime)
		}
		pcm := listen(t, media.PCMA, bob.takes())
		if got := sound.SNR(pcm[len(pcm)/2:], 8000, 800); got < 25 {
			t.Errorf("purity %.1f dB, want 25", got)
		}
		if st := sb.Stats(); st.Lost+st.Concealed != 0 || st.Dropped != 100 {
			t.Errorf("%+v", st)
		}
	})
}

func TestAnOldPacketIsNotHeardAgain(t *testing.T) {
	ann, bob, v := newPhone(media.Opus), newPhone(media.PCMA), newTalker(t, media.Opus, 800, 60*time.Millisecond)
	call(t, ann, bob, func(_ *Room, _, sb *Seat) {
		for range 40 {
			again := ann.next
			again.Payload = v.packet()
			ann.say(again.Payload, 60*time.Millisecond)
			ann.say(v.packet(), 55*time.Millisecond)
			ann.next.Timestamp += 240 // 5 ms
			ann.send(&again)
			wait(5 * time.Millisecond)
		}
		wait(ptime)
		pcm := listen(t, media.PCMA, bob.takes())
		if got := sound.SNR(pcm[len(pcm)/2:], 8000, 800); got < 25 {
			t.Errorf("purity %.1f dB, want 25", got)
		}
		if st := sb.Stats(); st.Dropped != 40 {
			t.Errorf("%+v", st)
		}
	})
}

func TestHugePacketsOfATelephoneAreSurvived(t *testing.T) {
	for _, said := range []media.Codec{media.PCMU, media.G722} {
		ann, bob := newPhone(said), newPhone(media.Opus)
		call(t, ann, bob, func(_ *Room, _, sb *Seat) {
			for i := range 50 {
				ann.say(make([]byte, 1+i*173%1500), ptime)
				ann.say(make([]byte, 160), ptime)
			}
			steady(t, bob.takes(), 960)
			if st := sb.Stats(); st.Transcoded == 0 || st.Delay > 2*mostDelay {
				t.Errorf("%+v", st)
			}
		})
	}
}

func TestDelayGrowsWithANetworksAndShrinksAgain(t *testing.T) {
	ann, bob, v := newPhone(media.PCMU), newPhone(media.Opus), newTalker(t, media.PCMU, 800, ptime)
	call(t, ann, bob, func(_ *Room, _, sb *Seat) {
		for range 100 {
			ann.say(v.packet(), ptime)
		}
		usual := sb.Stats().Delay
		// when: packets stand still for 100 ms every second
		for range 10 {
			for range 45 {
				ann.say(v.packet(), ptime)
			}
			wait(100 * time.Millisecond)
			for range 5 {
				ann.say(v.packet(), 0)
				ann.skip(ptime)
			}
		}
		grown, concealed := sb.Stats().Delay, sb.Stats().Concealed
		if grown < usual+20*time.Millisecond || concealed > 10 {
			t.Errorf("delay %v, before %v; %d concealed", grown, usual, concealed)
		}
		// then: it is as before when they have not for a while
		for range 2000 {
			ann.say(v.packet(), ptime)
		}
		if d := sb.Stats().Delay; d > usual+20*time.Millisecond {
			t.Errorf("delay %v at last, %v at first", d, usual)
		}
	})
}

func TestABadPacketIsConcealed(t *testing.T) {
	ann, bob, v := newPhone(media.Opus), newPhone(media.PCMU), newTalker(t, media.Opus, 800, ptime)
	call(t, ann, bob, func(_ *Room, _, sb *Seat) {
		for i := range 100 {
			p := v.packet()
			switch i {
			case 50:
				p = []byte("\xfb\x00") // no packet
			case 60:
				p = []byte("\xfb\x83\xfc") // a packet whose frames cannot be told apart
			}
			ann.say(p, ptime)
		}
		steady(t, bob.takes(), 160)
		if st := sb.Stats(); st.Dropped != 2 || st.Lost != 2 || st.Concealed != 2 {
			t.Errorf("%+v", st)
		}
	})
}
