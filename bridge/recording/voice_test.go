package recording

import (
	"testing"
	"time"

	"switchgram/bridge/media"
	"switchgram/bridge/room"
)

func TestGapsAreSilenceWhereTheyWere(t *testing.T) {
	for _, c := range []media.Codec{media.Opus, media.PCMU} {
		inBubble(t, Options{}, func(s *stage) {
			take, ann, bob := s.begin("1-1"), newTalker(t, Left, c), newTalker(t, Right, c)
			wait(600 * time.Millisecond)
			talk(take, 900*time.Millisecond, map[*talker]float64{ann: 500})
			for range 50 {
				ann.pause()
			}
			talk(take, time.Second, map[*talker]float64{bob: 1100})
			talk(take, 700*time.Millisecond, map[*talker]float64{ann: 500})
			take.End()
			_, h := s.finished()
			h.wantSpans(t, Left, 600*time.Millisecond, 1500*time.Millisecond, 2500*time.Millisecond, 3200*time.Millisecond)
			h.wantSpans(t, Right, 1500*time.Millisecond, 2500*time.Millisecond)
		})
	}
}

func TestWhoJoinsLaterIsMixedIn(t *testing.T) {
	inBubble(t, Options{}, func(s *stage) {
		take, ann, bob, eve := s.begin("1-1"), newTalker(t, Left, media.Opus), newTalker(t, Right, media.PCMU), newTalker(t, Right, media.Opus)
		talk(take, time.Second, map[*talker]float64{ann: 500, bob: 1100})
		talk(take, 2*time.Second, map[*talker]float64{ann: 500, bob: 1100, eve: 1700})
		take.End()
		_, h := s.finished()
		for hz, other := range map[float64]float64{1100: 500, 1700: 500} {
			h.wantTone(t, Right, hz, other, 1500*time.Millisecond, 2500*time.Millisecond)
		}
		if early := h.level(Right, 1700, 0, 900*time.Millisecond); early > -45 {
			t.Errorf("who joins later is heard before, at %.1f dB", early)
		}
		h.wantTone(t, Left, 500, 1700, 1500*time.Millisecond, 2500*time.Millisecond)
	})
}

func TestLossJitterAndDisorderAreNotHeard(t *testing.T) {
	inBubble(t, Options{}, func(s *stage) {
		take, ann := s.begin("1-1"), newTalker(t, Left, media.Opus)
		var held []room.TapPacket
		for n := range 150 {
			p := ann.packet(500)
			switch {
			case n%25 == 10: // lost
			case n%25 == 17: // overtaken by two
				held = append(held, p)
			default:
				take.Packet(Left, p)
			}
			if n%25 == 19 {
				for _, p := range held {
					p.At = time.Now()
					take.Packet(Left, p)
					take.Packet(Left, p) // twice
				}
				held = nil
			}
			wait(20 * time.Millisecond)
		}
		take.End()
		_, h := s.finished()
		spans := h.spans(Left)
		for i := 2; i < len(spans); i += 2 {
			if hole := spans[i] - spans[i-1]; hole > 30*time.Millisecond {
				t.Errorf("nothing is heard for %v after %v", hole, spans[i-1])
			}
		}
		if end := spans[len(spans)-1]; spans[0] > 40*time.Millisecond || end < 2960*time.Millisecond {
			t.Errorf("heard from %v to %v", spans[0], end)
		}
		h.wantTone(t, Left, 500, 560, 200*time.Millisecond, 2800*time.Millisecond)
	})
}

func TestCodecChangesInMidCall(t *testing.T) {
	inBubble(t, Options{}, func(s *stage) {
		take, first, then := s.begin("1-1"), newTalker(t, Left, media.PCMU), newTalker(t, Left, media.Opus)
		then.next.Seat, then.next.Packet.SSRC = first.seat, 8
		talk(take, time.Second, map[*talker]float64{first: 500})
		talk(take, time.Second, map[*talker]float64{then: 800})
		take.End()
		_, h := s.finished()
		h.wantSpans(t, Left, 0, 2*time.Second)
		h.wantTone(t, Left, 500, 800, 100*time.Millisecond, 900*time.Millisecond)
		h.wantTone(t, Left, 800, 500, 1100*time.Millisecond, 1900*time.Millisecond)
	})
}

func TestSidesStayTogetherThoughTheirClocksDrift(t *testing.T) {
	inBubble(t, Options{}, func(s *stage) {
		take, ann := s.begin("1-1"), newTalker(t, Left, media.PCMU)
		const fast, minutes = 1200, 1 // millionths: 72 ms in all
		began := time.Now()
		for n := range minutes * 60 * 50 {
			hz := 0.0
			if n > minutes*60*50-50 {
				hz = 500
			}
			take.Packet(Left, ann.packet(hz))
			due := began.Add(time.Duration(n+1) * 20 * time.Millisecond * (1e6 - fast) / 1e6)
			wait(time.Until(due))
		}
		length := time.Since(began)
		take.End()
		_, h := s.finished()
		h.wantSpans(t, Left, length-980*time.Millisecond, length)
	})
}

// What a far side sends that means harm costs no more than other packets.
func TestHostileTimestampsDoNoHarm(t *testing.T) {
	inBubble(t, Options{}, func(s *stage) {
		take, eve := s.begin("1-1"), newTalker(t, Left, media.Opus)
		for n := range 1000 {
			p := eve.packet(500)
			switch n % 4 {
			case 0:
				p.Packet.Timestamp -= uint32(n) * 48000
			case 1:
				p.Packet.Timestamp += 1 << 31
			case 2:
				p.Packet.SSRC = uint32(n)
			default:
				p.Packet.Payload = []byte{0xff, 0xff, 0xff}
			}
			take.Packet(Left, p)
			if n%10 == 0 {
				wait(20 * time.Millisecond)
			}
		}
		for range 500 { // ever earlier
			p := eve.packet(500)
			p.Packet.Timestamp = eve.next.Packet.Timestamp - 2*960
			eve.next.Packet.Timestamp = p.Packet.Timestamp
			take.Packet(Left, p)
		}
		take.End()
		if i, h := s.finished(); i.Seconds != 2 || len(h[Left]) > 3*rate {
			t.Errorf("%v s, %d samples", i.Seconds, len(h[Left]))
		}
	})
}
