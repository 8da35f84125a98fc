package verto

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	maxFrame      = 1 << 20 // of a page that has logged in
	maxEarlyFrame = 1 << 16 // of one that has not
	maxStrangers  = 64      // connections of one address that have not logged in
	handshake     = 10 * time.Second
)

// door is how connections are let in. Clients need no subprotocol; to one that names verto it is said back. Compression would cost 1.2 MB
// a page, for messages that are small.
func (s *Server) door() websocket.Upgrader {
	return websocket.Upgrader{
		HandshakeTimeout: handshake,
		Subprotocols:     []string{"verto"},
		WriteBufferPool:  new(sync.Pool),
		CheckOrigin:      s.welcome,
	}
}

// ServeHTTP implements http.Handler: it serves a page's connection until that is closed.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	from := s.address(r)
	switch {
	case !websocket.IsWebSocketUpgrade(r):
		http.Error(w, "this is a WebSocket", http.StatusUpgradeRequired)
	case r.TLS == nil && !s.o.Plain && !from.IsLoopback():
		http.Error(w, "use TLS (wss)", http.StatusForbidden)
	case !s.guard.mayConnect(from):
		http.Error(w, "too many attempts", http.StatusTooManyRequests)
	default:
		s.serve(w, r, from)
	}
}

// address is where a request comes from; the zero address if nobody can tell.
func (s *Server) address(r *http.Request) netip.Addr {
	if s.o.ClientAddress != nil {
		return s.o.ClientAddress(r).Unmap()
	}
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap()
}

// welcome tells whether a page of that origin may connect (RFC 6455 §10.2). Without Origin it is no page.
func (s *Server) welcome(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" || slices.Contains(s.o.Origins, "*") || slices.ContainsFunc(s.o.Origins, func(o string) bool { return strings.EqualFold(o, origin) }) {
		return true
	}
	u, err := url.Parse(origin)
	if err == nil && strings.EqualFold(u.Host, r.Host) {
		return true
	}
	s.log.Warn("verto: page of a strange origin", "from", s.address(r), "origin", origin)
	return false
}

// serve has a connection until it is closed.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, from netip.Addr) {
	c := newConn(s, from)
	defer func() {
		if c.session == nil {
			s.guard.left(from)
		}
	}()
	select {
	case <-s.started: // whoever serves may have listened a moment earlier
	case <-r.Context().Done():
		return
	}
	if !s.admit(c) {
		http.Error(w, "no room", http.StatusServiceUnavailable)
		return
	}
	defer s.dismiss(c)
	if ws, err := s.upgrader.Upgrade(w, r, nil); err == nil { // otherwise the page has been told
		c.run(ws)
	}
}

// admit counts a connection in; it is waited for.
func (s *Server) admit(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.running || len(s.conns) >= s.o.MaxSockets {
		return false
	}
	s.conns[c] = struct{}{}
	s.group.Add(1)
	return true
}

func (s *Server) dismiss(c *conn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	s.group.Done()
}
