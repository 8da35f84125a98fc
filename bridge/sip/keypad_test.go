package sip

import (
	"testing"
	"time"
)

// event is a telephone-event packet.
func event(key byte, end bool, duration uint16) []byte {
	flags := byte(keyVolume)
	if end {
		flags |= 0x80
	}
	return []byte{key, flags, byte(duration >> 8), byte(duration)}
}

// heard is one packet of a test's stream.
type heard struct {
	payload   []byte
	marker    bool
	timestamp uint32
}

func TestKeysAreHeardOnceWhateverIsLost(t *testing.T) {
	one := []heard{{event(1, false, 160), true, 1000}, {event(1, false, 320), false, 1000}, {event(1, true, 480), false, 1000},
		{event(1, true, 480), false, 1000}, {event(1, true, 480), false, 1000}}
	two := []heard{{event(11, false, 160), true, 3000}, {event(11, true, 800), false, 3000}}
	tests := []struct {
		name         string
		clock, audio int
		packets      []heard
		want         []Digit
	}{
		{"three ends", 8000, 8000, one, []Digit{{'1', 60 * time.Millisecond}}},
		{"two keys", 8000, 8000, append(one[:len(one):len(one)], two...), []Digit{{'1', 60 * time.Millisecond}, {'#', 100 * time.Millisecond}}},
		{"ends lost", 8000, 8000, append(one[:2:2], two...), []Digit{{'1', 40 * time.Millisecond}, {'#', 100 * time.Millisecond}}},
		{"only an end", 8000, 8000, one[3:], []Digit{{'1', 60 * time.Millisecond}}},
		{"all ends lost", 8000, 8000, one[:2], []Digit{{'1', 40 * time.Millisecond}}},
		{"straggler", 8000, 8000, append(two[:2:2], one[1]), []Digit{{'#', 100 * time.Millisecond}}},
		{"48 kHz", 48000, 48000, []heard{{event(5, false, 960), true, 5}, {event(5, true, 7680), false, 5}}, []Digit{{'5', 160 * time.Millisecond}}},
		{"8 kHz agreed, 48 kHz sent", 8000, 48000, []heard{{event(5, false, 960), true, 5}, {event(5, false, 1920), false, 5},
			{event(5, true, 7680), false, 5}}, []Digit{{'5', 160 * time.Millisecond}}},
		{"8 kHz agreed and sent on opus", 8000, 48000, []heard{{event(5, false, 160), true, 5}, {event(5, false, 320), false, 5},
			{event(5, true, 1280), false, 5}}, []Digit{{'5', 160 * time.Millisecond}}},
		{"longer than 16 bits", 48000, 48000, []heard{{event(9, false, 960), true, 100}, {event(9, false, 65535), false, 100},
			{event(9, false, 960), false, 100 + 65535}, {event(9, true, 30465), false, 100 + 65535}}, []Digit{{'9', 2 * time.Second}}},
		{"longer than 16 bits, as FreeSWITCH has it", 48000, 48000, []heard{{event(9, false, 960), true, 100}, {event(9, false, 65280), false, 100},
			{event(9, false, 960), false, 100 + 65535}, {event(9, true, 30720), false, 100 + 65535}}, []Digit{{'9', 2 * time.Second}}},
		{"longer than 16 bits under one timestamp", 48000, 48000, []heard{{event(9, false, 960), true, 100}, {event(9, false, 65280), false, 100},
			{event(9, false, 705), false, 100}, {event(9, true, 30465), false, 100}}, []Digit{{'9', 2 * time.Second}}},
		{"the same key again, its marker lost", 8000, 8000, []heard{{event(9, false, 160), true, 100}, {event(9, true, 320), false, 900}},
			[]Digit{{'9', 20 * time.Millisecond}, {'9', 40 * time.Millisecond}}},
		{"not a key", 8000, 8000, []heard{{event(16, true, 160), true, 1}, {[]byte{1, 2}, true, 2}, {nil, true, 3}}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var k keypad
			var got []Digit
			now := time.Now()
			for _, p := range tt.packets {
				if d, up := k.hear(p.payload, p.marker, p.timestamp, tt.clock, tt.audio, now); up {
					got = append(got, d)
				}
			}
			if d, up := k.expire(now.Add(keyTimeout), keyTimeout); up {
				got = append(got, d)
			}
			if len(got) != len(tt.want) {
				t.Fatalf("got %v, want %v", got, tt.want)
			}
			for i, d := range got {
				if d != tt.want[i] {
					t.Errorf("got %v, want %v", got, tt.want)
				}
			}
		})
	}
}

func FuzzKeypad(f *testing.F) {
	f.Add([]byte{1, 13, 0, 160, 1, 0x8d, 1, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		var k keypad
		for i := 0; i+4 <= len(b); i += 4 {
			if d, up := k.hear(b[i:i+4], b[i]&1 != 0, uint32(b[i])<<8, 8000, 48000, time.Time{}); up && d.Duration < 0 {
				t.Fatal(d)
			}
		}
	})
}
