package room

import (
	"math/rand/v2"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/media"
)

// catchUp is how late a packet may be sent that is made by the clock; what is later is given up.
const catchUp = 100 * time.Millisecond

// An output is the one stream that a seat's far side sees.
type output struct {
	stream media.Stream
	format media.Format
	line   timeline
	seq    uint16     // of the next packet
	packet rtp.Packet // what is being sent; kept, so that sending allocates nothing
	quiet  []byte     // a packet of silence of one ptime
	rested bool       // the last was one of those
	stats  Stats
}

// newOutput begins with random numbers (RFC 3550 §5.1).
func newOutput(s media.Stream, now time.Time) output {
	o := output{stream: s, seq: uint16(rand.Uint32())}
	o.packet.Version = 2
	o.line = newTimeline(0, rand.Uint32(), now)
	return o
}

// setFormat is called before a path is chosen: the source is new as well.
func (o *output) setFormat(f media.Format, now time.Time) {
	if f != o.format {
		o.format = f
		o.line = newTimeline(f.ClockRate, o.line.next, now)
		o.quiet = silence(f.Codec, o.format.PacketTime())
	}
	o.line.loose = true
}

// send sends a payload with timestamp ts.
func (o *output) send(payload []byte, ts uint32, marker bool) {
	o.packet.Marker, o.packet.SequenceNumber, o.packet.Timestamp = marker, o.seq, ts
	o.packet.Payload = payload
	o.rested = false
	o.seq++
	_ = o.stream.WriteRTP(&o.packet) // the stream counts what it cannot send; we go on, as Stream asks
	o.packet.Payload = nil
}

// sendNext sends a payload of one ptime right after all before it.
func (o *output) sendNext(payload []byte, marker bool) {
	o.send(payload, o.line.next, marker)
	o.line.next += o.format.Timestamp(o.format.PacketTime())
}

// sendSilence sends one ptime of silence.
func (o *output) sendSilence(marker bool) {
	o.sendNext(o.quiet, marker)
	o.rested = true
	o.stats.Silence++
}

// fill sends the silence that is due, giving up what is later than late, and tells how long until the next is due.
func (o *output) fill(now time.Time, late time.Duration) time.Duration {
	for {
		wait, gap := o.line.due(now, late)
		if wait > 0 {
			return wait
		}
		o.sendSilence(gap)
		late = catchUp
	}
}
