package reflector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
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
	// OnPacket takes what comes, from the goroutine of Run or the shared socket's. The payload is valid only until it returns, and may be
	// overwritten.
	OnPacket func(from Tag, payload []byte)
	// Share opens the way over UDP by a shared socket; nil, or where it fails, the port has a socket of its own.
	Share Share
	// Dial opens a connection; nil: net.Dialer's.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	Log  *slog.Logger // nil: nothing is logged
}

// Port is one socket towards one reflector, known there by its tag.
type Port struct {
	o     PortOptions
	ready chan struct{}
	once  sync.Once

	mu     sync.Mutex
	link   link   // nil: not now
	packet []byte // sent last
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

// connection lives as long as one link.
func (p *Port) connection(ctx context.Context) error {
	answered := make(chan struct{})
	valid := sync.OnceFunc(func() { close(answered); p.markReady() })
	link, err := p.open(ctx, func(packet []byte) { p.take(packet, valid) })
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(ctx, func() { _ = link.Close() })
	p.use(link)
	var hello sync.WaitGroup
	hello.Go(func() { p.hello(ctx, answered) })
	defer func() {
		p.use(nil)
		stop()
		cancel()
		_ = link.Close()
		hello.Wait()
	}()
	return link.receive()
}

func (p *Port) use(l link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.link = l
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

// take takes what came by the link.
func (p *Port) take(packet []byte, valid func()) {
	from, payload, err := Parse(p.o.Server.PeerTag, packet)
	if err != nil {
		return
	}
	valid()
	if payload != nil {
		p.o.OnPacket(from, payload)
	}
}

// ErrNotConnected says that a packet was lost because there is no connection to the reflector now.
var ErrNotConnected = errors.New("no connection to the reflector")

// Send sends a payload of at most MaxPayload bytes to the peer's port with a tag.
func (p *Port) Send(to Tag, payload []byte) error {
	if len(payload) == 0 || len(payload) > MaxPayload {
		return fmt.Errorf("reflector carries 1 to %d bytes, not %d", MaxPayload, len(payload))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.packet = AppendData(p.packet[:0], p.o.Server.PeerTag, to, p.o.Tag, payload)
	return p.writeLocked(p.packet)
}

func (p *Port) write(packet []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.writeLocked(packet)
}

// writeLocked ends the link when it cannot write: the network changed, or half a packet is in the stream. Run opens another.
func (p *Port) writeLocked(packet []byte) error {
	if p.link == nil {
		return ErrNotConnected
	}
	_, err := p.link.Write(packet)
	if err != nil {
		_ = p.link.Close()
	}
	return err
}
