package room

import (
	"errors"

	"switchgram/bridge/media"
)

var errEmpty = errors.New("empty payload")

// A meter tells how long payloads sound. For Opus that means taking them apart, which finds the broken ones before they upset a timeline.
type meter struct {
	format media.Format
	opus   media.OpusPacket // the payload last measured, if it is one
}

// units is in timestamps, never 0.
func (m *meter) units(payload []byte) (uint32, error) {
	if len(payload) == 0 {
		return 0, errEmpty
	}
	if m.format.Codec != media.Opus {
		return uint32(len(payload)), nil // one byte, one timestamp: RFC 3551 §4.5.2 and §4.5.14
	}
	if err := m.opus.Parse(payload); err != nil {
		return 0, err
	}
	return m.format.Timestamp(m.opus.Duration()), nil
}
