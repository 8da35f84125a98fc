package sip

// A window remembers which of the latest 64 sequence numbers have passed.
type window struct {
	highest uint16
	seen    uint64 // highest in the last bit; 0: none yet
}

// mark is false for a number that has passed before, or is too old to tell.
func (w *window) mark(seq uint16) (fresh bool) {
	ahead := int16(seq - w.highest)
	switch {
	case w.seen == 0:
		w.highest, w.seen = seq, 1
	case ahead > 0:
		w.highest, w.seen = seq, w.seen<<ahead|1
	case ahead <= -64 || w.seen&(1<<-ahead) != 0:
		return false
	default:
		w.seen |= 1 << -ahead
	}
	return true
}
