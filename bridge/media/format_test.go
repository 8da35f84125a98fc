package media

import (
	"fmt"
	"testing"
	"time"
)

func TestSoundAndClockOfG722Differ(t *testing.T) {
	f := Format{Codec: G722, ClockRate: 8000, PTime: 20 * time.Millisecond}
	if ts, rate := f.Timestamp(f.PTime), f.Codec.SampleRate(); ts != 160 || rate != 16000 {
		t.Errorf("20 ms are %d timestamps of sound at %d Hz, want 160 and 16000", ts, rate)
	}
}

func ExampleFormat() {
	f := Format{Codec: Opus, ClockRate: OpusRate, Channels: 2, PayloadType: 111, PTime: 20 * time.Millisecond}
	fmt.Println(f, f.Timestamp(f.PTime))
	// Output: opus/48000 20ms 960
}

func ExampleOpusPacket() {
	var p OpusPacket
	if err := p.Parse([]byte("\x7b\x83\x01\x02abbccc")); err != nil {
		fmt.Println(err)
		return
	}
	packets, frames := p.Cut(20 * time.Millisecond)
	for i := range packets {
		fmt.Printf("%q ", p.AppendFrames(nil, i*frames, frames))
	}
	// Output: "xa" "xbb" "xccc"
}
