package verto

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gorilla/websocket"
)

// Server serves Verto. It is an http.Handler, which pages connect to by WebSocket at whatever path it is given.
type Server struct {
	o        Options
	log      *slog.Logger
	upgrader websocket.Upgrader
	names    map[string]bool // of variables that pages may set
	guard    *guard
	rhythm   rhythm
	hub      hub
	asked    atomic.Uint64 // id of our last request
	group    sync.WaitGroup
	started  chan struct{}
	stopped  chan struct{}

	mu       sync.Mutex
	running  bool
	conns    map[*conn]struct{}
	sessions map[string]*Session // by id
	calls    map[string]*Call    // by id
}

// New makes a Server. It starts nothing.
func New(o Options) (*Server, error) {
	if o.Users == nil {
		return nil, errors.New("verto: Options.Users is not set")
	}
	o = o.withDefaults()
	s := &Server{
		o: o, log: o.Log, guard: newGuard(), rhythm: usual, started: make(chan struct{}), stopped: make(chan struct{}),
		names: map[string]bool{}, conns: map[*conn]struct{}{}, sessions: map[string]*Session{}, calls: map[string]*Call{},
	}
	for _, name := range o.Variables {
		s.names[name] = true
	}
	s.hub.init()
	s.upgrader = s.door()
	return s, nil
}

// Run lets pages in until ctx ends; those that came before it have waited. Then it hangs up every call, closes every connection, and returns nil
// when everything that it started is gone. It runs once.
func (s *Server) Run(ctx context.Context) error {
	s.mu.Lock()
	s.running = true
	s.mu.Unlock()
	close(s.started)
	<-ctx.Done()
	s.stop()
	s.group.Wait()
	return nil
}

// stop ends everything. Nothing new begins afterwards.
func (s *Server) stop() {
	s.mu.Lock()
	s.running = false
	close(s.stopped)
	calls, conns := make([]*Call, 0, len(s.calls)), make([]*conn, 0, len(s.conns))
	for _, c := range s.calls {
		calls = append(calls, c)
	}
	for c := range s.conns {
		conns = append(conns, c)
	}
	s.mu.Unlock()
	for _, c := range calls {
		c.end(Ended{Cause: OutOfOrder, Err: ErrStopped}, true)
	}
	for _, c := range conns {
		c.leave(websocket.CloseGoingAway, "")
	}
}

// Sessions are a user's pages that are connected now, in order of their logins.
func (s *Server) Sessions(user string) []*Session {
	return slices.DeleteFunc(s.All(), func(v *Session) bool { return v.user.ID != user })
}

// All are the pages of all users that are connected now, in order of their logins.
func (s *Server) All() []*Session {
	s.mu.Lock()
	var all []*Session
	for _, v := range s.sessions {
		if v.conn.Load() != nil {
			all = append(all, v)
		}
	}
	s.mu.Unlock()
	slices.SortFunc(all, func(a, b *Session) int { return int(int64(a.number) - int64(b.number)) })
	return all
}

// Punt sends a user's pages away for good, such as one that may not log in any more. Calls end.
func (s *Server) Punt(user string) {
	for _, v := range s.Sessions(user) {
		v.punt()
	}
}

// nextID is the id of a request of ours: never zero, which clients do not answer.
func (s *Server) nextID() uint64 { return s.asked.Add(1) }
