package bridge

// heardEarly: the caller's far end was told that it rings, and hears what we send it from now on.
type heardEarly struct{}

func (heardEarly) apply(m *machine) {
	if l := m.caller(); !l.early && (l.at == legWaiting || l.at == legAnswering) {
		l.early = true
		m.do(seat{0})
		m.overhear()
	}
}

// legSounds is the word that sound comes from a callee who has not answered: the ringing of a switch, or an announcement.
func (m *machine) legSounds(leg int) {
	m.legs[leg].sounds = true
	m.legRings(leg)
	m.overhear()
}

// overhear lets a caller who hears before the answer hear a callee who sounds before it, the first of several. A Telegram app and most switches play
// a tone of their own, and hear nothing from us.
func (m *machine) overhear() {
	if l := m.caller(); !l.early || m.phase != trying {
		return
	}
	for leg := range m.callees() {
		if l := &m.legs[leg]; l.sounds && l.at <= legTaken {
			if !l.early {
				l.early = true
				m.do(seat{leg})
			}
			return
		}
	}
}

// leaveSeat takes a leg's sound out of the room, if it was in it.
func (m *machine) leaveSeat(leg int) {
	if l := &m.legs[leg]; (l.at == legUp || l.early) && m.coming != leg+1 {
		l.early = false
		m.do(unseat{leg})
	}
}
