package verto

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
)

// maxEvents is the room for events that nobody has read yet; the last place is kept for Ended.
const maxEvents = 64

// Call is one call of one page, in either direction. Its methods may be called concurrently.
type Call struct {
	s           *Server
	log         *slog.Logger
	id          string
	session     *Session
	incoming    bool   // the page called us
	destination string // what the page dialled
	variables   map[string]string
	offer       string // the page's; empty: it called nobody
	screen      bool   // it shows a picture only
	recoverable bool   // it waits for a page that is lost
	ctx         context.Context
	cancel      context.CancelCauseFunc
	events      chan Event
	up          chan struct{} // closed when sound runs for the first time
	turn        chan struct{} // held by who describes us to the page
	receive     atomic.Pointer[func(*rtp.Packet)]
	meter       meter

	mu        sync.Mutex
	phase     phase
	media     *media // that carries sound, or will; nil: none yet
	next      *media // that takes its place; nil: none
	described bool   // the page has our answer
	isUp      bool   // up is closed
	held      bool
	lost      bool // no sound, or no page: it waits
	party     Party
	timer     *time.Timer // that ends it
	digit     uint32      // timestamp of the telephone-event that was counted last
	closing   []*media    // that are no longer used
}

// phase is how far a call is.
type phase int

const (
	calling phase = iota // not taken
	taken                // sound is being made
	talking
	over
)

// newCall makes a call that nobody knows of yet.
func (v *Session) newCall(id string, incoming bool) *Call {
	c := &Call{
		s: v.s, id: id, session: v, incoming: incoming, recoverable: true, log: v.s.log.With("leg", id, "user", v.user.ID),
		events: make(chan Event, maxEvents), up: make(chan struct{}), turn: make(chan struct{}, 1),
	}
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	return c
}

// register makes the call known, which must then be started.
func (s *Server) register(c *Call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.running:
		return ErrStopped
	case s.calls[c.id] != nil:
		return errTaken
	case s.callsOf(c.session.user.ID) >= s.o.MaxCalls:
		return ErrTooMany
	}
	s.calls[c.id] = c
	s.group.Add(1)
	return nil
}

// start runs a call that is registered.
func (c *Call) start() {
	go func() {
		defer c.s.group.Done()
		c.run()
	}()
}

// begin waits for the turn to make a connection, which is over with done.
func (c *Call) begin(ctx context.Context) (done func(), err error) {
	select {
	case c.turn <- struct{}{}:
		return func() { <-c.turn }, nil
	case <-c.ctx.Done():
		return nil, context.Cause(c.ctx)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Call finds a call that has not ended, whoever's it is; nil: there is none.
func (s *Server) Call(id string) *Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[id]
}

// callsOf counts a user's calls, under the lock.
func (s *Server) callsOf(user string) (n int) {
	for _, c := range s.calls {
		if c.session.user.ID == user {
			n++
		}
	}
	return n
}

// find is a user's call that has not ended, or nil: others' calls do not exist. A page that has been told of the end does not find the call, even
// where that is still being cleared away.
func (s *Server) find(id string, user User) *Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.calls[id]; c != nil && c.session.user.ID == user.ID && c.ctx.Err() == nil {
		return c
	}
	return nil
}

// run has the call until it has ended, and then closes what it has used.
func (c *Call) run() {
	if c.incoming {
		c.serve()
	}
	<-c.ctx.Done()
	c.turn <- struct{}{} // nothing is being made any more
	c.mu.Lock()
	all := append(c.closing, c.media, c.next)
	c.mu.Unlock()
	for _, m := range all {
		if m != nil {
			m.close()
		}
	}
	c.log.Debug("verto: call is gone")
}

// serve has Options.OnCall decide what becomes of a call that the page makes.
func (c *Call) serve() {
	switch {
	case c.screen:
		c.end(Ended{Cause: NotAvailable}, true)
	case c.s.o.OnCall == nil:
		c.end(Ended{Cause: NoRoute}, true)
	default:
		defer c.rescue()
		c.s.o.OnCall(c.ctx, c)
		c.end(Ended{Cause: NormalClearing}, true)
	}
}

// rescue ends a call in which somebody else's function has panicked, and no other.
func (c *Call) rescue() {
	if reason := recover(); reason != nil {
		c.log.Error("verto: panic in a call", "err", reason, "stack", string(debug.Stack()))
		c.end(Ended{Cause: TemporaryFailure, Err: fmt.Errorf("%w: %v", ErrPanic, reason)}, true)
	}
}

// ID is what the page calls the call. Among calls that have not ended no two have the same.
func (c *Call) ID() string { return c.id }

// Incoming tells whether the page called us.
func (c *Call) Incoming() bool { return c.incoming }

// Session is the page.
func (c *Call) Session() *Session { return c.session }

// User is whose page it is.
func (c *Call) User() User { return c.session.user }

// Destination is what the page dialled; hostile, up to 128 bytes.
func (c *Call) Destination() string { return c.destination }

// Variables are the userVariables of the page's login and of its call, as far as Options.Variables names them; the values are hostile.
// The map is the caller's.
func (c *Call) Variables() map[string]string {
	all := map[string]string{}
	for _, some := range []map[string]string{*c.session.variables.Load(), c.variables} {
		for name, value := range some {
			all[name] = value
		}
	}
	return all
}

// Events come in order; the channel is closed after Ended. It holds 64; what finds no room is lost, but for Ended.
func (c *Call) Events() <-chan Event { return c.events }

// emit tells an event, under the lock and before the end.
func (c *Call) emit(e Event) {
	if len(c.events) < maxEvents-1 {
		c.events <- e
	}
}

// OnRTP sets who receives the page's packets of Opus, as payload type 111; nil discards them. The function is called from one goroutine at
// a time, in order of arrival, never with an empty payload; the packet is valid until it returns, and it must not block. A panic in
// it ends the call.
func (c *Call) OnRTP(f func(*rtp.Packet)) {
	if f == nil {
		c.receive.Store(nil)
		return
	}
	c.receive.Store(&f)
}

// WriteRTP sends a packet of Opus to the page and leaves it unchanged. Sequence number, timestamp, marker and payload are the caller's; the
// rest is set here. A packet that cannot be sent is dropped; the error says why and is no reason to stop.
func (c *Call) WriteRTP(p *rtp.Packet) error {
	c.mu.Lock()
	m := c.media
	sends := m != nil && m.out != nil && c.isUp && c.phase != over
	c.mu.Unlock()
	err := ErrNoMedia
	if sends {
		err = m.out.WriteRTP(p)
	}
	c.meter.sent(err)
	return err
}

// Stats are the counts since the start.
func (c *Call) Stats() Stats { return c.meter.get() }

// Pair names the kinds of the ICE candidates that carry packets now; empty: none do.
func (c *Call) Pair() (local, remote string) {
	c.mu.Lock()
	m := c.media
	c.mu.Unlock()
	if m == nil {
		return "", ""
	}
	return m.pair()
}

// Display tells the page whom the call is with now, unless it knows that.
func (c *Call) Display(p Party) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.party.covers(p) {
		return
	}
	c.party = p
	if c.phase != over {
		c.display()
	}
}

// display sends what the page shows, under the lock.
func (c *Call) display() {
	c.ask("verto.display", c.party.in(object{"display_name": c.party.Name, "display_number": c.party.Number}, c.session.user, c.incoming))
}

// ask sends the page a request of this call.
func (c *Call) ask(method string, params object) {
	params["callID"] = c.id
	c.session.ask(method, params)
}
