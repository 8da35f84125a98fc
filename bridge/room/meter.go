package room

import (
	"errors"
	"time"

	"switchgram/bridge/media"
)

var errEmpty = errors.New("empty payload")

// A meter tells how long payloads sound. For Opus that means taking them apart, which finds the broken ones before they upset a timeline.
type meter struct {
	format media.Format
	opus   media.OpusPacket // the payload last measured, if it is one
	last   uint32           // how long that one was, in timestamps
}

// units is in timestamps, never 0.
func (m *meter) units(payload []byte) (uint32, error) {
	if len(payload) == 0 {
		return 0, errEmpty
	}
	if m.format.Codec != media.Opus {
		m.last = uint32(len(payload)) // one byte, one timestamp: RFC 3551 §4.5.2 and §4.5.14
		return m.last, nil
	}
	if err := m.opus.Parse(payload); err != nil {
		return 0, err
	}
	m.last = m.format.Timestamp(m.opus.Duration())
	return m.last, nil
}

// time is how long n timestamps are.
func (m *meter) time(n uint32) time.Duration {
	return time.Duration(n) * time.Second / time.Duration(m.format.ClockRate)
}

// frame is how much of what came before it a packet can tell.
func (m *meter) frame(payload []byte) time.Duration {
	if m.format.Codec == media.Opus && len(payload) > 0 {
		return media.OpusTOC(payload[0]).FrameDuration()
	}
	return hideStep
}
