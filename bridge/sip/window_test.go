package sip

import "testing"

func TestWindowKnowsWhatHasPassed(t *testing.T) {
	var w window
	for i, step := range []struct {
		seq   uint16
		fresh bool
	}{{65530, true}, {65530, false}, {2, true}, {65535, true}, {65535, false}, {1, true}, {100, true}, {37, true}, {37, false}, {36, false}, {40000, false},
		{30000, true}, {100, false}} {
		if got := w.mark(step.seq); got != step.fresh {
			t.Errorf("step %d, number %d: %v", i, step.seq, got)
		}
	}
}
