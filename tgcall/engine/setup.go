package engine

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/pion/srtp/v3"

	"switchgram/tgcall/engine/internal/audio"
	"switchgram/tgcall/engine/internal/path"
	"switchgram/tgcall/engine/internal/transport"
	"switchgram/tgcall/signal"
)

// announce sends our setup, and then the candidates that waited for it. We take ICE's renomination attribute: a caller that is
// Telegram's own engine then moves us off a dead path with it.
func (l *loop) announce(role string) {
	ufrag, pwd := l.path.Credentials()
	l.say(signal.InitialSetup{Ufrag: ufrag, Pwd: pwd, Renomination: true, Fingerprints: []signal.Fingerprint{
		{Hash: "sha-256", Setup: role, Fingerprint: l.certificate.Fingerprint()},
	}})
	l.announced = true
	for _, c := range l.held {
		l.sayCandidate(c)
	}
	l.held = nil
}

func (l *loop) localCandidate(c string) {
	if !l.announced {
		l.held = append(l.held, c)
		return
	}
	l.sayCandidate(c)
}

func (l *loop) sayCandidate(c string) {
	l.say(signal.Candidates{Candidates: []signal.Candidate{{SDPString: c}}})
}

func (l *loop) candidate(c string) {
	if l.transport == nil {
		if len(l.early) < maxEarly {
			l.early = append(l.early, c)
		}
		if l.remote != nil && path.AtReflector(c) {
			l.connect()
		}
		return
	}
	if err := l.path.Add(c); err != nil {
		l.log.Debug("candidate not used", "err", err)
	}
}

// maxCredential is the longest ufrag or password of ICE (RFC 8839 §5.4).
const maxCredential = 256

// setup takes the peer's setup. A callee answers each with its own, as Telegram's engine does.
func (l *loop) setup(m signal.InitialSetup) {
	if len(m.Ufrag) > maxCredential || len(m.Pwd) > maxCredential {
		l.log.Warn("setup of the peer has no ICE credentials")
		return
	}
	f := m.Fingerprints[0]
	fingerprint, err := transport.ParseFingerprint(f.Hash, f.Fingerprint)
	if err != nil {
		l.err = fmt.Errorf("%w: %w", ErrFingerprint, err)
		return
	}
	if !l.cfg.Outgoing {
		l.announce("passive")
	}
	if l.remote != nil {
		l.restart(m, fingerprint)
		return
	}
	l.remote, l.fingerprint, l.setupAt = &m, fingerprint, time.Now()
	l.setState(WaitInitAck)
	if !l.awaitsReflector() {
		l.connect()
		return
	}
	l.group.Go(func() {
		timer := time.NewTimer(l.cfg.timing.reflector)
		defer timer.Stop()
		select {
		case <-timer.C:
			l.do(l.connect)
		case <-l.ctx.Done():
		}
	})
}

// awaitsReflector tells whether the peer has yet to name its port at a reflector. As soon as a direct path is up, Telegram's engine ends
// its search: of a reflector that answers later it tells nobody, and it has nowhere to go when the direct path is cut.
func (l *loop) awaitsReflector() bool {
	named := slices.ContainsFunc(l.early, path.AtReflector)
	return !named && !l.cfg.relayOnly() && !l.custom.standalone && slices.ContainsFunc(l.cfg.Servers, Server.reflector)
}

// restart follows a browser that restarted ICE. Telegram's own engine repeats its setup, which changes nothing. A new certificate
// in mid-call is not taken: it was not seen, and would be the way in for somebody else.
func (l *loop) restart(m signal.InitialSetup, f transport.Fingerprint) {
	if !f.Equal(l.fingerprint) {
		l.log.Warn("peer announced another certificate in mid-call")
		return
	}
	if m.Ufrag == l.remote.Ufrag && m.Pwd == l.remote.Pwd {
		return
	}
	l.remote = &m
	if l.transport == nil {
		return // nothing has begun
	}
	l.log.Info("peer restarted ICE")
	if err := l.path.Restart(m.Ufrag, m.Pwd); err != nil {
		l.log.Warn("ICE restart", "err", err)
	}
}

// connect starts the checks and the transport, once. As DTLS server that is ready before there is a path.
func (l *loop) connect() {
	if l.transport != nil || l.err != nil {
		return
	}
	conn, err := l.path.Connect(l.remote.Ufrag, l.remote.Pwd)
	if err == nil {
		l.transport, err = transport.New(l.transportOptions(conn))
	}
	if err != nil {
		l.err = err
		return
	}
	for _, c := range l.early {
		l.candidate(c)
	}
	l.early = nil
	l.path.OnMedia(l.Input)
	l.group.Go(func() {
		err := l.transport.Run(l.ctx)
		l.do(func() { l.transportEnded(err) })
	})
}

// client says who begins the DTLS handshake: RFC 4145's words decide, and between two sides that leave it open the caller does.
func (l *loop) client() bool {
	switch l.remote.Fingerprints[0].Setup {
	case "active":
		return false
	case "passive":
		return true
	default:
		return l.cfg.Outgoing
	}
}

func (l *loop) transportOptions(conn net.Conn) transport.Options {
	return transport.Options{
		Conn: conn, Certificate: l.certificate, Remote: l.fingerprint, Client: l.client(), Opens: l.cfg.Outgoing,
		Media: l, Log: l.log, PionLogs: pionLogs{l.log},
		OnKeys: func(local, remote *srtp.Context) {
			l.moments.dtls.now()
			l.stream.Arm(audio.Keys{Local: local, Remote: remote}, conn)
			l.do(func() { l.secured = true; l.update() })
		},
		OnOpen: func() { l.do(func() { l.told = time.Time{}; l.tellMicrophone() }) },
		OnText: l.deliver,
	}
}

// transportEnded: the peer said goodbye, or is not whom it should be.
func (l *loop) transportEnded(err error) {
	l.stream.Disarm()
	l.secured = false
	l.update()
	if errors.Is(err, ErrPeerClosed) {
		l.closedAt = time.Now()
		return
	}
	l.err = err
}

func (l *loop) pathOptions() path.Options {
	return path.Options{
		Controlling: l.cfg.Outgoing, RelayOnly: l.cfg.relayOnly(), Loopback: l.cfg.Loopback,
		Servers: l.cfg.usable(l.log), Reflectors: l.cfg.reflectors(l.log), Standalone: l.custom.standalone,
		Timing: l.cfg.timing.path, Port: l.cfg.Port, Net: l.cfg.net, Log: l.log, PionLogs: pionLogs{l.log},
		OnCandidate: func(c string) { l.do(func() { l.localCandidate(c) }) },
		OnConnected: func(connected bool) { l.do(func() { l.pathChanged(connected) }) },
		OnPair:      func(local, remote string) { l.do(func() { l.events.emit(PairChanged{local, remote}) }) },
	}
}

func (l *loop) pathChanged(connected bool) {
	l.connected = connected
	if connected {
		l.moments.ice.now()
	}
	if connected && l.transport != nil {
		l.transport.Begin()
	}
	l.update()
}
