// Package reflectors is a server that stands in for Telegram's own relays of calls, for tests and the demo. It knows packets by their
// tags and forwards them between the two sides of a call, over UDP and TCP, with faults as ordered.
//
// The main type is Server: Listen opens its sockets, Run serves. Its methods may be called concurrently.
//
// How Telegram's servers match tags is not public. This one does what works with all apps: the two sides' peer tags differ in bit 0 of
// the first byte, and who receives a packet finds its own tag in front.
package reflectors

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"switchgram/tgcall/reflector"
)

// Options say what goes wrong. The zero value is a perfect reflector on 127.0.0.1.
type Options struct {
	Addr   string        // to listen on, UDP and TCP at the same port; "": 127.0.0.1:0
	Loss   float64       // share of packets that are lost, 0 to 1, drawn from Seed
	Delay  time.Duration // added to every packet
	Jitter time.Duration // at most so much more, so that packets overtake each other
	Silent bool          // takes everything and answers nothing, until Silence(false)
	Rebind time.Duration // how often it forgets where everybody is, as when routers give new ports; 0: never
	Seed   uint64
	Log    *slog.Logger // nil: nothing is logged
}

// Server is one reflector.
type Server struct {
	o     Options
	udp   *net.UDPConn
	tcp   net.Listener
	tasks sync.WaitGroup

	mu      sync.Mutex
	dice    *rand.Rand
	silent  bool
	clients map[port]client
}

// Listen opens the sockets. Packets wait for Run.
func Listen(o Options) (*Server, error) {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{o: o, silent: o.Silent, clients: map[port]client{}, dice: rand.New(rand.NewPCG(o.Seed, 0))}
	var err error
	for range 10 { // the same port may be taken on TCP
		if err = s.listen(); err == nil {
			return s, nil
		}
	}
	return nil, fmt.Errorf("reflector: %w", err)
}

func (s *Server) listen() error {
	addr, err := net.ResolveUDPAddr("udp", s.o.Addr)
	if err != nil {
		return err
	}
	if s.udp, err = net.ListenUDP("udp", addr); err != nil {
		return err
	}
	if s.tcp, err = net.Listen("tcp", s.Addr().String()); err != nil {
		_ = s.udp.Close()
	}
	return err
}

// Addr is where it listens, over UDP and TCP.
func (s *Server) Addr() netip.AddrPort { return s.udp.LocalAddr().(*net.UDPAddr).AddrPort() }

// Silence makes it deaf and dumb, or ends that.
func (s *Server) Silence(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.silent = on
}

// Rebind forgets where everybody is: packets reach nobody who has not spoken since.
func (s *Server) Rebind() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.clients)
}

// Run serves until ctx ends, and then closes the sockets.
func (s *Server) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.tasks.Go(func() { s.serveTCP(ctx) })
	if s.o.Rebind > 0 {
		s.tasks.Go(func() { s.rebind(ctx) })
	}
	stop := context.AfterFunc(ctx, s.close)
	err := s.serveUDP(ctx)
	over := ctx.Err() != nil
	cancel()
	if stop() {
		s.close()
	}
	s.tasks.Wait()
	if over {
		return nil
	}
	return err
}

func (s *Server) close() {
	_ = s.udp.Close()
	_ = s.tcp.Close()
}

func (s *Server) rebind(ctx context.Context) {
	tick := time.NewTicker(s.o.Rebind)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.Rebind()
		}
	}
}

// largest is more than any packet of a call has.
const largest = 2048

func (s *Server) serveUDP(ctx context.Context) error {
	buf := make([]byte, largest)
	for {
		n, from, err := s.udp.ReadFromUDPAddrPort(buf)
		if err != nil {
			return fmt.Errorf("reflector: %w", err)
		}
		s.take(ctx, buf[:n], func(b []byte) { _, _ = s.udp.WriteToUDPAddrPort(b, from) }, from)
	}
}

func (s *Server) serveTCP(ctx context.Context) {
	for {
		conn, err := s.tcp.Accept()
		if err != nil {
			return
		}
		s.tasks.Go(func() { s.serveConn(ctx, conn) })
	}
}

func (s *Server) serveConn(ctx context.Context, conn net.Conn) {
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	defer conn.Close()
	var writing sync.Mutex
	send := func(b []byte) {
		writing.Lock()
		defer writing.Unlock()
		_, _ = conn.Write(reflector.AppendFrame(nil, b))
	}
	from := conn.RemoteAddr().(*net.TCPAddr).AddrPort()
	buf := make([]byte, largest)
	if n, err := conn.Read(buf[:len(reflector.Prologue)]); err != nil || string(buf[:n]) != reflector.Prologue {
		s.o.Log.Debug("reflector: no prologue", "from", from)
		return
	}
	for {
		n, err := reflector.ReadFrame(conn, buf)
		if err != nil {
			return
		}
		s.take(ctx, buf[:n], send, from)
	}
}
