package load

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// histogram counts durations to 1/32 of their size, from a microsecond to over an hour. It may be added to concurrently.
type histogram struct {
	counts [buckets]atomic.Uint64
	most   atomic.Int64 // ns
}

const (
	fine    = 32 // buckets of a doubling
	buckets = fine * 28
)

// bucketOf is the bucket of a number of microseconds: the number itself while that is small, then 32 for each power of two.
func bucketOf(us uint64) int {
	if us < fine {
		return int(us)
	}
	shift := bits.Len64(us) - bits.Len64(fine)
	return min(shift*fine+int(us>>shift), buckets-1)
}

// lowest is the smallest number of microseconds in a bucket.
func lowest(bucket int) uint64 {
	if bucket < 2*fine {
		return uint64(bucket)
	}
	shift := bucket/fine - 1
	return uint64(bucket-shift*fine) << shift
}

// add counts one; below zero counts as zero.
func (h *histogram) add(d time.Duration) {
	d = max(d, 0)
	h.counts[bucketOf(uint64(d.Microseconds()))].Add(1)
	for {
		most := h.most.Load()
		if int64(d) <= most || h.most.CompareAndSwap(most, int64(d)) {
			return
		}
	}
}

// quantile is the duration that a share of all do not exceed, 0 to 1; 0 if there are none.
func (h *histogram) quantile(share float64) time.Duration {
	var all uint64
	for i := range h.counts {
		all += h.counts[i].Load()
	}
	want := uint64(share * float64(all))
	var seen uint64
	for i := range h.counts {
		if seen += h.counts[i].Load(); seen > want {
			return time.Duration(lowest(i)) * time.Microsecond
		}
	}
	return h.max()
}

func (h *histogram) max() time.Duration { return time.Duration(h.most.Load()) }
