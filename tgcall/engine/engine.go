// Package engine is the media of one Telegram call, without MTProto: it takes and gives signalling blobs, makes a path with ICE,
// secures it with DTLS-SRTP, and moves raw Opus RTP packets both ways. There is no codec in it.
//
// The main type is Engine: New checks a Config, Run works until the call is over. All methods of Engine may be called at once
// from any goroutine, before, during and after Run.
//
// It implements what Telegram's own engine, versions 7.0.0 to 13.0.0, does on the wire: JSON messages instead of SDP
// (core.telegram.org/api/end-to-end/voice-calls describes the call around it), ICE (RFC 8445) with renomination
// (draft-thatcher-ice-renomination), DTLS-SRTP (RFC 5764), Opus in RTP (RFC 7587), transport-wide congestion feedback
// (draft-holmer-rmcat-transport-wide-cc-extensions-01), and one data channel (RFC 8832) for the state of the microphones.
package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"switchgram/tgcall/engine/internal/audio"
	"switchgram/tgcall/engine/internal/transport"
	"switchgram/tgcall/signal"
)

// Why an engine ends.
var (
	// ErrNoMedia says that there was no connection for 20 seconds, at the start or after a loss.
	ErrNoMedia = errors.New("no connection to the peer for too long")
	// ErrPeerClosed says that the peer closed the connection and did not come back.
	ErrPeerClosed = transport.ErrClosed
	// ErrFingerprint says that the peer's certificate is not the one its signalling announced: somebody sits in between.
	ErrFingerprint = transport.ErrFingerprint
	// ErrSignalling is what Config.Send returns when no blob can be sent any more.
	ErrSignalling = errors.New("signalling is over")
	// ErrVersion says that the peer speaks another version than was agreed.
	ErrVersion = errors.New("peer speaks another version of the protocol")
	// ErrPanic says that taking a packet of the peer's failed in a way that must not be: in the function given to OnRTP, or here.
	ErrPanic = errors.New("panic in the media")
)

// Why WriteRTP drops a packet.
var (
	// ErrNotReady says that there is no path yet, or not any more, or that the peer did not agree to our audio yet.
	ErrNotReady = audio.ErrNotReady
	// ErrMuted says that our microphone is closed.
	ErrMuted = audio.ErrMuted
	// ErrTooLong says that the payload does not fit a packet that every path carries.
	ErrTooLong = audio.ErrTooLong
	// ErrRepeated says that the sequence number was used before, or is long past.
	ErrRepeated = audio.ErrRepeated
)

var errRunTwice = errors.New("engine was run before")

// Engine is the media of one call.
type Engine struct {
	cfg        Config
	custom     custom
	log        *slog.Logger
	ssrc       uint32 // of our audio
	stream     *audio.Stream
	signalling *signal.Channel
	loop       *loop

	events emitter
	tasks  chan func()   // for the goroutine of Run, which owns the state of the call
	done   chan struct{} // that goroutine takes no more
	mic    chan struct{} // the microphone was opened or closed
	muted  atomic.Bool
	ran    atomic.Bool

	moments moments

	ctx    context.Context // of Run, for Send
	cancel context.CancelCauseFunc
}

// taskQueue is how many of them wait before those who find things out wait too.
const taskQueue = 64

// New checks the configuration and names what is wrong with it. It starts nothing. A *ParameterError says that the call wants
// something that we cannot do.
func New(c Config) (*Engine, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("call engine: %w", err)
	}
	custom, err := parseCustom(c.CustomParameters)
	if err != nil {
		return nil, fmt.Errorf("call engine: %w", err)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.timing = c.timing.orDefault()
	c.NoMedia = cmp.Or(c.NoMedia, 20*time.Second)
	ssrc := rand.Uint32N(1<<32-1) + 1
	e := &Engine{
		cfg: c, custom: custom, log: c.Log, ssrc: ssrc, stream: audio.New(ssrc),
		events: emitter{make(chan Event, eventQueue)},
		tasks:  make(chan func(), taskQueue), done: make(chan struct{}), mic: make(chan struct{}, 1),
	}
	e.Mute(c.Muted)
	e.loop = newLoop(e)
	e.signalling, err = signal.NewChannel(signal.Options{
		Version: c.Version, Key: c.Key, Outgoing: c.Outgoing, NoSCTP: custom.noSCTP, Log: c.Log,
		Out: e.send, Deliver: e.loop.deliver,
	})
	if err != nil {
		return nil, fmt.Errorf("call engine: %w", err)
	}
	return e, nil
}

// Run works until ctx ends (nil), there was no connection for too long (ErrNoMedia), the peer closed it (ErrPeerClosed), the
// peer is somebody else (ErrFingerprint) or speaks another version (ErrVersion), Send returned ErrSignalling, or a packet of the
// peer's set off a panic (ErrPanic). The peer's engine is told. When Run returns, everything it started is gone and Events is closed. It can be called once.
func (e *Engine) Run(ctx context.Context) error {
	if e.ran.Swap(true) {
		return errRunTwice
	}
	defer close(e.events.events)
	e.ctx, e.cancel = context.WithCancelCause(ctx)
	defer e.cancel(nil)
	err := e.loop.run(e.ctx)
	over := ctx.Err() != nil
	if !over {
		e.loop.setState(Failed)
	}
	close(e.done)
	e.cancel(nil)
	e.loop.close()
	if over {
		return nil
	}
	return err
}

// do lets the goroutine of Run call f. It waits while that is busy; after Run it does nothing.
func (e *Engine) do(f func()) {
	select {
	case e.tasks <- f:
	case <-e.done:
	}
}

// send hands one blob to the program around us.
func (e *Engine) send(blob []byte) {
	err := e.cfg.Send(e.ctx, blob)
	switch {
	case err == nil:
		e.moments.sent.now()
	case e.ctx.Err() != nil:
	case errors.Is(err, ErrSignalling):
		e.cancel(fmt.Errorf("send signalling: %w", err))
	default:
		e.log.Debug("signalling blob not sent", "err", err)
	}
}

// Receive takes a signalling blob of the peer. It never blocks; a blob that makes no sense is logged and forgotten. Blobs of one
// call must come from one goroutine, in the order of their arrival.
func (e *Engine) Receive(blob []byte) {
	if err := e.signalling.Receive(blob); err != nil {
		e.log.Debug("signalling blob not understood", "err", err)
		return
	}
	e.moments.received.now()
}

// Events come in order; the channel is closed at the end of Run. It holds 64 events; of a reader that is slower, the oldest are
// lost.
func (e *Engine) Events() <-chan Event { return e.events.events }

// OnRTP sets who receives the peer's audio packets; nil discards them. It is called from one goroutine at a time, in order of
// arrival, with padding removed and never with an empty payload. Packet and payload are valid only until it returns. It must not
// block: on a shared port all calls wait for it.
func (e *Engine) OnRTP(f func(*rtp.Packet)) { e.stream.OnRTP(f) }

// WriteRTP sends a packet of Opus to the peer and leaves it unchanged. Sequence number, timestamp, marker and payload are the
// caller's; the rest is set here. Only where the sequence numbers jump, or run on while muted, other numbers go out, without a
// gap. A packet that cannot be sent is dropped and counted; the error says why and is no reason to stop.
func (e *Engine) WriteRTP(p *rtp.Packet) error { return e.stream.WriteRTP(p) }

// Mute closes or opens our microphone: the peer is told, and packets are dropped while it is closed.
func (e *Engine) Mute(on bool) {
	e.muted.Store(on)
	e.stream.Mute(on)
	select {
	case e.mic <- struct{}{}:
	default: // the goroutine of Run will look anyway
	}
}
