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

func TestPacketsAreAsLongAsTheyCanBe(t *testing.T) {
	for _, c := range []struct {
		codec      Codec
		ptime, got int // ms
	}{{Opus, 10, 10}, {Opus, 20, 20}, {Opus, 30, 20}, {Opus, 40, 40}, {Opus, 50, 20}, {Opus, 60, 60}, {Opus, 120, 20}, {PCMU, 30, 30}, {G722, 25, 20}, {PCMA, 0, 20}, {PCMA, -10, 20}} {
		f := Format{Codec: c.codec, PTime: time.Duration(c.ptime) * time.Millisecond}
		if got := f.PacketTime(); got != time.Duration(c.got)*time.Millisecond {
			t.Errorf("%v of %d ms: %v", c.codec, c.ptime, got)
		}
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
