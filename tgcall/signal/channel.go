package signal

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// Sizes of a channel's queues.
const (
	maxOutgoing = 256 // messages waiting to be sent
	maxIncoming = 256 // messages waiting to be delivered
	maxBlobs    = 64  // SCTP packets waiting to be looked at, or to be sent
)

// Options of a Channel. Version, Key, Out and Deliver are required.
type Options struct {
	Version  string       // the call's library version: see Known
	Key      []byte       // the call's key, KeySize bytes; copied
	Outgoing bool         // we placed the call
	NoSCTP   bool         // the call's custom parameters have network_signaling_nosctp: 12 and 13 without SCTP, so unreliable
	Log      *slog.Logger // nil: nothing is logged

	// Out takes one blob for phone.sendSignalingData. It is called from one goroutine at a time and may block for as long as
	// that takes; messages are delivered meanwhile.
	Out func(blob []byte)

	// Deliver takes one message of the other side, decrypted and unpacked, each once. 7.0.0, 8.0.0 and 9.0.0 do not restore
	// the order in which messages were sent. It is called from one goroutine at a time and may call Send.
	Deliver func(json []byte)
}

// Channel carries JSON messages over signalling blobs in the way of one library version. All methods may be called at once.
type Channel struct {
	transport transport
	deliver   func(json []byte)
	outgoing  chan []byte // JSON for the transport; full: Send refuses
	incoming  *inbox
	closed    atomic.Bool
}

// transport is what differs between the versions.
type transport interface {
	// receive takes a blob in, before, during and after run, from any goroutine.
	receive(blob []byte) error
	// run sends messages until ctx ends, and leaves no goroutine behind.
	run(ctx context.Context, messages <-chan []byte)
	// fits is nil if a message of this size can be sent.
	fits(size int) error
}

// NewChannel checks the options. It starts nothing: Run does.
func NewChannel(o Options) (*Channel, error) {
	kind, ok := carriages[o.Version]
	if !ok {
		return nil, fmt.Errorf("%w: %q", ErrVersion, shorten(o.Version))
	}
	cipher, err := newCipher(o.Key, o.Outgoing)
	if err != nil {
		return nil, err
	}
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	c := &Channel{
		deliver:  o.Deliver,
		outgoing: make(chan []byte, maxOutgoing),
		incoming: newInbox(),
	}
	c.transport = newTransport(kind, cipher, c.incoming, o, log)
	return c, nil
}

func newTransport(kind carriage, cipher *cipher, in *inbox, o Options, log *slog.Logger) transport {
	switch {
	case kind == carriageAcked:
		return newAckedTransport(cipher, in, o.Out, log)
	case Ordered(o.Version, o.NoSCTP):
		return newSCTPTransport(newRaw(cipher, true), in, o.Outgoing, o.Out, log)
	default:
		return &rawTransport{raw: newRaw(cipher, kind == carriageSCTP), in: in, out: o.Out, log: log}
	}
}

// Run carries messages until ctx ends; then nothing that it started is left and the error is nil. It may be called once.
func (c *Channel) Run(ctx context.Context) error {
	defer c.closed.Store(true)
	var g errgroup.Group
	g.Go(func() error { c.transport.run(ctx, c.outgoing); return nil })
	g.Go(func() error { c.incoming.run(ctx, c.deliver); return nil })
	return g.Wait()
}

// Send queues one message. It does not block. ErrFull: the queue is full, since Run was not called or the other side does not
// answer; ErrSize: no packet could hold the message; ErrClosed: Run is over.
func (c *Channel) Send(json []byte) error {
	if c.closed.Load() {
		return ErrClosed
	}
	if err := c.transport.fits(len(json)); err != nil {
		return fmt.Errorf("send message of %d bytes: %w", len(json), err)
	}
	select {
	case c.outgoing <- append([]byte(nil), json...):
		return nil
	default:
		return ErrFull
	}
}

// Receive takes one blob of the other side. Hand blobs in from one goroutine, in the order in which they came. It does not
// block, and may be called before Run: what it finds waits, the oldest are kept. The error says what was wrong with the blob;
// the channel goes on without it.
func (c *Channel) Receive(blob []byte) error {
	if c.closed.Load() {
		return ErrClosed
	}
	if err := c.transport.receive(blob); err != nil {
		return fmt.Errorf("blob of %d bytes: %w", len(blob), err)
	}
	return nil
}
