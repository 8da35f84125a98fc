package tones

import (
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/media"
	"switchgram/verto/vertotest"
)

// Browser makes a media.Stream of the sound of a browser's call.
func Browser(b *vertotest.Browser) media.Stream { return browser{b} }

type browser struct{ *vertotest.Browser }

// Format implements media.Stream: Opus, as browsers announce it (RFC 7587 §7).
func (browser) Format() media.Format {
	return media.Format{Codec: media.Opus, ClockRate: 48000, Channels: 2, PayloadType: vertotest.PayloadType, PTime: 20 * time.Millisecond}
}

// OnRTP implements media.Stream.
func (b browser) OnRTP(f func(*rtp.Packet)) { b.Browser.OnRTP(f) }

// Stats implements media.Stream; nothing is counted.
func (browser) Stats() media.Stats { return media.Stats{} }
