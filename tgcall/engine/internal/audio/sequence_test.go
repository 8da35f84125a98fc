package audio

import (
	"testing"

	"pgregory.net/rapid"
)

func TestNumbersOfOneStreamGoOutAsTheyAre(t *testing.T) {
	var s sequence
	for n := uint16(65530); n != 10; n++ { // over the wrap
		wire, spurt, ok := s.next(n)
		if wire != n || spurt || !ok {
			t.Fatalf("%d went out as %d, spurt %v, ok %v", n, wire, spurt, ok)
		}
	}
}

func TestLatePacketKeepsItsPlaceAndGoesOutOnce(t *testing.T) {
	var s sequence
	for _, n := range []uint16{100, 103} {
		s.next(n)
	}
	for _, late := range []struct {
		n  uint16
		ok bool
	}{{102, true}, {102, false}, {103, false}, {101, true}, {99, false}} {
		if wire, _, ok := s.next(late.n); ok != late.ok || ok && wire != late.n {
			t.Errorf("late %d: %d %v", late.n, wire, ok)
		}
	}
}

func TestWireGoesOnWithoutAGapAfterAPauseOrAJump(t *testing.T) {
	var s sequence
	s.next(100)
	for _, n := range []uint16{20000, 60000, 5} { // another stream each time
		before := s.wire
		if wire, spurt, ok := s.next(n); wire != before+1 || !spurt || !ok {
			t.Errorf("jump to %d: wire %d after %d, spurt %v", n, wire, before, spurt)
		}
	}
	s.restart()
	if wire, spurt, _ := s.next(40); wire != 104 || !spurt {
		t.Errorf("after the pause: wire %d, spurt %v", wire, spurt)
	}
}

// TestNoNumberTwice: whatever the caller's numbers, no index of the encryption is given twice.
func TestNoNumberTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s sequence
		used, index, last := map[int64]bool{}, int64(0), uint16(0)
		for i, n := range rapid.SliceOf(rapid.OneOf(rapid.Uint16(), rapid.Uint16Max(200))).Draw(t, "numbers") {
			if rapid.Bool().Draw(t, "paused") {
				s.restart()
			}
			wire, _, ok := s.next(n)
			if !ok {
				continue
			}
			if i == 0 {
				last = wire
			}
			at := index + int64(int16(wire-last))
			if used[at] {
				t.Fatalf("index %d given twice, for %d", at, n)
			}
			used[at] = true
			if at > index {
				index, last = at, wire
			}
		}
	})
}
