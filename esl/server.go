package esl

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"
)

// ServerOptions say where FreeSWITCH finds us, and what is done with its channels.
type ServerOptions struct {
	// Address to listen on, such as "127.0.0.1:8084". The dialplan says: socket 127.0.0.1:8084 async full.
	Address string
	// Handle has a channel for as long as it runs, each on a goroutine of its own. When it returns, FreeSWITCH goes on with the dialplan if the
	// channel is still there. The context ends when the connection does, or the server.
	Handle func(ctx context.Context, s *Session)
	// Allow lists who may connect; empty: this machine only. There is no password in this direction.
	Allow []netip.Prefix
	// MaxSessions is how many channels there can be at once, 1000 if 0. More are hung up on: their dialplan goes on.
	MaxSessions int
	// Linger is how long FreeSWITCH keeps the connection after the channel has ended, 30 s if 0.
	Linger time.Duration
	// Silence and Plain are as in Options.
	Silence time.Duration
	Plain   bool
	// Log hears what is not an error for anybody; nil: nobody does.
	Log *slog.Logger
}

// Server takes the connections that FreeSWITCH's "socket" application makes.
type Server struct {
	o        ServerOptions
	options  Options
	listener net.Listener
	places   chan struct{}
}

// NewServer opens the listening socket, so that a taken address is an error now and Addr is known; Run does the rest. A server that is never
// run is closed with Close.
func NewServer(o ServerOptions) (*Server, error) {
	options, err := Options{Plain: o.Plain, Silence: o.Silence, Log: o.Log}.complete()
	if err != nil {
		return nil, err
	}
	if o.Handle == nil {
		return nil, errors.New("esl: server without a handler")
	}
	if o.MaxSessions <= 0 {
		o.MaxSessions = 1000
	}
	if o.Linger <= 0 {
		o.Linger = 30 * time.Second
	}
	l, err := net.Listen("tcp", o.Address)
	if err != nil {
		return nil, fmt.Errorf("esl server: %w", err)
	}
	return &Server{o: o, options: options, listener: l, places: make(chan struct{}, o.MaxSessions)}, nil
}

// Addr is where the server listens.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Close stops listening. Run does that by itself.
func (s *Server) Close() error { return s.listener.Close() }

// Run serves until the context ends, then waits for all handlers and returns nil. It returns an error if it can no longer listen.
func (s *Server) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var handlers sync.WaitGroup
	defer handlers.Wait()
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = s.listener.Close() })
	defer stop()
	for {
		nc, err := s.listener.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				_ = nc.Close()
			}
			return nil
		case err != nil && !passing(err):
			return fmt.Errorf("esl server: %w", err)
		case err != nil:
			s.options.Log.Warn("a connection was lost before it was taken", "err", err)
			pause(ctx, 50*time.Millisecond)
		case !s.admit(nc):
			_ = nc.Close()
		default:
			handlers.Go(func() {
				defer func() { <-s.places }()
				s.serve(ctx, nc)
			})
		}
	}
}

// passing tells the want of file descriptors, and a peer that changed its mind, from a socket that is broken for good.
func passing(err error) bool { return !errors.Is(err, net.ErrClosed) }

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// admit takes a place for the connection if it may have one.
func (s *Server) admit(nc net.Conn) bool {
	if !s.allowed(nc.RemoteAddr()) {
		s.options.Log.Warn("connection from an address that is not allowed", "from", nc.RemoteAddr().String())
		return false
	}
	select {
	case s.places <- struct{}{}:
		return true
	default:
		s.options.Log.Warn("too many channels; one was turned away", "most", s.o.MaxSessions)
		return false
	}
}

func (s *Server) allowed(a net.Addr) bool {
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return false
	}
	ip := ap.Addr().Unmap().WithZone("")
	if len(s.o.Allow) == 0 {
		return ip.IsLoopback()
	}
	for _, p := range s.o.Allow {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// serve has one connection from its beginning to its end.
func (s *Server) serve(ctx context.Context, nc net.Conn) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	session := newSession(nc, s.options, cancel)
	defer session.close()
	if err := session.begin(ctx, s.o.Linger); err != nil {
		s.options.Log.Warn("no session", "from", nc.RemoteAddr().String(), "err", err)
		return
	}
	s.o.Handle(ctx, session)
	session.finish(ctx)
}
