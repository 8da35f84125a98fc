package tgcall

import (
	"sync"
	"sync/atomic"

	"github.com/pion/rtp"

	"switchgram/tgcall/engine"
)

// sound is a call's media for everybody but the call's goroutine. What is set before media exists is handed on.
type sound struct {
	media atomic.Pointer[media] // nil: not yet

	mu       sync.Mutex // around what follows, and the moment in which media comes to be
	receiver func(*rtp.Packet)
	muted    bool
}

// open makes the media known.
func (s *sound) open(m media) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m.OnRTP(s.receiver)
	m.Mute(s.muted)
	s.media.Store(&m)
}

func (s *sound) get() media {
	if m := s.media.Load(); m != nil {
		return *m
	}
	return nil
}

func (s *sound) onRTP(f func(*rtp.Packet)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.receiver = f
	if m := s.get(); m != nil {
		m.OnRTP(f)
	}
}

func (s *sound) mute(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.muted = on
	if m := s.get(); m != nil {
		m.Mute(on)
	}
}

func (s *sound) isMuted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.muted
}

func (s *sound) write(p *rtp.Packet) error {
	if m := s.get(); m != nil {
		return m.WriteRTP(p)
	}
	return engine.ErrNotReady
}

func (s *sound) times() engine.Times {
	if m := s.get(); m != nil {
		return m.Times()
	}
	return engine.Times{}
}

func (s *sound) stats() engine.Stats {
	if m := s.get(); m != nil {
		return m.Stats()
	}
	return engine.Stats{}
}
