package room

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/media"
)

var word = []byte("\x78some sound") // a hybrid frame of 20 ms

func TestOpusPassesUntouched(t *testing.T) {
	ann, bob := newPhone(media.Opus), newPhone(media.Opus)
	call(t, ann, bob, func(r *Room, _, sb *Seat) {
		wait(5 * time.Millisecond)
		bob.takes()
		// when
		for i := range 100 {
			ann.say(fmt.Appendf(nil, "\x78%d", i), ptime)
		}
		// then
		heard := bob.takes()
		if len(heard) != 100 {
			t.Fatalf("%d packets heard, want 100", len(heard))
		}
		steady(t, heard, 960)
		for i, p := range heard {
			if want := fmt.Sprintf("\x78%d", i); string(p.payload) != want {
				t.Fatalf("packet %d is %q, want %q", i, p.payload, want)
			}
		}
		if st := sb.Stats(); st.Path != "relay opus" || r.Path() != "relay opus" || st.Relayed != 100 || st.Lost+st.Dropped != 0 {
			t.Errorf("%+v", st)
		}
	})
}

func TestTelegrams60msReachFreeSWITCHAs20ms(t *testing.T) {
	ann, bob := newPhone(media.Opus), newPhone(media.Opus)
	call(t, ann, bob, func(*Room, *Seat, *Seat) {
		wait(5 * time.Millisecond)
		bob.takes()
		for range 10 {
			ann.say([]byte("\x7b\x83\x01\x02abbccc"), 60*time.Millisecond)
		}
		heard := bob.takes()
		if len(heard) != 30 {
			t.Fatalf("%d packets heard, want 30", len(heard))
		}
		steady(t, heard, 960)
		for i, p := range heard {
			if want := []string{"\x78a", "\x78bb", "\x78ccc"}[i%3]; string(p.payload) != want {
				t.Fatalf("packet %d is %q, want %q", i, p.payload, want)
			}
		}
	})
}

func TestSilenceFillsAMutedMicrophone(t *testing.T) {
	ann, bob := newPhone(media.Opus), newPhone(media.Opus)
	call(t, ann, bob, func(_ *Room, _, sb *Seat) {
		for range 50 {
			ann.say(word, ptime)
		}
		last := time.Now().Add(-ptime)
		bob.takes()
		// when: she mutes for two seconds and speaks again
		ann.mute(2 * time.Second)
		silent := bob.takes()
		for range 50 {
			ann.say(word, ptime)
		}
		// then: silence soon, paced, then her voice, and one stream of packets in real time
		if d := silent[0].at.Sub(last); d < 60*time.Millisecond || d > 100*time.Millisecond {
			t.Errorf("silence begins %v after her last packet", d)
		}
		for i, p := range silent {
			if !isSilence(p) {
				t.Fatalf("packet %d is %x", i, p.payload)
			}
			if i > 0 && p.at.Sub(silent[i-1].at) != ptime {
				t.Fatalf("packet %d comes after %v", i, p.at.Sub(silent[i-1].at))
			}
		}
		all := append(silent, bob.takes()...)
		if n := len(all) - len(silent); n != 50 {
			t.Errorf("%d packets of her voice, want 50", n)
		}
		inRealTime(t, all, 48000, 45*time.Millisecond)
		if st := sb.Stats(); st.Lost+st.Dropped != 0 {
			t.Errorf("%+v", st)
		}
	})
}

func TestSomebodyAloneHearsSilence(t *testing.T) {
	for _, c := range []media.Codec{media.Opus, media.PCMU, media.PCMA, media.G722} {
		ann := newPhone(c)
		call(t, ann, newPhone(media.NoCodec), func(_ *Room, sa, _ *Seat) {
			wait(time.Second)
			heard := ann.takes()
			if len(heard) < 49 || len(heard) > 51 {
				t.Errorf("%v: %d packets in a second", c, len(heard))
			}
			steady(t, heard, ann.format.Timestamp(ptime))
			for _, s := range listen(t, c, heard) {
				if s > 32 || s < -32 { // 60 dB below full scale: G.722 never rests entirely
					t.Fatalf("%v: silence has a sample of %d", c, s)
				}
			}
			if p := sa.Stats().Path; p != "silence" {
				t.Errorf("path %q", p)
			}
		})
	}
}

func TestALostPacketLeavesItsPlace(t *testing.T) {
	ann, bob := newPhone(media.Opus), newPhone(media.Opus)
	call(t, ann, bob, func(_ *Room, _, sb *Seat) {
		ann.say(word, ptime)
		bob.takes()
		ann.say(word, ptime)
		ann.lose(ptime)
		ann.say(word, ptime)
		heard := bob.takes()
		if len(heard) != 2 || heard[1].SequenceNumber-heard[0].SequenceNumber != 2 || heard[1].Timestamp-heard[0].Timestamp != 1920 || heard[1].Marker {
			t.Errorf("heard %+v", heard)
		}
		if st := sb.Stats(); st.Lost != 1 {
			t.Errorf("%d lost, want 1", st.Lost)
		}
	})
}

func TestAnOvertakenPacketFindsItsPlace(t *testing.T) {
	ann, bob := newPhone(media.Opus), newPhone(media.Opus)
	call(t, ann, bob, func(_ *Room, _, sb *Seat) {
		ann.say([]byte("\x78a"), ptime)
		bob.takes()
		// when: b, in three pieces, is overtaken by c, then comes twice
		late := ann.next
		late.Payload = []byte("\x7b\x03bBb")
		ann.skip(60 * time.Millisecond)
		ann.next.SequenceNumber++
		ann.say([]byte("\x7b\x03cCc"), 0)
		ann.send(&late)
		ann.send(&late)
		// then
		heard := bob.takes()
		var got string
		for _, p := range heard {
			got += fmt.Sprintf("%s%d ", p.payload[1:], int16(p.SequenceNumber-heard[0].SequenceNumber))
		}
		if got != "c0 C1 c2 b-3 B-2 b-1 " {
			t.Errorf("heard %s", got)
		}
		if st := sb.Stats(); st.Lost != 0 || st.Dropped != 3 {
			t.Errorf("%+v", st)
		}
	})
}

func TestProbesWithoutSoundAreNoLoss(t *testing.T) {
	ann, bob := newPhone(media.Opus), newPhone(media.Opus)
	call(t, ann, bob, func(_ *Room, _, sb *Seat) {
		ann.say(word, ptime)
		bob.takes()
		for range 5 {
			ann.next.SequenceNumber += 8 // probes, which the stream keeps to itself
			ann.say(word, ptime)
		}
		steady(t, bob.takes(), 960)
		if st := sb.Stats(); st.Lost != 0 {
			t.Errorf("%d lost, want 0", st.Lost)
		}
	})
}

func TestOddSourcesMakeOneStream(t *testing.T) {
	for name, odd := range map[string]func(*rtp.Packet){
		"another SSRC":              func(p *rtp.Packet) { p.SSRC++; p.SequenceNumber += 9000; p.Timestamp += 1 << 30 },
		"another SSRC alone":        func(p *rtp.Packet) { p.SSRC++ },
		"timestamps jump back":      func(p *rtp.Packet) { p.Timestamp -= 1760 },
		"timestamps jump far back":  func(p *rtp.Packet) { p.Timestamp -= 1 << 31 },
		"timestamps jump ahead":     func(p *rtp.Packet) { p.Timestamp += 48000 },
		"sequence numbers jump":     func(p *rtp.Packet) { p.SequenceNumber += 20000 },
		"sequence numbers go back":  func(p *rtp.Packet) { p.SequenceNumber -= 5000 },
		"everything begins from 0":  func(p *rtp.Packet) { p.SequenceNumber, p.Timestamp = 0, 0 },
		"nothing happens, it wraps": func(*rtp.Packet) {},
	} {
		t.Run(name, func(t *testing.T) {
			ann, bob := newPhone(media.Opus), newPhone(media.Opus)
			call(t, ann, bob, func(*Room, *Seat, *Seat) {
				for range 10 {
					ann.say(word, ptime)
				}
				bob.takes()
				ann.say(word, ptime)
				odd(&ann.next)
				for range 50 {
					ann.say(word, ptime)
				}
				heard := bob.takes()
				if len(heard) < 48 { // up to two prove that this is not a stray packet
					t.Errorf("%d packets of 51 heard", len(heard))
				}
				inRealTime(t, heard, 48000, 30*time.Millisecond)
			})
		})
	}
}

func TestAStrayPacketEndsNothing(t *testing.T) {
	ann, bob := newPhone(media.Opus), newPhone(media.Opus)
	call(t, ann, bob, func(_ *Room, _, sb *Seat) {
		ann.say(word, ptime)
		bob.takes()
		for i := range 20 {
			stray := rtp.Packet{Header: rtp.Header{Version: 2, SSRC: uint32(i), SequenceNumber: uint16(i * 3000)}, Payload: word}
			ann.send(&stray)
			ann.say(word, ptime)
		}
		heard := bob.takes()
		if len(heard) != 20 {
			t.Errorf("%d packets heard, want 20", len(heard))
		}
		steady(t, heard, 960)
		if st := sb.Stats(); st.Dropped != 20 {
			t.Errorf("%d dropped, want 20", st.Dropped)
		}
	})
}

func TestABrokenPacketCostsItselfOnly(t *testing.T) {
	ann, bob := newPhone(media.Opus), newPhone(media.Opus)
	call(t, ann, bob, func(_ *Room, _, sb *Seat) {
		for _, payload := range [][]byte{word, []byte("\xfb\x00"), {}, []byte("\xf9odd"), word, bytes.Repeat([]byte{0xf8}, 9000), word} {
			ann.say(payload, ptime)
		}
		if st := sb.Stats(); st.Relayed != 3 || st.Dropped != 4 {
			t.Errorf("%+v", st)
		}
	})
}

func TestAnEmptyPacketCostsItselfOnly(t *testing.T) {
	for _, heard := range []media.Codec{media.PCMU, media.PCMA} {
		ann, bob := newPhone(media.PCMU), newPhone(heard)
		call(t, ann, bob, func(_ *Room, _, sb *Seat) {
			speech := make([]byte, 160)
			for _, payload := range [][]byte{speech, {}, speech, nil, speech} {
				ann.say(payload, ptime)
			}
			wait(100 * time.Millisecond)
			if st := sb.Stats(); st.Relayed+st.Transcoded < 3 || st.Dropped != 2 {
				t.Errorf("%v: %+v", heard, st)
			}
		})
	}
}

func TestRelayingAllocatesNothing(t *testing.T) {
	from, to := &sink{format: opusFormat()}, &sink{format: opusFormat()}
	r := New(Options{})
	defer r.Close()
	sa := r.Add(from, Talk)
	r.Add(to, Talk)
	p := rtp.Packet{Header: rtp.Header{Version: 2}, Payload: []byte("\x7b\x83\x01\x02abbccc")}
	if n := testing.AllocsPerRun(1000, func() {
		sa.receive(&p)
		p.SequenceNumber++
		p.Timestamp += 2880
	}); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}

func TestWhatANetworkHeldUpDoesNotDelayTheRest(t *testing.T) {
	ann, bob := newPhone(media.Opus), newPhone(media.Opus)
	call(t, ann, bob, func(*Room, *Seat, *Seat) {
		for range 50 {
			ann.say(word, ptime)
		}
		bob.takes()
		// when: the network stands still for two seconds and lets all go at once
		wait(2 * time.Second)
		for range 100 {
			ann.say(word, 0)
			ann.skip(ptime)
		}
		for range 200 {
			ann.say(word, ptime)
		}
		// then
		inRealTime(t, bob.takes(), 48000, maxAhead+2*ptime)
	})
}

func TestASeatSleepsWhilePacketsFlow(t *testing.T) {
	ann, bob := newPhone(media.Opus), newPhone(media.Opus)
	call(t, ann, bob, func(_ *Room, _, sb *Seat) {
		ann.say(word, ptime)
		sb.mu.Lock()
		wakes := &countedPath{path: sb.path}
		sb.path = wakes
		sb.mu.Unlock()
		for range 500 {
			ann.say(word, ptime)
		}
		if wakes.n > 170 { // each waking finds the next reason 60 to 80 ms away
			t.Errorf("%d wakings in ten seconds", wakes.n)
		}
	})
}

type countedPath struct {
	path
	n int
}

func (c *countedPath) wake(now time.Time) time.Duration {
	c.n++
	return c.path.wake(now)
}

// inRealTime fails unless each packet's timestamp says when it was sent, give or take slack, and numbers go on by one.
func inRealTime(t *testing.T, heard []packet, rate int, slack time.Duration) {
	t.Helper()
	for i, p := range heard {
		if i > 0 && p.SequenceNumber-heard[i-1].SequenceNumber != 1 {
			t.Fatalf("packet %d: sequence number goes on by %d", i, int16(p.SequenceNumber-heard[i-1].SequenceNumber))
		}
		if i > 0 && int32(p.Timestamp-heard[i-1].Timestamp) < 960*int32(rate)/48000 {
			t.Fatalf("packet %d: timestamp goes on by %d", i, int32(p.Timestamp-heard[i-1].Timestamp))
		}
		said := time.Duration(int32(p.Timestamp-heard[0].Timestamp)) * time.Second / time.Duration(rate)
		if d := said - p.at.Sub(heard[0].at); d > slack || d < -slack {
			t.Fatalf("packet %d is %v off real time", i, d)
		}
	}
}
