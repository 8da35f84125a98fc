package testnet

import (
	"slices"
	"testing"
	"time"
)

func fates(o Options, blobs int) (delays []time.Duration, lost []bool) {
	n := &Network{o: o, calls: newCallTable(o.Seed)}
	for range blobs {
		d, l := n.fate()
		delays, lost = append(delays, d), append(lost, l)
	}
	return delays, lost
}

func share[T any](all []T, of func(T) bool) float64 {
	count := 0
	for _, v := range all {
		if of(v) {
			count++
		}
	}
	return float64(count) / float64(len(all))
}

func TestBlobsMeetTheFateThatTheOptionsSay(t *testing.T) {
	o := Options{Delay: 5 * time.Millisecond, Loss: 0.3, Reorder: 0.2, Seed: 1}
	delays, lost := fates(o, 10000)
	if got := share(lost, func(l bool) bool { return l }); got < 0.28 || got > 0.32 {
		t.Errorf("%v of the blobs are lost, want 0.3", got)
	}
	if got := share(delays, func(d time.Duration) bool { return d > o.Delay }); got < 0.18 || got > 0.22 {
		t.Errorf("%v of the blobs are held back, want 0.2", got)
	}
	if got := slices.Min(delays); got != o.Delay {
		t.Errorf("the shortest delay is %v", got)
	}
	if got := slices.Max(delays); got > o.Delay+reorderMax {
		t.Errorf("the longest delay is %v", got)
	}
}

func TestTheSameSeedLosesTheSameBlobs(t *testing.T) {
	_, lost := fates(Options{Loss: 0.5, Seed: 9}, 100)
	_, again := fates(Options{Loss: 0.5, Seed: 9, Reorder: 0.5}, 100)
	_, other := fates(Options{Loss: 0.5, Seed: 10}, 100)
	if !slices.Equal(lost, again) {
		t.Error("two networks with one seed differ")
	}
	if slices.Equal(lost, other) {
		t.Error("two seeds do the same")
	}
}
