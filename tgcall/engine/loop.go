package engine

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"switchgram/tgcall/engine/internal/audio"
	"switchgram/tgcall/engine/internal/negotiation"
	"switchgram/tgcall/engine/internal/path"
	"switchgram/tgcall/engine/internal/transport"
	"switchgram/tgcall/signal"
)

// loop is the state of a running engine. All of it belongs to the goroutine of Run; others hand it functions through
// Engine.do.
type loop struct {
	*Engine
	group sync.WaitGroup // everything that was started
	err   error          // why the call is over

	certificate *transport.Certificate
	path        *path.Path
	transport   *transport.Transport // nil until the peer's setup has come
	negotiation *negotiation.Negotiation

	remote      *signal.InitialSetup // the peer's; nil: not yet
	fingerprint transport.Fingerprint
	setupAt     time.Time // when it came
	early       []string  // candidates that came before it
	announced   bool      // our setup was sent
	held        []string  // candidates of ours that wait for that

	state     State
	connected bool      // ICE has a path
	secured   bool      // DTLS is done
	downSince time.Time // not Established since
	closedAt  time.Time // the peer said goodbye
	started   time.Time

	told      time.Time // the peer was told of our microphone
	tellAgain bool
	peerMedia *RemoteMedia

	broken atomic.Bool // the peer's media set off a panic
}

// maxEarly bounds the candidates that are kept for a setup that may never come.
const maxEarly = 64

func newLoop(e *Engine) *loop {
	return &loop{
		Engine:      e,
		negotiation: negotiation.New(e.cfg.Outgoing, !signal.Ordered(e.cfg.Version, e.custom.noSCTP), e.ssrc),
	}
}

// run begins the call and works until it is over.
func (l *loop) run(ctx context.Context) error {
	l.started = time.Now()
	l.downSince = l.started
	l.setState(WaitInit)
	if err := l.open(ctx); err != nil {
		return err
	}
	l.begin()
	tick := time.NewTicker(l.cfg.timing.tick)
	defer tick.Stop()
	for l.err == nil {
		select {
		case f := <-l.tasks:
			f()
		case <-l.mic:
			l.tellMicrophone()
		case now := <-tick.C:
			l.look(now)
		case <-ctx.Done():
			l.err = context.Cause(ctx)
		}
	}
	return l.err
}

// open makes what the call needs.
func (l *loop) open(ctx context.Context) (err error) {
	if l.certificate, err = transport.NewCertificate(); err != nil {
		return err
	}
	if l.path, err = path.Open(l.pathOptions()); err != nil {
		return err
	}
	l.group.Go(func() { _ = l.signalling.Run(ctx) })
	l.group.Go(func() {
		if err := l.path.Gather(ctx); err != nil {
			l.log.Warn("no candidates of ours", "err", err)
		}
	})
	return nil
}

// begin is what a caller says without waiting for anything: a browser stays silent until it has both.
func (l *loop) begin() {
	if l.cfg.Outgoing {
		l.announce("actpass")
		l.say(l.negotiation.Offer())
	}
}

// close ends everything that open and the call started, and waits for it. The media goes first, so that the peer is told.
func (l *loop) close() {
	if l.path == nil {
		return
	}
	l.group.Wait()
	l.stream.Disarm()
	l.path.Close()
}

// say sends a message to the peer.
func (l *loop) say(m signal.Message) {
	if err := l.signalling.Send(signal.Encode(m)); err != nil {
		l.log.Warn("signalling message not sent", "err", err)
	}
}

// look does what time asks for.
func (l *loop) look(now time.Time) {
	l.stream.Tick()
	l.path.Repair(now, l.silent(now))
	if l.tellAgain {
		l.tellMicrophone()
	}
	late := !l.cfg.Outgoing && !l.setupAt.IsZero() && now.Sub(l.setupAt) >= l.cfg.timing.offer
	if late && !l.negotiation.Offered() {
		l.say(l.negotiation.Offer()) // the caller does not; if it does at last, its offer wins
	}
	l.lookAtClock(now)
}

// silent reports whether the peer's sound stopped although its microphone is open.
func (l *loop) silent(now time.Time) bool {
	if l.peerMedia != nil && l.peerMedia.Muted {
		return false
	}
	last := l.stream.Stats().LastReceived
	return !last.IsZero() && now.Sub(last) >= l.cfg.timing.silence
}

// lookAtClock gives up when there was no connection for too long.
func (l *loop) lookAtClock(now time.Time) {
	switch {
	case !l.closedAt.IsZero() && now.Sub(l.closedAt) >= l.cfg.timing.goodbye:
		l.err = ErrPeerClosed
	case l.state != Established && now.Sub(l.downSince) >= l.cfg.NoMedia:
		l.err = fmt.Errorf("%w: was %s", ErrNoMedia, l.state)
	}
}

// update derives the state: ICE connected and DTLS done is Established, and nothing else counts.
func (l *loop) update() {
	up := l.connected && l.secured
	switch {
	case up && l.state != Established:
		l.setState(Established)
	case !up && l.state == Established:
		l.downSince = time.Now()
		l.setState(Reconnecting)
	}
}

func (l *loop) setState(s State) {
	l.state = s
	l.log.Debug("media", "step", s.String(), "dur", time.Since(l.started).Round(time.Millisecond))
	l.events.emit(StateChanged{s})
}

// agree applies what came out of an offer or answer. The audio is expected before the answer goes out: it may come at once.
func (l *loop) agree(r negotiation.Result) {
	if r.Note != "" {
		l.log.Debug("negotiation", "step", r.Note)
	}
	if r.Incoming != nil {
		l.stream.Expect(audio.Format(*r.Incoming))
	}
	if r.Outgoing != nil {
		l.stream.Send(audio.Format(*r.Outgoing))
	}
	for _, m := range r.Send {
		l.say(m)
	}
}
