package peer

import (
	"time"

	"switchgram/bridge/media"
	"switchgram/tgcall/engine"
)

// stream makes a media.Stream of an engine: the same packets, other words for their count.
type stream struct{ *engine.Engine }

// Format is what Telegram always carries.
func (stream) Format() media.Format {
	return media.Format{Codec: media.Opus, ClockRate: 48000, Channels: 2, PayloadType: 111, PTime: 20 * time.Millisecond}
}

// Stats counts probes without sound as nothing at all.
func (s stream) Stats() media.Stats {
	e := s.Engine.Stats()
	return media.Stats{Received: e.Received, Lost: e.Lost, Sent: e.Sent, Dropped: e.Dropped, Jitter: e.Jitter, RTT: e.RTT}
}
