package engine

import (
	"sync/atomic"
	"time"
)

// Times are when things happened first in a call. A zero time says that they did not happen yet.
type Times struct {
	SignallingSent     time.Time // a blob was handed to Config.Send, which took it
	SignallingReceived time.Time // a blob of the peer was understood
	ICE                time.Time // there was a path to the peer
	DTLS               time.Time // the peer was whom its signalling announced, and the keys of the sound were there
	FirstSent          time.Time // an audio packet went out
	FirstReceived      time.Time // an audio packet of the peer came in
}

// Times tells when things happened. It may be called from any goroutine, at any time.
func (e *Engine) Times() Times {
	t := Times{
		SignallingSent: e.moments.sent.time(), SignallingReceived: e.moments.received.time(),
		ICE: e.moments.ice.time(), DTLS: e.moments.dtls.time(),
	}
	t.FirstSent, t.FirstReceived = e.stream.First()
	return t
}

// moments are those that the stream of the sound does not know.
type moments struct{ sent, received, ice, dtls moment }

// moment is when something happened first.
type moment struct{ at atomic.Pointer[time.Time] }

// now is the moment, unless it is over.
func (m *moment) now() {
	if m.at.Load() == nil {
		t := time.Now()
		m.at.CompareAndSwap(nil, &t)
	}
}

func (m *moment) time() time.Time {
	if t := m.at.Load(); t != nil {
		return *t
	}
	return time.Time{}
}
