package room

import (
	"bytes"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/media"
	"switchgram/bridge/room/codec"
)

// silence is a packet of d of silence, which follows on anything, itself included.
func silence(c media.Codec, d time.Duration) []byte {
	switch c {
	case media.Opus:
		return opusSilence(d)
	case media.NoCodec:
		return nil
	}
	enc, err := codec.NewEncoder(c, c.SampleRate())
	if err != nil {
		return nil
	}
	// The second packet is the one wanted: G.722 needs some silence to come to rest.
	pcm, out := make([]int16, int(d*time.Duration(c.SampleRate())/time.Second)), make([]byte, codec.MaxPacket)
	n := 0
	for range 2 {
		if n, err = enc.Encode(pcm, out); err != nil {
			return nil
		}
	}
	return out[:n:n]
}

// opusSilence puts as many silent frames as d needs into one packet (RFC 6716 §3.2.5).
func opusSilence(d time.Duration) []byte {
	frame := []byte(media.OpusSilence[1:])
	switch n := int(d / (20 * time.Millisecond)); n {
	case 0:
		return append([]byte{0xf0}, frame...) // a frame of 10 ms
	case 1:
		return []byte(media.OpusSilence)
	default:
		return append([]byte{media.OpusSilence[0] | 3, byte(n)}, bytes.Repeat(frame, n)...)
	}
}

// quiet is the path of a seat that hears nobody: it feeds the far side silence.
type quiet struct{ out *output }

func (quiet) take(*rtp.Packet, time.Time) {}

func (q quiet) wake(now time.Time) time.Duration { return q.out.fill(now, catchUp) }

// none is the path of a seat whose stream has not agreed on a codec yet: nothing can be sent.
type none struct{}

// formatPoll is how often such a seat looks for its format.
const formatPoll = 100 * time.Millisecond

func (none) take(*rtp.Packet, time.Time) {}

func (none) wake(time.Time) time.Duration { return formatPoll }
