package siptest

import (
	"bytes"
	"context"
	"time"

	"github.com/pion/rtp"

	ua "switchgram/bridge/sip"
	"switchgram/bridge/sip/sdp"
)

// Stream is the sound of one answered call, as RTP. A packet given to OnRTP's function is valid only until it returns;
// WriteRTP sets payload type and SSRC and leaves its packet unchanged. A *sip.Dialog is one too.
type Stream interface {
	Format() sdp.Format
	OnRTP(func(*rtp.Packet))
	WriteRTP(*rtp.Packet) error
	Stats() ua.Stats
}

// Sound is what an extension says and hears once it has answered. It is called on a goroutine of its own and returns soon after
// ctx ends, which it does with the call. Returning earlier leaves the line silent.
type Sound func(ctx context.Context, s Stream)

// EchoSound sends every packet back. It needs no codec.
func EchoSound(ctx context.Context, s Stream) {
	s.OnRTP(func(p *rtp.Packet) { _ = s.WriteRTP(p) })
	<-ctx.Done()
	s.OnRTP(nil)
}

// One period of the digital milliwatt, 1000 Hz at 0 dBm0 (ITU-T G.711, tables 5 and 6).
var (
	milliwattPCMU = []byte{0x1e, 0x0b, 0x0b, 0x1e, 0x9e, 0x8b, 0x8b, 0x9e}
	milliwattPCMA = []byte{0x34, 0x21, 0x21, 0x34, 0xb4, 0xa1, 0xa1, 0xb4}
)

// MilliwattSound plays 1000 Hz, which in PCMU and PCMA needs no codec. On other codecs it is silent.
func MilliwattSound(ctx context.Context, s Stream) {
	f := s.Format()
	period := map[sdp.Codec][]byte{sdp.PCMU: milliwattPCMU, sdp.PCMA: milliwattPCMA}[f.Codec]
	if period == nil {
		<-ctx.Done()
		return
	}
	samples := uint32(f.PTime * time.Duration(f.ClockRate) / time.Second)
	p := rtp.Packet{Payload: bytes.Repeat(period, int(samples)/len(period))}
	tick := time.NewTicker(f.PTime)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			_ = s.WriteRTP(&p)
			p.SequenceNumber++
			p.Timestamp += samples
		}
	}
}
