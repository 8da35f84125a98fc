package sip

import (
	"slices"
	"testing"
	"time"
)

func TestLossIsCountedFromSequenceNumbers(t *testing.T) {
	tests := []struct {
		name string
		seqs []uint16
		lost uint64
	}{
		{"none", []uint16{1, 2, 3, 4}, 0},
		{"two", []uint16{1, 2, 5, 6}, 2},
		{"late", []uint16{1, 3, 2, 4}, 0},
		{"twice", []uint16{1, 2, 2, 3, 4}, 0},
		{"wraps", []uint16{65534, 65535, 1, 2}, 1},
		{"starts anew", []uint16{1, 2, 4, 40000, 40001, 40003}, 2},
	}
	for _, tt := range tests {
		var r reception
		for i, seq := range tt.seqs {
			r.arrive(1, seq, uint32(i)*960, time.Duration(i)*20*time.Millisecond, 48000)
		}
		if got := r.lost(); got != tt.lost {
			t.Errorf("%s: lost %d, want %d", tt.name, got, tt.lost)
		}
	}
}

func TestAnotherSourceIsNotLoss(t *testing.T) {
	var r reception
	r.arrive(1, 1, 0, 0, 8000)
	r.arrive(1, 3, 320, 40*time.Millisecond, 8000)
	r.arrive(2, 9000, 7, 60*time.Millisecond, 8000)
	r.arrive(2, 9001, 167, 80*time.Millisecond, 8000)
	if got := r.lost(); got != 1 {
		t.Errorf("lost %d, want 1", got)
	}
}

func TestJitterIsTheMeanOfDelaysThatDiffer(t *testing.T) {
	var steady, shaky reception
	for i := range 200 {
		at := time.Duration(i) * 20 * time.Millisecond
		steady.arrive(1, uint16(i), uint32(i)*160, at, 8000)
		shaky.arrive(1, uint16(i), uint32(i)*160, at+time.Duration(i%2)*8*time.Millisecond, 8000)
	}
	if steady.jitter != 0 {
		t.Errorf("steady: %v", time.Duration(steady.jitter))
	}
	if j := time.Duration(shaky.jitter); j < 7*time.Millisecond || j > 8*time.Millisecond {
		t.Errorf("shaky: %v", j)
	}
}

func TestPacketsThatComeAgainAreNotHeardAgain(t *testing.T) {
	var r reception
	order := []uint16{65534, 65535, 1, 0, 1, 65534, 100, 101, 50, 50, 101}
	var fresh []uint16
	for _, seq := range order {
		if r.arrive(1, seq, 0, 0, 0) {
			fresh = append(fresh, seq)
		}
	}
	if want := []uint16{65534, 65535, 1, 0, 100, 101, 50}; !slices.Equal(fresh, want) {
		t.Errorf("took %v, want %v", fresh, want)
	}
	if r.lost() != 104-7 {
		t.Errorf("lost %d", r.lost())
	}
}

func TestOnePacketOfAnotherSourceDoesNotEndTheCounts(t *testing.T) {
	var r reception
	r.arrive(1, 10, 0, 0, 0)
	r.arrive(2, 500, 0, 0, 0)   // somebody else's
	r.arrive(1, 30000, 0, 0, 0) // a number that no loss explains
	r.arrive(1, 13, 0, 0, 0)
	if r.ssrc != 1 || r.lost() != 2 {
		t.Errorf("counts %d, lost %d", r.ssrc, r.lost())
	}
	r.arrive(2, 501, 0, 0, 0)
	r.arrive(2, 502, 0, 0, 0)
	if r.ssrc != 2 || r.lost() != 2 || r.received != 1 {
		t.Errorf("counts %d, lost %d, received %d", r.ssrc, r.lost(), r.received)
	}
}
