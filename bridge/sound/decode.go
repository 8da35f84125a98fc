package sound

import (
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/media"
	"switchgram/bridge/room/codec"
)

const (
	hideFor = 60 * time.Millisecond // of a gap is concealed, the rest is silence
	maxGap  = 10 * time.Second      // a longer one is a jump of the timestamps
	piece   = 20 * time.Millisecond // what is concealed at a time
)

// A decoder makes sound of packets in order. Gaps between their timestamps become concealment and silence of the same length.
type decoder struct {
	format   media.Format
	rate     int
	dec      codec.Decoder
	started  bool
	ssrc     uint32
	next     uint32 // timestamp after the last
	seq      uint16 // of the last
	pcm      []int16
	scratch  []int16
	received uint64
	lost     uint64
}

// follow takes a change of format.
func (d *decoder) follow(f media.Format) error {
	d.format, d.rate, d.dec, d.started = f, 0, nil, false
	if f.ClockRate == 0 {
		return codec.ErrFrame
	}
	dec, err := codec.NewDecoder(f.Codec, f.Codec.SampleRate())
	if err != nil {
		return err
	}
	d.dec, d.rate, d.scratch = dec, f.Codec.SampleRate(), make([]int16, codec.MaxSamples)
	return nil
}

// decode is the sound up to the end of p, valid until the next call.
func (d *decoder) decode(p *rtp.Packet) []int16 {
	d.pcm = d.pcm[:0]
	if d.dec == nil {
		return nil
	}
	if d.started && p.SSRC == d.ssrc {
		d.bridge(p)
	}
	n, err := d.dec.Decode(p.Payload, d.scratch)
	if err != nil {
		d.lost++
		n = 0
	}
	d.pcm = append(d.pcm, d.scratch[:n]...)
	d.next = p.Timestamp + uint32(n*d.format.ClockRate/d.rate)
	d.started, d.ssrc, d.seq = true, p.SSRC, p.SequenceNumber
	d.received++
	return d.pcm
}

// bridge makes up for the gap before p. Timestamps tell its length; that something is missing in it, numbers tell.
func (d *decoder) bridge(p *rtp.Packet) {
	gap := time.Duration(int32(p.Timestamp-d.next)) * time.Second / time.Duration(d.format.ClockRate)
	missing := p.SequenceNumber-d.seq != 1
	if gap < piece/2 || gap > maxGap {
		return
	}
	for hidden := time.Duration(0); gap >= piece; gap -= piece {
		pcm := d.scratch[:int(piece*time.Duration(d.rate)/time.Second)]
		switch {
		case hidden >= hideFor:
			clear(pcm)
		case gap < 2*piece && missing:
			d.dec.Recover(p.Payload, pcm)
		default:
			d.dec.Conceal(pcm)
		}
		hidden += piece
		d.pcm = append(d.pcm, pcm...)
		if missing {
			d.lost++
		}
	}
}
