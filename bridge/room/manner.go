package room

// FormatChanged makes the room read the formats of its streams again. Call it on the leg's FormatChanged event; without it a change
// is found when the seat next wakes, which takes 100 ms or less.
func (s *Seat) FormatChanged() { s.room.reconnect(func() {}) }

// Hold lets the far side hear silence instead of the others (on), or the others again. What is played to it is heard even so.
func (s *Seat) Hold(on bool) { s.room.reconnect(func() { s.held = on }) }

// Mute keeps what the far side says from the others (on), who hear silence from it, and its packets from taps.
func (s *Seat) Mute(on bool) {
	s.room.reconnect(func() {
		s.muted = on
		s.private.Store(s.role != Talk || on)
	})
}

// SetGain makes what the far side says louder or softer for the others: db from -60 to 20, 0 as it is said. What is not 0 must be decoded.
func (s *Seat) SetGain(db float64) { s.room.reconnect(func() { s.gain = factor(db) }) }

// Become gives the seat another role. A Whisper is heard by to only, and by nobody if that is nil; the other roles need no to.
func (s *Seat) Become(as Role, to *Seat) {
	s.room.reconnect(func() {
		s.private.Store(as != Talk || s.muted)
		s.role, s.whispered = as, to
	})
}

// OnDigit has found called with each digit (0 to 9, A to D, *, #) that the far side sends as tones in its sound, when it ends; nil, as at
// first, looks for none. The sound must be decoded for it, but is not changed. Calls come from one goroutine at a time and hold up the
// sound of the room: found must not block.
func (s *Seat) OnDigit(found func(digit byte)) {
	s.room.reconnect(func() {
		s.watch = nil
		if found != nil {
			s.watch = &watch{found: found}
		}
	})
}

// Level is how loud the far side speaks, in -dBov as RFC 6464 §3 counts: 0 is the loudest, QuietLevel silence. It is known while its sound
// is decoded, as in a mix, and QuietLevel while packets are relayed.
func (s *Seat) Level() uint8 {
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	if s.voice.ear == nil {
		return QuietLevel
	}
	return s.voice.level
}

// whispersTo tells whether to hears it whisper. The caller holds room.mu.
func (s *Seat) whispersTo(to *Seat) bool { return s.role == Whisper && s.whispered == to && to != nil }

// loudness is what others hear it multiplied by.
func (s *Seat) loudness() float32 {
	if s.muted {
		return 0
	}
	return s.gain
}
