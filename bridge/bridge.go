// Package bridge is the call: it connects two or more legs, whatever protocol each of them speaks, and says how that ended.
//
// Start reading here. A Leg is one party's connection; Bridge.Handle runs one call from its first leg to its Outcome. What is
// to become of the call a Controller decides, through the verbs of Call. Underneath, one goroutine owns each call: everything
// that happens reaches it as an input, step (a pure function) says what follows, and the owner has it done.
//
// A Bridge and a Call may be used from several goroutines at once. Legs and dialers are made by package bridge/leg.
package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"switchgram/bridge/recording"
	"switchgram/bridge/room"
)

// CallID names a call for logs, records and the API. Unique within the program's life.
type CallID string

// Options say what a Bridge works with. Dialers are required for every scheme that is to be dialled; the rest may be zero.
type Options struct {
	Dialers     map[string]Dialer     // by address scheme: tg, sip
	Controllers map[string]Controller // by line; a line without one uses Default
	Default     Controller            // nil: ConnectController
	Gate        Gate                  // nil: every call is admitted
	Sink        Sink                  // nil: nobody is told
	Log         *slog.Logger          // nil: nothing is logged

	// HoldMusic makes what those are played who are held by a far end that sends no music of its own; it is asked each time anew. nil: silence.
	HoldMusic func() room.Source

	// Ringback makes what somebody hears who was answered, and waits for another who is being called: whoever is transferred, or the first leg of
	// Originate; it is asked each time anew. nil: silence.
	Ringback func(line string) room.Source

	Recorder *recording.Recorder      // nil: no call is recorded
	Record   map[string]RecordOptions // by line: its calls are recorded from the moment that two talk

	RingTimeout    time.Duration // of Connect, and of Originate's first leg; 0: 60 s
	ConnectTimeout time.Duration // from the moment a person takes the call until media runs; 0: 45 s
	HangupTimeout  time.Duration // for telling a far end, and again for its leg to end; 0: 5 s
}

// A Gate admits calls: it knows who may call whom by which line, and how many calls a line carries at once.
type Gate interface {
	// Admit is asked once for every call, before anything is dialled. A controller that dials somebody else than `to` has to ask
	// for itself whether it may. The release function is called once, after the call. An error refuses the call with CauseOf.
	Admit(ctx context.Context, line string, from, to Address) (release func(), err error)

	// Follow is asked before somebody is called whom a far end names: the target of a transfer, or of a redirection. The user is
	// whose far end that is, empty if it is nobody of ours but the line's switch. An error forbids it, with CauseOf.
	Follow(ctx context.Context, line, user string, to Address) error
}

// A Sink hears what happens to calls.
type Sink interface {
	// Publish never blocks and keeps nothing of the event but its values. It is called from the goroutine of the event's call.
	Publish(Event)
}

// ErrDraining is why a call was refused that came during a Shutdown.
var ErrDraining = &EndedError{Cause: SwitchCongestion, text: "the program is shutting down"}

// EndedError says that a call has ended, and why. It is the error of verbs that came too late and the cause (context.Cause) of
// the contexts of a call that is over.
type EndedError struct {
	Cause Cause
	text  string
}

// Error names the cause.
func (e *EndedError) Error() string {
	if e.text != "" {
		return e.text
	}
	return "the call has ended: " + e.Cause.String()
}

// Q850 is the cause's value.
func (e *EndedError) Q850() int { return int(e.Cause) }

// Bridge runs calls. Make one with New; it needs no Run, since every call runs on the goroutine of its Handle.
type Bridge struct {
	opt Options

	mu       sync.Mutex
	draining bool
	calls    map[CallID]*Call
	serial   uint64
	epoch    int64         // distinguishes calls of this run of the program from those before
	idle     chan struct{} // closed when draining and no call is left
}

// New checks the options and makes a Bridge. It starts nothing.
func New(o Options) (*Bridge, error) {
	for scheme, d := range o.Dialers {
		if scheme == "" || d == nil {
			return nil, fmt.Errorf("bridge: dialer for scheme %q: missing scheme or dialer", scheme)
		}
	}
	if o.RingTimeout < 0 || o.ConnectTimeout < 0 || o.HangupTimeout < 0 {
		return nil, errors.New("bridge: negative timeout")
	}
	o.withDefaults()
	return &Bridge{opt: o, calls: make(map[CallID]*Call), epoch: time.Now().Unix(), idle: make(chan struct{})}, nil
}

func (o *Options) withDefaults() {
	if o.Default == nil {
		o.Default = ConnectController{}
	}
	if o.Sink == nil {
		o.Sink = nowhere{}
	}
	if o.Gate == nil {
		o.Gate = open{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.RingTimeout = cmp.Or(o.RingTimeout, 60*time.Second)
	o.ConnectTimeout = cmp.Or(o.ConnectTimeout, 45*time.Second)
	o.HangupTimeout = cmp.Or(o.HangupTimeout, 5*time.Second)
}

type nowhere struct{}

func (nowhere) Publish(Event) {}

type open struct{}

func (open) Admit(context.Context, string, Address, Address) (func(), error) { return func() {}, nil }
func (open) Follow(context.Context, string, string, Address) error           { return nil }

// Handle runs the call of a leg that called us and wants `to`, and returns when everything of it is over: every leg has ended,
// its controller has returned, no goroutine is left. A call that comes during Shutdown, or that the Gate refuses, is refused
// with a cause and has an Outcome like any other.
//
// When ctx ends the call is hung up with CauseOf(context.Cause(ctx)): at once if that cause is an *EndedError, and otherwise a
// second later, so that ctx may be one that ends with the caller's leg, whose own word for its end then counts. If the caller has left then and
// others talk on, as after a transfer, the call does too.
func (b *Bridge) Handle(ctx context.Context, caller Leg, to Address) Outcome {
	c := b.newCall(lineOf(caller), caller.Address(), to)
	c.party = caller.Party()
	return b.run(ctx, c, caller)
}

// Origin says which call to make of two legs that are both dialled.
type Origin struct {
	Line      string
	First     Address // is rung, and is the caller once it has answered
	Second    Address
	Reference string // chosen by whoever wants the call, and shown in its events; may be empty

	From    Party         // who calls, as the first is told; zero: nobody
	Timeout time.Duration // that the first may ring; 0: the Bridge's RingTimeout
	By      Controller    // decides about the call once the first has answered; nil: whoever does on the line
}

// Originate makes a call of two legs that are both dialled. It blocks as Handle does.
func (b *Bridge) Originate(ctx context.Context, o Origin) Outcome {
	c := b.newCall(o.Line, o.First, o.Second)
	c.reference, c.party, c.by, c.patience = o.Reference, o.From, o.By, o.Timeout
	return b.run(ctx, c, nil)
}

// Shutdown refuses new calls (SIP 503) and waits for the running ones. When ctx ends first they are hung up and waited for,
// and the error is ctx's cause. There is no way back.
func (b *Bridge) Shutdown(ctx context.Context) error {
	b.drain()
	select {
	case <-b.idle:
		return nil
	case <-ctx.Done():
	}
	b.mu.Lock()
	for _, c := range b.calls {
		c.end(&EndedError{Cause: NormalTemporaryFailure, text: "the program is shutting down"})
	}
	b.mu.Unlock()
	<-b.idle
	return context.Cause(ctx)
}

func (b *Bridge) drain() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.draining {
		return
	}
	b.draining = true
	if len(b.calls) == 0 {
		close(b.idle)
	}
}

// enter counts a call among the running ones, unless no more are taken.
func (b *Bridge) enter(c *Call) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.draining {
		return ErrDraining
	}
	b.calls[c.id] = c
	return nil
}

func (b *Bridge) leave(c *Call) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, counted := b.calls[c.id]; !counted {
		return
	}
	delete(b.calls, c.id)
	if b.draining && len(b.calls) == 0 {
		close(b.idle)
	}
}

func (b *Bridge) newCall(line string, from, to Address) *Call {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.serial++
	id := CallID(fmt.Sprintf("%x-%d", b.epoch, b.serial))
	return &Call{id: id, line: line, from: from, to: to, inbox: make(chan envelope), over: make(chan struct{})}
}

// run runs a call to its end. Without a caller it is to be dialled.
func (b *Bridge) run(ctx context.Context, c *Call, caller Leg) Outcome {
	own, end := context.WithCancelCause(context.WithoutCancel(ctx))
	defer end(nil)
	c.end = end
	o := newOwner(own, outer{done: ctx.Done(), why: func() error { return context.Cause(ctx) }}, b, c, caller)
	first := input(nil)
	if err := b.enter(c); err != nil {
		first = refused{cause: CauseOf(err), err: err}
	}
	out := o.run(first)
	b.leave(c)
	o.linger()
	return out
}
