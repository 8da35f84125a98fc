package engine

import (
	"errors"
	"fmt"
	"time"

	"switchgram/tgcall/signal"
)

// deliver takes a message of the peer, from the signalling or from the data channel: both carry the same.
// It may be called from any goroutine.
func (l *loop) deliver(text []byte) {
	m, err := signal.Parse(text)
	if err != nil {
		l.do(func() { l.misunderstood(err) })
		return
	}
	l.do(func() { l.message(m) })
}

func (l *loop) misunderstood(err error) {
	var unknown *signal.UnknownError
	if errors.As(err, &unknown) && unknown.WrongVersion() {
		l.err = fmt.Errorf("%w: %w", ErrVersion, err)
		return
	}
	l.log.Debug("message not understood", "err", err)
}

func (l *loop) message(m signal.Message) {
	switch m := m.(type) {
	case signal.InitialSetup:
		l.setup(m)
	case signal.NegotiateChannels:
		l.agree(l.negotiation.Receive(m))
	case signal.Candidates:
		for _, c := range m.Candidates {
			l.candidate(c.SDPString)
		}
	case signal.MediaState:
		l.peerMicrophone(m)
	}
}

// peerMicrophone tells of changes only: the state is repeated now and then.
func (l *loop) peerMicrophone(m signal.MediaState) {
	now := RemoteMedia{Muted: m.Muted, Video: string(m.VideoState)}
	if l.peerMedia == nil || *l.peerMedia != now {
		l.peerMedia = &now
		l.events.emit(now)
	}
}

// tellMicrophone tells the peer whether our microphone is open, not more often than it needs to know.
func (l *loop) tellMicrophone() {
	now := time.Now()
	l.tellAgain = now.Sub(l.told) < l.cfg.timing.tell
	if l.tellAgain || l.transport == nil {
		return
	}
	l.told = now
	l.transport.SendText(signal.Encode(signal.MediaState{Muted: l.muted.Load()}))
}
