package esl

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"
)

// Session is a channel that FreeSWITCH has handed to us. All its events come here, and nothing else does its dialplan meanwhile.
type Session struct {
	Commands
	conn *Conn
	data *Event
	uuid string

	hungUp  chan struct{} // closed when the channel has ended, or has left us
	final   chan struct{} // closed when last is there
	running awaited       // ends of what Execute runs, by Application-UUID

	mu    sync.Mutex
	cause Cause
	ended bool   // hungUp is closed
	last  *Event // CHANNEL_HANGUP_COMPLETE; final is closed
}

func newSession(nc net.Conn, o Options, ended func(error)) *Session {
	s := &Session{hungUp: make(chan struct{}), final: make(chan struct{})}
	s.conn = newConn(nc, o, newRouter())
	s.conn.ownsRouter = true
	s.conn.observe = s.observe
	s.conn.notice = s.notice
	s.conn.ended = ended
	s.Commands = Commands{s.conn}
	return s
}

// begin does what FreeSWITCH waits for: "connect" must be first, and it waits 25 s. The answers to all of these come in one go.
func (s *Session) begin(ctx context.Context, linger time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, s.conn.o.Timeout)
	defer cancel()
	s.conn.start()
	r, err := s.conn.Send(ctx, Command{Line: "connect"})
	if err != nil {
		return err
	}
	if err := s.introduce((&frame{head: r.head}).channelData()); err != nil {
		return err
	}
	if s.data.Get("Socket-Mode") == "static" {
		s.conn.trusted.Store(true) // without "async", answers wait for the end of the application
	}
	if _, err := s.conn.Send(ctx, Command{Line: "linger " + strconv.Itoa(int(max(linger, time.Second)/time.Second))}); err != nil {
		return err
	}
	_, err = s.conn.Send(ctx, Command{Line: "myevents " + s.conn.o.format()})
	return err
}

func (s *Session) introduce(data *Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data = data
	if s.uuid = cmp.Or(data.UUID(), data.Get("Channel-Unique-ID")); s.uuid == "" {
		return fmt.Errorf("%w: a channel without Unique-ID", ErrProtocol)
	}
	return nil
}

// UUID names the channel.
func (s *Session) UUID() string { return s.uuid }

// Data is all that FreeSWITCH knew of the channel when it handed it over.
func (s *Session) Data() *Event { return s.data }

// Send sends any command, as Conn.Send does.
func (s *Session) Send(ctx context.Context, cmd Command) (Reply, error) { return s.conn.Send(ctx, cmd) }

// Watch opens a watch on the channel's events. It ends with the connection.
func (s *Session) Watch() *Watch { return s.conn.router.listen(func(*Event) bool { return true }) }

// HungUp is closed when the channel has ended, or has left us.
func (s *Session) HungUp() <-chan struct{} { return s.hungUp }

// Execute runs an application on the channel and waits until it has ended. It returns CHANNEL_EXECUTE_COMPLETE; Application-Response in it is
// the result, "_none_" if there is none. Foreign parts of the argument go through AppText. The error is a *HangupError if the channel ended first,
// which is also how FreeSWITCH answers to an application it does not have, and wraps ErrDisconnected if the connection did. When the context
// ends first, the application goes on.
func (s *Session) Execute(ctx context.Context, app, arg string) (*Event, error) {
	return s.execute(ctx, Execute{App: app, Arg: arg})
}

// ExecuteAround is Execute of an application that lasts, such as a queue: what else is executed does not wait for its end but runs within it.
func (s *Session) ExecuteAround(ctx context.Context, app, arg string) (*Event, error) {
	return s.execute(ctx, Execute{App: app, Arg: arg, Unordered: true})
}

func (s *Session) execute(ctx context.Context, x Execute) (*Event, error) {
	x.ID = NewUUID()
	app, done := x.App, s.running.expect(x.ID)
	defer s.running.forget(x.ID)
	if err := s.hangupError(); err != nil {
		return nil, fmt.Errorf("%s: %w", app, err)
	}
	if err := s.SendMsg(ctx, "", Message{Execute: &x}); err != nil {
		return nil, fmt.Errorf("%s: %w", app, err)
	}
	select {
	case e := <-done:
		return e, nil
	case <-s.hungUp:
	case <-s.conn.Done():
	case <-ctx.Done():
		return nil, fmt.Errorf("%s: %w", app, context.Cause(ctx))
	}
	return s.interrupted(app, done)
}

// interrupted says how an application ended when the channel did, or the connection.
func (s *Session) interrupted(app string, done <-chan *Event) (*Event, error) {
	select {
	case e := <-done: // both at once
		return e, nil
	default:
	}
	if err := s.hangupError(); err != nil {
		return nil, fmt.Errorf("%s: %w", app, err)
	}
	return nil, s.conn.explain(Command{Line: app}, ErrDisconnected)
}

// Hangup ends the channel. Wait waits until it has ended. An empty cause is NORMAL_CLEARING.
func (s *Session) Hangup(ctx context.Context, cause Cause) error {
	if s.hangupError() != nil {
		return nil
	}
	return s.SendMsg(ctx, "", Message{Hangup: Cause(cmp.Or(string(cause), string(NormalClearing)))})
}

// Wait waits until the channel has ended and returns CHANNEL_HANGUP_COMPLETE, which has all its times and counters; CHANNEL_HANGUP if the dialplan
// says "socket" without "async". The error wraps
// ErrDisconnected if the connection ended before that came.
func (s *Session) Wait(ctx context.Context) (*Event, error) {
	select {
	case <-s.final:
	case <-s.conn.Done():
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last != nil {
		return s.last, nil
	}
	return nil, s.conn.explain(Command{Line: "wait"}, ErrDisconnected)
}

func (s *Session) hangupError() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return &HangupError{s.cause}
	}
	return nil
}

// observe sees every event before the watches do.
func (s *Session) observe(e *Event) {
	if !s.isAbout(e) {
		return
	}
	switch e.Name() {
	case "CHANNEL_EXECUTE_COMPLETE":
		s.executed(e)
	case "CHANNEL_HANGUP":
		s.hangup(e.Cause())
		if s.conn.trusted.Load() {
			s.finished(e) // without "async", the rest comes when we have left
		}
	case "CHANNEL_HANGUP_COMPLETE":
		s.hangup(e.Cause())
		s.finished(e)
	}
}

func (s *Session) isAbout(e *Event) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.uuid != "" && e.UUID() == s.uuid
}

func (s *Session) executed(e *Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended { // after CHANNEL_HANGUP, the end of the channel ended it
		s.running.came(e.Get("Application-UUID"), e)
	}
}

// notice hears that the channel has ended even if its events do not come, such as after a filter.
func (s *Session) notice() { s.hangup("") }

func (s *Session) hangup(cause Cause) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause == "" {
		s.cause = cause
	}
	if !s.ended {
		s.ended = true
		close(s.hungUp)
	}
}

func (s *Session) finished(e *Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil {
		s.last = e
		close(s.final)
	}
}

// finish lets FreeSWITCH go on with the dialplan, or ends the lingering.
func (s *Session) finish(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	_, _ = s.conn.Send(ctx, Command{Line: "exit"})
}

func (s *Session) close() { _ = s.conn.Close() }
