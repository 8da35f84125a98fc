package room_test

import (
	"fmt"

	"github.com/pion/rtp"

	"switchgram/bridge/media"
	"switchgram/bridge/room"
)

// A leg stands for the media of a call's leg.
type leg struct {
	format media.Format
	on     func(*rtp.Packet)
}

func (l *leg) Format() media.Format       { return l.format }
func (l *leg) OnRTP(f func(*rtp.Packet))  { l.on = f }
func (l *leg) WriteRTP(*rtp.Packet) error { return nil }
func (l *leg) Stats() media.Stats         { return media.Stats{} }

func Example() {
	telegram := &leg{format: media.Format{Codec: media.Opus, ClockRate: media.OpusRate, Channels: 2}}
	telephone := &leg{format: media.Format{Codec: media.PCMU, ClockRate: 8000, Channels: 1}}

	r := room.New(room.Options{})
	r.Add(telegram, room.Talk)
	seat := r.Add(telephone, room.Talk)
	fmt.Println(r.Path())
	seat.Leave()
	fmt.Println(r.Path())
	r.Close()
	// Output:
	// transcode opus>PCMU
	// silence
}
