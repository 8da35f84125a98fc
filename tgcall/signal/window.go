package signal

// window remembers which counters were seen, so that none is taken twice. Counters that lie its size or more behind the largest
// count as seen. The zero value with a size is ready.
type window struct {
	size    uint32
	largest uint32
	seen    map[uint32]bool
}

// fresh reports whether a counter was not seen yet.
func (w *window) fresh(c uint32) bool {
	return !w.seen[c] && c+w.size > w.largest
}

// accept marks a counter as seen and reports whether it was fresh.
func (w *window) accept(c uint32) bool {
	if !w.fresh(c) {
		return false
	}
	if w.seen == nil {
		w.seen = map[uint32]bool{}
	}
	w.seen[c] = true
	if c > w.largest {
		w.largest = c
		w.forget()
	}
	return true
}

func (w *window) forget() {
	for c := range w.seen {
		if c+w.size <= w.largest {
			delete(w.seen, c)
		}
	}
}
