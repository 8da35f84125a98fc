package reflector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"
)

// How often a port says hello, and how patient it is.
const (
	helloUntilAnswered = 500 * time.Millisecond
	helloToStay        = 10 * time.Second
	redial             = time.Second // after a connection broke
	dialTimeout        = 5 * time.Second
	// writeTimeout is after how long a TCP connection that takes nothing is given up: its buffers hold seconds of sound, so it
	// is stuck.
	writeTimeout = 100 * time.Millisecond
)

// PortOptions say which reflector a port is for. Server, Tag and OnPacket are required.
type PortOptions struct {
	Server Server
	Tag    Tag // ours
	// OnPacket takes what comes, from the goroutine of Run. The payload is valid only until it returns.
	OnPacket func(from Tag, payload []byte)
	// Dial opens a connection; nil: net.Dialer's.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	Log  *slog.Logger // nil: nothing is logged
}

// Port is one socket towards one reflector, known there by its tag.
type Port struct {
	o     PortOptions
	ready chan struct{}
	once  sync.Once

	mu   sync.Mutex
	conn net.Conn // nil: not now
}

// NewPort starts nothing.
func NewPort(o PortOptions) (*Port, error) {
	if err := o.Server.check(); err != nil {
		return nil, err
	}
	if o.Tag == 0 || o.OnPacket == nil {
		return nil, errors.New("port of a reflector: no tag or nobody to take its packets")
	}
	if o.Dial == nil {
		o.Dial = new(net.Dialer).DialContext
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Port{o: o, ready: make(chan struct{})}, nil
}

// Tag is the port's own.
func (p *Port) Tag() Tag { return p.o.Tag }

// Server is where the port leads.
func (p *Port) Server() Server { return p.o.Server }

// Ready is closed once the reflector has answered, or over TCP took the connection: only then the peer may be told of the port.
func (p *Port) Ready() <-chan struct{} { return p.ready }

// Run keeps the port registered until ctx ends, and then returns nil. A connection that breaks is opened again.
func (p *Port) Run(ctx context.Context) error {
	for {
		err := p.connection(ctx)
		if ctx.Err() != nil {
			return nil
		}
		p.o.Log.Debug("reflector", "id", p.o.Server.ID, "network", p.o.Server.network(), "err", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(redial):
		}
	}
}

// connection lives as long as one socket.
func (p *Port) connection(ctx context.Context) error {
	conn, err := p.dial(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	p.use(conn)
	answered := make(chan struct{})
	var hello sync.WaitGroup
	hello.Go(func() { p.hello(ctx, answered) })
	defer func() {
		p.use(nil)
		stop()
		cancel()
		_ = conn.Close()
		hello.Wait()
	}()
	return p.receive(conn, sync.OnceFunc(func() { close(answered); p.markReady() }))
}

func (p *Port) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	s := p.o.Server
	conn, err := p.o.Dial(ctx, s.network(), net.JoinHostPort(s.Host, strconv.Itoa(s.port())))
	if err != nil {
		return nil, fmt.Errorf("dial reflector: %w", err)
	}
	if !s.TCP {
		return conn, nil
	}
	if _, err := conn.Write([]byte(Prologue)); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("dial reflector: %w", err)
	}
	return conn, nil
}

func (p *Port) use(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conn = conn
}

func (p *Port) markReady() { p.once.Do(func() { close(p.ready) }) }

// hello registers the port and keeps it registered. Over TCP nobody is known to answer it.
func (p *Port) hello(ctx context.Context, answered <-chan struct{}) {
	hello := AppendHello(nil, p.o.Server.PeerTag, p.o.Tag)
	if p.o.Server.TCP {
		hello = AppendHelloTCP(nil, p.o.Server.PeerTag, p.o.Tag)
	}
	_ = p.write(hello)
	if p.o.Server.TCP {
		p.markReady()
	} else {
		p.repeat(ctx, hello, helloUntilAnswered, answered)
	}
	p.repeat(ctx, hello, helloToStay, nil)
}

func (p *Port) repeat(ctx context.Context, packet []byte, every time.Duration, until <-chan struct{}) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-until:
			return
		case <-tick.C:
			_ = p.write(packet)
		}
	}
}

func (p *Port) receive(conn net.Conn, valid func()) error {
	buf := make([]byte, maxPacket)
	for {
		n, err := p.read(conn, buf)
		if err != nil {
			return err
		}
		from, payload, err := Parse(p.o.Server.PeerTag, buf[:n])
		if err != nil {
			continue
		}
		valid()
		if payload != nil {
			p.o.OnPacket(from, payload)
		}
	}
}

func (p *Port) read(conn net.Conn, buf []byte) (int, error) {
	if p.o.Server.TCP {
		return ReadFrame(conn, buf)
	}
	return conn.Read(buf)
}

// ErrNotConnected says that a packet was lost because there is no connection to the reflector now.
var ErrNotConnected = errors.New("no connection to the reflector")

// Send sends a payload of at most MaxPayload bytes to the peer's port with a tag.
func (p *Port) Send(to Tag, payload []byte) error {
	if len(payload) == 0 || len(payload) > MaxPayload {
		return fmt.Errorf("reflector carries 1 to %d bytes, not %d", MaxPayload, len(payload))
	}
	return p.write(AppendData(make([]byte, 0, maxPacket), p.o.Server.PeerTag, to, p.o.Tag, payload))
}

// write ends the connection when it cannot write: the network changed, or half a packet is in the stream. Run opens another.
func (p *Port) write(packet []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn == nil {
		return ErrNotConnected
	}
	if p.o.Server.TCP {
		_ = p.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
		packet = AppendFrame(make([]byte, 0, lengthSize+len(packet)), packet)
	}
	_, err := p.conn.Write(packet)
	if err != nil {
		_ = p.conn.Close()
	}
	return err
}
