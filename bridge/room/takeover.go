package room

import (
	"math"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/room/codec"
)

const (
	// bridged is how long a far side's decoder may be wrong where packets take over from a mix.
	bridged = 10 * time.Millisecond

	// alikeDB is how near it must be then to one that has heard the source all along, and inaudible the error, root mean square, that is none at all.
	alikeDB   = 25
	inaudible = 16

	// eager is for how many ticks every one is tried, five seconds; then every seldom one is. Voices and music had their moment within three seconds.
	eager, seldom = 250, 10

	// opusDelay is by how much sound is late that went through Opus.
	opusDelay = codec.OpusLookahead * time.Second / wideband
)

// A takeover is how a far side that hears a mix comes to hear packets again. A decoder that comes into the middle of what another encoder wrote is wrong at
// first: SILK refers to what it wrote before (RFC 6716 §4.2.7), and nobody but the source could help it. In a pause or a consonant that is over at once, in a vowel
// it takes 20 to 60 ms, in a tone up to half a second. So the room goes on mixing, and tries with a decoder of its own what the far side's would make of the
// packets, until that is right soon. In a steady tone it never is: the mix goes on, and nobody hears anything. The caller holds room.mu and the seat's mu.
type takeover struct {
	relay *relay
	from  *Seat
	page  []byte        // what the far side was sent last
	twin  codec.Decoder // does what the far side's would do
	rate  int           // of that
	tries int
}

// heard takes note of what the far side was sent: a page, or if that is none silence.
func (t *takeover) heard(p page, silence []byte) {
	if p == nil {
		p = silence
	}
	t.page = append(t.page[:0], p...)
}

// offer gives the packets that the far side can hear from now on, instead of the mix of this tick; false: it must go on with that.
func (t *takeover) offer(now time.Time) (packets []*waiting, ok bool) {
	e := t.from.voice.ear
	if e == nil {
		return nil, true
	}
	e.compare = true
	e.collect(now)
	if !t.from.voice.on {
		return e.buf.queue, true
	}
	if t.tries++; len(t.page) == 0 || t.tries > eager && t.tries%seldom != 0 {
		return nil, false
	}
	packets = e.unheard()
	return packets, len(packets) > 0 && t.fits(e, packets)
}

// fits tries packets.
func (t *takeover) fits(e *ear, packets []*waiting) bool {
	if t.rate != e.rate {
		twin, err := codec.NewDecoder(e.said.Codec, e.rate)
		if err != nil {
			return false
		}
		t.twin, t.rate = twin, e.rate
	}
	if _, err := t.twin.Decode(t.page, e.scratch[:]); err != nil {
		return false
	}
	n, skip := 0, samples(bridged, e.rate)
	for _, w := range packets {
		if int32(w.ts+w.units-e.ends) > 0 {
			break // the ear has not heard it yet
		}
		k, err := t.twin.Decode(w.payload, e.scratch[n:])
		if err != nil {
			return false
		}
		n += k
	}
	return n > skip && n <= len(e.decoded) && alike(e.decoded[len(e.decoded)-n+skip:], e.scratch[skip:n])
}

// alike tells whether nobody could tell got from want, which are equally long.
func alike(want, got []int16) bool {
	var power, wrong float64
	for i, v := range want {
		d := float64(v) - float64(got[i])
		power, wrong = power+float64(v)*float64(v), wrong+d*d
	}
	return wrong <= inaudible*inaudible*float64(len(want)) || 10*math.Log10(power/wrong) >= alikeDB
}

// takeOver lets packets go on where the mix is, and tells whether they do.
func (s *Seat) takeOver(now time.Time) bool {
	packets, ok := s.next.offer(now)
	if !ok {
		return false
	}
	relay := s.next.relay
	relay.ends, relay.quiet = now, s.out.rested || len(packets) == 0
	s.path, s.next, s.mouth = relay, nil, nil
	for _, w := range packets {
		relay.take(&rtp.Packet{Header: rtp.Header{SSRC: w.ssrc, SequenceNumber: w.seq, Timestamp: w.sent}, Payload: w.payload}, now)
	}
	s.timer.Reset(0)
	return true
}
