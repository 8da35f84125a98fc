package media

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestFrameDurationsAreThoseOfTheTable(t *testing.T) {
	const ms = time.Millisecond
	want := []time.Duration{
		10 * ms, 20 * ms, 40 * ms, 60 * ms, 10 * ms, 20 * ms, 40 * ms, 60 * ms, 10 * ms, 20 * ms, 40 * ms, 60 * ms, // SILK
		10 * ms, 20 * ms, 10 * ms, 20 * ms, // hybrid
		ms * 5 / 2, 5 * ms, 10 * ms, 20 * ms, ms * 5 / 2, 5 * ms, 10 * ms, 20 * ms, // CELT
		ms * 5 / 2, 5 * ms, 10 * ms, 20 * ms, ms * 5 / 2, 5 * ms, 10 * ms, 20 * ms,
	}
	for config, d := range want {
		if got := OpusTOC(config << 3).FrameDuration(); got != d {
			t.Errorf("configuration %d: %v, want %v", config, got, d)
		}
	}
}

func TestPacketsAreTakenApart(t *testing.T) {
	long := bytes.Repeat([]byte{7}, 300)
	for _, c := range []struct {
		name   string
		packet []byte
		frames []string
	}{
		{"one frame", []byte("\xf8ab"), []string{"ab"}},
		{"one empty frame", []byte("\xf8"), []string{""}},
		{"two equal frames", []byte("\xf9abcd"), []string{"ab", "cd"}},
		{"two frames", []byte("\xfa\x01abc"), []string{"a", "bc"}},
		{"a length of two bytes", append([]byte("\xfa\xfc\x0c"), append(long, 'z')...), []string{string(long), "z"}},
		{"three equal frames", []byte("\xfb\x03abcdef"), []string{"ab", "cd", "ef"}},
		{"three frames", []byte("\xfb\x83\x01\x02abbccc"), []string{"a", "bb", "ccc"}},
		{"padding", []byte("\xfb\x43\x02abcdef\x00\x00"), []string{"ab", "cd", "ef"}},
		{"much padding", append([]byte("\xfb\x41\xff\x01a"), make([]byte, 255)...), []string{"a"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var p OpusPacket
			if err := p.Parse(c.packet); err != nil {
				t.Fatal(err)
			}
			if got := frames(&p); !slices.Equal(got, c.frames) {
				t.Errorf("frames %q, want %q", got, c.frames)
			}
		})
	}
}

func TestBrokenPacketsAreRefused(t *testing.T) {
	for name, packet := range map[string][]byte{
		"empty":                       {},
		"odd two frames":              []byte("\xf9abc"),
		"no length":                   []byte("\xfa"),
		"half a length":               []byte("\xfa\xfc"),
		"frame longer than packet":    []byte("\xfa\x05abc"),
		"no count":                    []byte("\xfb"),
		"no frames":                   []byte("\xfb\x00"),
		"over 120 ms":                 []byte("\xfb\x07abcdefg"),
		"uneven equal frames":         []byte("\xfb\x03abcde"),
		"padding without end":         []byte("\xfb\x41\xff\xff"),
		"more padding than there is":  []byte("\xfb\x41\x09ab"),
		"frame over 1275 bytes":       append([]byte("\xf8"), make([]byte, 1276)...),
		"no length in counted frames": []byte("\xfb\x83\x01"),
	} {
		t.Run(name, func(t *testing.T) {
			var p OpusPacket
			if err := p.Parse(packet); !errors.Is(err, ErrOpus) {
				t.Errorf("error %v, want %v", err, ErrOpus)
			}
			if p.Frames() != 0 {
				t.Errorf("%d frames left behind", p.Frames())
			}
		})
	}
}

func TestTelegramsPacketsOf60msAreCutIntoThree(t *testing.T) {
	// given: what Telegram's engine sends, three hybrid frames of 20 ms
	var p OpusPacket
	if err := p.Parse([]byte("\x7b\x83\x01\x02abbccc")); err != nil {
		t.Fatal(err)
	}
	// when
	packets, each := p.Cut(20 * time.Millisecond)
	// then
	if packets != 3 || each != 1 {
		t.Fatalf("%d packets of %d frames, want 3 of 1", packets, each)
	}
	for i, want := range []string{"\x78a", "\x78bb", "\x78ccc"} {
		if got := string(p.AppendFrames(nil, i, each)); got != want {
			t.Errorf("packet %d: %q, want %q", i, got, want)
		}
	}
}

func TestFramesSurviveCuttingAndCountingAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// given: any packet
		toc := OpusTOC(rapid.Byte().Draw(t, "toc"))
		most := int(maxOpusPacket / toc.FrameDuration())
		want := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 600), 1, most).Draw(t, "frames")
		packet := whole(toc, want)
		piece := rapid.SampledFrom([]time.Duration{10, 20, 40, 60, 120}).Draw(t, "ms") * time.Millisecond
		// when: it is cut
		var p, q OpusPacket
		if err := p.Parse(packet); err != nil {
			t.Fatal(err)
		}
		var got []string
		n, each := p.Cut(piece)
		for i := range n {
			if err := q.Parse(p.AppendFrames(nil, i*each, each)); err != nil {
				t.Fatal(err)
			}
			if q.Duration() > max(piece, toc.FrameDuration()) {
				t.Fatalf("a piece of %v", q.Duration())
			}
			got = append(got, frames(&q)...)
		}
		// then: the frames are the same
		if !slices.Equal(got, frames(&p)) {
			t.Fatalf("frames %q, want %q", got, want)
		}
	})
}

func TestCuttingAllocatesNothing(t *testing.T) {
	packet := []byte("\x7b\x83\x01\x02abbccc")
	var p OpusPacket
	out := make([]byte, 0, len(packet))
	if n := testing.AllocsPerRun(100, func() {
		_ = p.Parse(packet)
		for i := range 3 {
			out = p.AppendFrames(out[:0], i, 1)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzOpusPacket(f *testing.F) {
	for _, s := range []string{OpusSilence, "\x7b\x83\x01\x02abbccc", "\xfb\x41\xff\x01a", "\xfa\xfc\x0c", "\xf9ab", ""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, packet []byte) {
		var p, q OpusPacket
		if p.Parse(packet) != nil {
			return
		}
		if d := p.Duration(); d <= 0 || d > maxOpusPacket {
			t.Fatalf("%x sounds for %v", packet, d)
		}
		again := p.AppendFrames(nil, 0, p.Frames())
		if err := q.Parse(again); err != nil || !slices.Equal(frames(&p), frames(&q)) {
			t.Fatalf("%x made %x of it: %v", packet, again, err)
		}
	})
}

// whole makes a packet by way of AppendFrames, which the table above vouches for.
func whole(toc OpusTOC, frames [][]byte) []byte {
	p := OpusPacket{toc: toc, n: len(frames)}
	copy(p.frames[:], frames)
	return p.AppendFrames(nil, 0, len(frames))
}

func frames(p *OpusPacket) []string {
	var all []string
	for _, f := range p.frames[:p.n] {
		all = append(all, string(f))
	}
	return all
}
