package room

import (
	"time"

	"switchgram/bridge/media"
	"switchgram/bridge/room/codec"
)

// A cutter cuts Opus packets into such as a far side wants, without decoding. Those of other codecs stay as they are.
type cutter struct {
	meter meter
	out   []byte // the last piece
}

func newCutter(f media.Format) cutter {
	return cutter{meter: meter{format: f}, out: make([]byte, 0, codec.MaxPacket)}
}

// A cutting says into what pieces a packet is cut.
type cutting struct {
	pieces, frames int    // frames: Opus frames in each piece
	step, total    uint32 // timestamps of a piece, of the packet; the last piece may be shorter
}

func (k *cutter) measure(payload []byte) (cutting, error) {
	total, err := k.meter.units(payload)
	c := cutting{pieces: 1, step: total, total: total}
	f := k.meter.format
	if err != nil || f.Codec != media.Opus {
		return c, err
	}
	if pieces, frames := k.meter.opus.Cut(f.PacketTime()); pieces > 1 {
		c.pieces, c.frames = pieces, frames
		c.step = f.Timestamp(time.Duration(frames) * k.meter.opus.TOC().FrameDuration())
	}
	return c, nil
}

// piece is the i-th part of the payload last measured, valid until the next.
func (k *cutter) piece(payload []byte, c cutting, i int) []byte {
	if c.pieces == 1 {
		return payload
	}
	k.out = k.meter.opus.AppendFrames(k.out[:0], i*c.frames, c.frames)
	return k.out
}
