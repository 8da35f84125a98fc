package room

// A hole is a run of packets that were missing when later ones came. Sequence numbers are kept free for them, in case they were only
// overtaken.
type hole struct {
	seq    uint16 // of the first
	ts     uint32 // of the first
	step   uint32 // timestamps from one to the next
	n      int    // how many, at most 64
	filled uint64 // which of them have come
}

// holes are the last few; the zero value has none.
type holes struct {
	all  [4]hole
	last int
}

// add makes a hole, forgetting the oldest.
func (h *holes) add(seq uint16, ts, step uint32, n int) {
	h.last = (h.last + 1) % len(h.all)
	h.all[h.last] = hole{seq: seq, ts: ts, step: step, n: min(n, 64)}
}

// fill gives the sequence number kept for a packet with timestamp ts, once.
func (h *holes) fill(ts uint32) (seq uint16, ok bool) {
	for i := range h.all {
		if seq, ok = h.all[i].fill(ts); ok {
			return seq, true
		}
	}
	return 0, false
}

func (h *hole) fill(ts uint32) (uint16, bool) {
	if h.n == 0 || (ts-h.ts)%h.step != 0 {
		return 0, false
	}
	i := (ts - h.ts) / h.step
	if i >= uint32(h.n) || h.filled>>i&1 == 1 {
		return 0, false
	}
	h.filled |= 1 << i
	return h.seq + uint16(i), true
}
