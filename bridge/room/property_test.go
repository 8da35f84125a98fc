package room

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
	"pgregory.net/rapid"

	"switchgram/bridge/media"
)

// What a source may do, all of it at once.
type whim struct {
	kind   uint8
	amount uint32
}

// act lets the phone follow a whim.
func (p *phone) act(w whim, payload []byte) {
	switch w.kind % 12 {
	case 0:
		p.next.SSRC++
	case 1:
		p.next.Timestamp += w.amount
	case 2:
		p.next.SequenceNumber += uint16(w.amount)
	case 3:
		p.mute(time.Duration(w.amount%3000) * time.Millisecond)
	case 4:
		p.lose(ptime)
	case 5: // two of one, then late
		late := p.next
		late.Payload = payload
		p.skip(ptime)
		p.next.SequenceNumber++
		p.say(payload, 0)
		p.skip(ptime)
		p.send(&late)
		p.send(&late)
	case 6: // faster than real time
		for range w.amount % 30 {
			p.say(payload, 0)
			p.skip(ptime)
		}
	case 7: // slower
		wait(time.Duration(w.amount%200) * time.Millisecond)
	case 8:
		stray := rtp.Packet{Header: rtp.Header{Version: 2, SSRC: w.amount, SequenceNumber: uint16(w.amount)}, Payload: payload}
		p.send(&stray)
	default:
		for range w.amount % 20 {
			p.say(payload, ptime)
		}
	}
}

func TestWhateverASourceDoesTheFarEndSeesOneStream(t *testing.T) {
	for _, heard := range []media.Codec{media.Opus, media.PCMU} {
		t.Run(heard.String(), func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				l := drawLife(rt)
				var err error
				synctest.Test(t, func(*testing.T) { err = oneStream(l, heard) })
				if err != nil {
					rt.Fatal(err)
				}
			})
		})
	}
}

// A life is what a source does from beginning to end, with numbers about to wrap, or not.
type life struct {
	seq, ts, ourSeq, ourTS uint32
	whims                  []whim
	payloads               []string
}

func drawLife(t *rapid.T) life {
	number := func(label string) uint32 {
		return rapid.OneOf(rapid.Uint32(), rapid.Uint32Range(65500, 65535), rapid.Uint32Min(1<<32-50000)).Draw(t, label)
	}
	l := life{seq: number("seq"), ts: number("ts"), ourSeq: number("our seq"), ourTS: number("our ts")}
	payload := rapid.SampledFrom([]string{media.OpusSilence, "\x78ab", "\x7b\x03abc", "\x18one of 60", "\xf0ten", "\xfb\x00"})
	for range rapid.IntRange(1, 12).Draw(t, "whims") {
		l.whims = append(l.whims, whim{rapid.Uint8().Draw(t, "kind"), rapid.Uint32().Draw(t, "amount")})
		l.payloads = append(l.payloads, payload.Draw(t, "payload"))
	}
	return l
}

func oneStream(l life, heard media.Codec) error {
	// given: a call
	ann, bob := newPhone(media.Opus), newPhone(heard)
	ann.next.SequenceNumber, ann.next.Timestamp = uint16(l.seq), l.ts
	r := New(Options{})
	r.Add(ann, Talk)
	sb := r.Add(bob, Talk)
	sb.mu.Lock()
	sb.out.seq, sb.out.line.next, sb.out.line.epochTS = uint16(l.ourSeq), l.ourTS, l.ourTS
	sb.mu.Unlock()
	// when: ann lives
	for i, w := range l.whims {
		ann.act(w, []byte(l.payloads[i]))
	}
	wait(300 * time.Millisecond)
	r.Close()
	// then
	return inOrder(bob.takes(), bob.format.ClockRate)
}

// inOrder is an error unless the packets, put in order, are each there once, do not overlap, and are due when they were sent.
func inOrder(heard []packet, rate int) error {
	first := heard[0]
	slices.SortStableFunc(heard, func(a, b packet) int {
		return cmp.Compare(int16(a.SequenceNumber-first.SequenceNumber), int16(b.SequenceNumber-first.SequenceNumber))
	})
	for i, b := range heard {
		said := time.Duration(int32(b.Timestamp-first.Timestamp)) * time.Second / time.Duration(rate)
		if d := said - b.at.Sub(first.at); d > 400*time.Millisecond || d < -maxBehind-200*time.Millisecond {
			return fmt.Errorf("packet %d is %v off real time", i, d)
		}
		if i == 0 {
			continue
		}
		a := heard[i-1]
		if a.SequenceNumber == b.SequenceNumber {
			return fmt.Errorf("packet %d: sequence number %d is used twice", i, a.SequenceNumber)
		}
		if d := int32(b.Timestamp - a.Timestamp); d < int32(rate/100) {
			return fmt.Errorf("packet %d: timestamp goes on by %d", i, d)
		}
	}
	return nil
}
