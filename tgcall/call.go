package tgcall

import (
	"cmp"
	"context"
	"time"

	"github.com/gotd/td/tg"
	"github.com/pion/rtp"

	"switchgram/tgcall/engine"
)

// Call is one call. Its goroutine owns its state (see owner); the methods send it events and wait for what becomes of them.
type Call struct {
	client   *Client
	outgoing bool
	to       tg.InputUserClass // whom we call
	gAHash   []byte            // of the caller's half of the key, on an incoming call

	// Known before anybody else sees the call, and fixed from then on.
	peer Peer
	id   int64
	hash int64 // access hash of the call
	date int   // when it was asked for, by Telegram's clock

	mail      chan any      // updates, blobs and commands
	results   chan result   // of what the call does elsewhere: room for all there can be
	placed    chan struct{} // closed when Telegram has taken our call
	abandoned chan struct{} // closed when Dial's caller does not want it any more
	up        chan struct{} // closed when media runs for the first time
	over      chan struct{} // closed when the call has ended
	end       DiscardError  // how; written before over is closed

	events emitter
	sound  sound
	facts  facts
}

// Sizes of a call's queues.
const (
	mailQueue   = 256 // a full one loses updates, with a word in the log
	resultQueue = 16
	earlyBlobs  = 64 // signalling before the key is there; the oldest are kept
)

func newCall(c *Client, outgoing bool, peer Peer) *Call {
	return &Call{
		client: c, outgoing: outgoing, peer: peer, events: newEmitter(),
		mail: make(chan any, mailQueue), results: make(chan result, resultQueue),
		placed: make(chan struct{}), abandoned: make(chan struct{}), up: make(chan struct{}), over: make(chan struct{}),
	}
}

// input is the call's address for Telegram.
func (c *Call) input() tg.InputPhoneCall { return tg.InputPhoneCall{ID: c.id, AccessHash: c.hash} }

// ID is Telegram's number of the call.
func (c *Call) ID() int64 { return c.id }

// Date is when the call was asked for, by Telegram's clock, to the second: as messages are dated.
func (c *Call) Date() time.Time { return time.Unix(int64(c.date), 0) }

// Outgoing reports whether we placed the call.
func (c *Call) Outgoing() bool { return c.outgoing }

// Peer is who is at the other end.
func (c *Call) Peer() Peer { return c.peer }

// Version is the library version that both sides agreed on; empty before Accepted.
func (c *Call) Version() string { return c.facts.version() }

// Emoji are the four pictures that both people can compare, to know that nobody sits between them; empty before Accepted.
func (c *Call) Emoji() [4]string { return c.facts.emoji() }

// Pair names the kinds of the ICE candidates that carry the packets now; empty before Connected.
func (c *Call) Pair() (local, remote string) { return c.facts.pair() }

// Events come in order; the channel is closed after Ended. It holds 64: of a reader that is slower, the oldest are lost.
func (c *Call) Events() <-chan Event { return c.events.events }

// Accept answers an incoming call and returns when media runs, when the call has ended (with the *DiscardError), or when ctx
// has: the call goes on then. Safe to repeat. On a call that we placed it only waits.
func (c *Call) Accept(ctx context.Context) error {
	if !c.outgoing {
		if err := c.post(ctx, answer{}); err != nil {
			return err
		}
	}
	select {
	case <-c.up:
		return c.ended()
	case <-c.over:
		return c.ended()
	case <-ctx.Done():
		return cmp.Or(c.ended(), ctx.Err()) // the call's own context ends with the call
	}
}

// ended is how the call has ended; nil if it has not.
func (c *Call) ended() error {
	select {
	case <-c.over:
		return &c.end
	default:
		return nil
	}
}

// Discard ends the call: Missed, Hangup, Busy or Disconnect. Where Telegram's apps would say something else (a caller that gives
// up says Missed), so do we. It returns when Telegram knows, after five seconds at most, or when ctx has ended; the call ends
// all the same. Safe to repeat: the first reason counts.
func (c *Call) Discard(ctx context.Context, r DiscardReason) error {
	if err := c.post(ctx, hangup{r}); err != nil && ctx.Err() != nil {
		return err
	}
	select {
	case <-c.over:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// post hands a command to the call's goroutine.
func (c *Call) post(ctx context.Context, command any) error {
	select {
	case c.mail <- command:
		return nil
	case <-c.over:
		return c.ended()
	case <-ctx.Done():
		return cmp.Or(c.ended(), ctx.Err())
	}
}

// OnRTP sets who receives the peer's audio packets; nil discards them. Before media runs, too. It is called from one goroutine
// at a time, in order of arrival, with padding removed and never with an empty payload. The packet is valid only until the
// function returns, and it must not block: on a shared port all calls wait for it. A panic in it ends the call.
func (c *Call) OnRTP(f func(*rtp.Packet)) { c.sound.onRTP(f) }

// WriteRTP sends a packet of Opus to the peer and leaves it unchanged. Sequence number, timestamp, marker and payload are the
// caller's; the rest is set here. A packet that cannot be sent is dropped; the error says why and is no reason to stop.
func (c *Call) WriteRTP(p *rtp.Packet) error { return c.sound.write(p) }

// Mute closes or opens our microphone: the peer is told, and packets are dropped while it is closed. Before media runs, too.
func (c *Call) Mute(on bool) { c.sound.mute(on) }

// Stats are the counts of the media since its start.
func (c *Call) Stats() engine.Stats { return c.sound.stats() }
