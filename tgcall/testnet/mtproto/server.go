// Package mtproto is an MTProto 2.0 server: what stands between a TCP socket and the methods of the Telegram API. It does the transports
// (abridged, intermediate, padded intermediate, full, and each of them obfuscated), the exchange of authorisation keys, temporary keys, salts,
// containers, compression, acknowledgements, repeated and resent messages, and hands bare requests to a Handler.
//
// Server is the main type. It implements https://core.telegram.org/mtproto/description, /mtproto/auth_key, /mtproto/service_messages,
// /mtproto/service_messages_about_messages and https://core.telegram.org/api/pfs; not the HTTP transport. All exported methods may be called
// concurrently.
//
// It is for tests and demonstrations: the factors of pq are always the same two, and auth keys live in memory only.
package mtproto

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/gotd/td/clock"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/exchange"
	"github.com/gotd/td/proto"
)

// A Handler answers the requests of the API.
type Handler interface {
	// Request is called on its own goroutine for each request, several of one connection at once. Whoever does not answer before it returns
	// is answered 500 INTERNAL in its place. ctx ends with the connection.
	Request(ctx context.Context, r *Request)
	// Closed is called once when the connection of s has gone; the client may be back with the same session later.
	Closed(s *Session)
}

// Options of a Server. DC, Key and Handler must be set.
type Options struct {
	DC        int             // number of this data centre, checked in the key exchange
	Key       *rsa.PrivateKey // 2048 bits
	Handler   Handler
	Handshake time.Duration // a peer that has not said which transport it speaks by then is cut off; 0: 10 seconds
	Idle      time.Duration // a connection that is silent for so long is closed; 0: 3 minutes (clients ping each minute)
	Log       *slog.Logger  // nil: no log
}

// Server is one data centre. Make it with New, run it with Serve.
type Server struct {
	o      Options
	key    exchange.PrivateKey
	cipher crypto.Cipher
	ids    *proto.MessageIDGen
	keys   *keyring

	mu       sync.Mutex
	sessions map[sessionID]*Session
	conns    map[*conn]struct{}
}

// New checks the options; it starts nothing.
func New(o Options) (*Server, error) {
	if o.Key == nil || o.Key.N.BitLen() != crypto.RSAKeyBits {
		return nil, errors.New("mtproto server: want an RSA key of 2048 bits")
	}
	if o.Handler == nil || o.DC == 0 {
		return nil, errors.New("mtproto server: want a handler and the number of the data centre")
	}
	if o.Handshake == 0 {
		o.Handshake = 10 * time.Second
	}
	if o.Idle == 0 {
		o.Idle = 3 * time.Minute
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Server{
		o: o, key: exchange.PrivateKey{RSA: o.Key},
		cipher:   crypto.NewServerCipher(rand.Reader),
		ids:      proto.NewMessageIDGen(clock.System.Now),
		keys:     newKeyring(),
		sessions: map[sessionID]*Session{},
		conns:    map[*conn]struct{}{},
	}, nil
}

// PublicKey is what clients must know to trust this server.
func (s *Server) PublicKey() exchange.PublicKey { return s.key.Public() }

// Serve accepts connections from l until ctx ends. It then closes l and every connection, waits for all of them, and returns nil.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	var conns sync.WaitGroup
	defer conns.Wait()
	defer context.AfterFunc(ctx, func() { _ = l.Close() })()
	for {
		c, err := l.Accept()
		switch {
		case ctx.Err() != nil:
			return closeAnd(c, nil)
		case errors.Is(err, net.ErrClosed):
			return err
		case err != nil:
			s.o.Log.Warn("accept", "err", err)
			pause(ctx, 5*time.Millisecond) // out of file descriptors and the like: others must first leave
			continue
		}
		conns.Go(func() { s.serve(ctx, c) })
	}
}

func closeAnd(c net.Conn, err error) error {
	if c != nil {
		_ = c.Close()
	}
	return err
}

// pause waits for d or the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// serve owns one TCP connection from beginning to end. Whatever its peer sends, only this connection suffers.
func (s *Server) serve(ctx context.Context, nc net.Conn) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = nc.Close() })()
	_ = nc.SetDeadline(time.Now().Add(s.o.Handshake))
	tc, err := openTransport(nc)
	if err != nil {
		s.o.Log.Debug("connection refused", "from", nc.RemoteAddr().String(), "err", err)
		_ = nc.Close()
		return
	}
	_ = nc.SetDeadline(time.Time{})
	c := newConn(s, tc, cancel)
	s.add(c)
	defer s.remove(c)
	if err := c.run(ctx); err != nil && ctx.Err() == nil {
		s.o.Log.Debug("connection closed", "from", nc.RemoteAddr().String(), "err", err)
	}
}

func (s *Server) add(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[c] = struct{}{}
}

func (s *Server) remove(c *conn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
}

// Disconnect cuts every connection that speaks with the key, or with a temporary key bound to it.
func (s *Server) Disconnect(id KeyID) {
	for _, x := range s.sessionsOf(id) {
		x.Disconnect()
	}
}

// NewSalt makes the salts of the key, and of temporary keys bound to it, invalid: what comes with them is answered with bad_server_salt, which
// tells the new one.
func (s *Server) NewSalt(id KeyID) {
	s.keys.renew(id)
	for _, x := range s.sessionsOf(id) {
		s.keys.renew(x.id.key)
	}
}

// ForgetSessions forgets the sessions of the key, but not their connections: the next message of each begins a new one.
func (s *Server) ForgetSessions(id KeyID) {
	for _, x := range s.sessionsOf(id) {
		s.forget(x.id)
	}
}

func (s *Server) sessionsOf(id KeyID) []*Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []*Session
	for _, x := range s.sessions {
		if x.Key() == id {
			found = append(found, x)
		}
	}
	return found
}
