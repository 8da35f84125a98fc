package main

import (
	"bytes"
	"strings"
	"testing"

	"rsc.io/qr"
)

// modulesOf are the dark ones of a drawn code, with its frame cut off; row by row.
func modulesOf(t *testing.T, drawing string) [][]bool {
	t.Helper()
	var dark [][]bool
	for line := range strings.SplitSeq(strings.TrimSuffix(drawing, "\n"), "\n") {
		line, ok := strings.CutPrefix(line, "\x1b[30;107m")
		line, reset := strings.CutSuffix(line, "\x1b[0m")
		if !ok || !reset {
			t.Fatalf("a line without colours: %q", line)
		}
		var upper, lower []bool
		for _, r := range line {
			upper = append(upper, r == '█' || r == '▀')
			lower = append(lower, r == '█' || r == '▄')
		}
		dark = append(dark, upper, lower)
	}
	size := len(dark[0]) - 2*quiet
	for i := range dark {
		dark[i] = dark[i][quiet : quiet+size]
	}
	return dark[quiet : quiet+size]
}

func TestQRCodeIsDrawnModuleByModule(t *testing.T) {
	for _, text := range []string{"x", "tg://login?token=" + strings.Repeat("q", 43), strings.Repeat("long ", 50)} {
		code, err := qr.Encode(text, qr.L)
		if err != nil {
			t.Fatal(err)
		}
		var drawing bytes.Buffer
		if err := printQR(&drawing, text); err != nil {
			t.Fatal(err)
		}
		dark := modulesOf(t, drawing.String())
		for y, row := range dark {
			for x, is := range row {
				if is != code.Black(x, y) {
					t.Fatalf("%d letters: module %d, %d is dark: %t", len(text), x, y, is)
				}
			}
		}
		if len(dark) != code.Size {
			t.Errorf("%d rows of %d", len(dark), code.Size)
		}
	}
	if err := printQR(&bytes.Buffer{}, strings.Repeat("x", 5000)); err == nil {
		t.Error("5000 letters were drawn")
	}
}

func TestQRCodeCanBeScanned(t *testing.T) {
	for _, text := range []string{"https://example.org/abc", "tg://login?token=AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA"} {
		var drawing bytes.Buffer
		if err := printQR(&drawing, text); err != nil {
			t.Fatal(err)
		}
		if got := scan(t, drawing.String()); got != text {
			t.Errorf("reads %q, want %q", got, text)
		}
	}
}

// lastCode is the QR code that was drawn last.
func (s *session) lastCode() string {
	text := s.err.String()
	first := strings.LastIndex(text, "Device.\n") + len("Device.\n")
	return text[first : strings.LastIndex(text, "\x1b[0m\n")+len("\x1b[0m\n")]
}

// scan reads a drawn code of version 1 to 5, level L, as ISO/IEC 18004 §12 says, without correcting errors: there are none.
func scan(t *testing.T, drawing string) string {
	t.Helper()
	dark := modulesOf(t, drawing)
	mask := maskOf(dark)
	var bits []bool
	walk(len(dark), func(x, y int) {
		if !isFunction(len(dark), x, y) {
			bits = append(bits, dark[y][x] != mask(x, y))
		}
	})
	number := func(from, n int) (v int) {
		for _, bit := range bits[from : from+n] {
			v <<= 1
			if bit {
				v |= 1
			}
		}
		return v
	}
	if mode := number(0, 4); mode != 4 {
		t.Fatalf("mode %d, want 4: bytes", mode)
	}
	text := make([]byte, number(4, 8))
	for i := range text {
		text[i] = byte(number(12+8*i, 8))
	}
	return string(text)
}

// maskOf finds the mask in the format information (§8.9): bits 10 to 12, which stand beside the upper left finder pattern.
func maskOf(dark [][]bool) func(x, y int) bool {
	n := 0
	for x := 2; x <= 4; x++ {
		n <<= 1
		if dark[8][x] {
			n |= 1
		}
	}
	masks := [...]func(x, y int) bool{
		func(x, y int) bool { return (x+y)%2 == 0 },
		func(_, y int) bool { return y%2 == 0 },
		func(x, _ int) bool { return x%3 == 0 },
		func(x, y int) bool { return (x+y)%3 == 0 },
		func(x, y int) bool { return (x/3+y/2)%2 == 0 },
		func(x, y int) bool { return x*y%2+x*y%3 == 0 },
		func(x, y int) bool { return (x*y%2+x*y%3)%2 == 0 },
		func(x, y int) bool { return ((x+y)%2+x*y%3)%2 == 0 },
	}
	return masks[n^0b101] // the format information is masked, too: 101010000010010
}

// walk visits the modules in the order of their bits (§8.7.3): in columns of two from the right, up and down in turn.
func walk(size int, visit func(x, y int)) {
	up := true
	for right := size - 1; right > 0; right -= 2 {
		if right == 6 { // the vertical timing pattern
			right--
		}
		for i := range size {
			y := i
			if up {
				y = size - 1 - i
			}
			visit(right, y)
			visit(right-1, y)
		}
		up = !up
	}
}

// isFunction tells the modules that carry no data: finder patterns with format information, timing and alignment patterns.
func isFunction(size, x, y int) bool {
	alignment := size - 7
	near := func(a, b int) bool { return a-b >= -2 && a-b <= 2 }
	return x < 9 && y < 9 || x >= size-8 && y < 9 || x < 9 && y >= size-8 || x == 6 || y == 6 ||
		size > 21 && near(x, alignment) && near(y, alignment)
}
