// Package esltest is a small FreeSWITCH for tests: its event socket, in both directions, and just enough of channels, applications and console
// commands behind it. What it sends is compared, byte for byte, with what a FreeSWITCH 1.11 sent (testdata).
//
// Start makes a [Switch]; its methods may be called concurrently. It sends no sound and has no dialplan: a program that wants more than "park"
// gives it commands and applications of its own with HandleAPI and HandleApp.
package esltest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"
)

// Options of a Switch. The zero value will do.
type Options struct {
	// Password of the event socket, "ClueCon" if empty.
	Password string
	// Users of the directory, "1000@example.org", and their passwords for "userauth".
	Users map[string]string
	// Heartbeat is the time between two HEARTBEAT events; 0: none.
	Heartbeat time.Duration
	// Hostname, Switchname, IPv4 and IPv6 are put in every event.
	Hostname, Switchname, IPv4, IPv6 string
	// NewUUID makes identifiers, Stamp the time and number of an event. nil: the usual.
	NewUUID func() string
	Stamp   func() (time.Time, uint64)
}

// API is one of FreeSWITCH's console commands: arguments in, what it prints out.
type API func(ctx context.Context, args string) string

// App is an application of the dialplan. It returns when it has ended; the context ends with the channel.
type App func(ctx context.Context, c *Channel, arg string) (response string)

// Switch is a small FreeSWITCH.
type Switch struct {
	o       Options
	address string
	ctx     context.Context // ends with Close
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu       sync.Mutex
	listener net.Listener // nil: down
	core     string
	sequence uint64
	refuse   bool
	conns    map[*conn]bool
	channels map[string]*Channel
	order    []string // of channels
	apis     map[string]API
	apps     map[string]App
	received []string
}

// Start starts a switch on a free port of 127.0.0.1. Close ends it.
func Start(o Options) (*Switch, error) {
	if o.Password == "" {
		o.Password = "ClueCon"
	}
	if o.NewUUID == nil {
		o.NewUUID = newUUID
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Switch{o: o, address: "127.0.0.1:0", ctx: ctx, cancel: cancel, core: o.NewUUID(), conns: map[*conn]bool{}, channels: map[string]*Channel{}}
	s.apis, s.apps = s.builtinAPIs(), builtinApps()
	if err := s.Up(); err != nil {
		cancel()
		return nil, err
	}
	if o.Heartbeat > 0 {
		s.running.Go(s.heartbeat)
	}
	return s, nil
}

// Addr is where the event socket listens, also while the switch is down.
func (s *Switch) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.address
}

// Up listens again after Down.
func (s *Switch) Up() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener != nil {
		return nil
	}
	l, err := net.Listen("tcp", s.address)
	if err != nil {
		return err
	}
	s.listener, s.address = l, l.Addr().String()
	s.running.Go(func() { s.accept(l) })
	return nil
}

// Down stops listening and cuts all connections without a word. Channels live on.
func (s *Switch) Down() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener != nil {
		_ = s.listener.Close()
		s.listener = nil
	}
	for c := range s.conns {
		c.cut()
	}
}

// Restart is what a restart of FreeSWITCH looks like once it is down: another Core-UUID, and no channel.
func (s *Switch) Restart() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.core = s.o.NewUUID()
	for _, c := range s.channels {
		c.vanish()
	}
	s.channels, s.order = map[string]*Channel{}, nil
}

// Refuse makes the access list refuse everybody, or nobody.
func (s *Switch) Refuse(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = on
}

// Close ends the switch and waits for all that it started.
func (s *Switch) Close() {
	s.cancel()
	s.Down()
	s.Restart()
	s.running.Wait()
}

func (s *Switch) accept(l net.Listener) {
	for {
		nc, err := l.Accept()
		if err != nil {
			return
		}
		if c, err := s.open(nc, nil); err == nil {
			s.running.Go(c.run)
		}
	}
}

// open takes a connection in, unless the switch is going down.
func (s *Switch) open(nc net.Conn, channel *Channel) (*conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil || s.ctx.Err() != nil {
		_ = nc.Close()
		return nil, errors.New("esltest: the switch is down")
	}
	c := newConn(s, nc, channel)
	s.conns[c] = true
	return c, nil
}

func (s *Switch) closed(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}

// CoreUUID names this run of the switch.
func (s *Switch) CoreUUID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.core
}

// Received returns every command the switch has got, as it came without the blank line that ends it.
func (s *Switch) Received() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.received)
}

func (s *Switch) got(command string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.received = append(s.received, command)
}

// HandleAPI adds a console command, or replaces one.
func (s *Switch) HandleAPI(name string, f API) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.apis[name] = f
}

// HandleApp adds an application, or replaces one.
func (s *Switch) HandleApp(name string, f App) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.apps[name] = f
}

// Fire sends an event to everybody who has subscribed to it. A name alone is completed with the headers every event has.
func (s *Switch) Fire(e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.offer(e)
	}
}

// FireNamed fires an event made of the headers every event has and these.
func (s *Switch) FireNamed(name string, headers ...Header) {
	s.Fire(s.base(name, "esltest.go", "Fire", "1").with(headers...))
}

func (s *Switch) heartbeat() {
	ticker := time.NewTicker(s.o.Heartbeat)
	defer ticker.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-ticker.C:
			s.FireNamed("HEARTBEAT", Header{Name: "Event-Info", Value: "System Ready"}, Header{Name: "Heartbeat-Interval", Value: "20"})
		}
	}
}

func (s *Switch) stamp() (time.Time, uint64) {
	if s.o.Stamp != nil {
		return s.o.Stamp()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sequence++
	return time.Now().UTC(), s.sequence
}

func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
