package reflector

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"
)

// link carries whole packets to and from one reflector. Nobody writes to it twice at once.
type link interface {
	io.WriteCloser
	// receive hands out packets, each valid until the next, until the link is closed or broken.
	receive() error
}

// Share opens a way to a reflector by a UDP socket that is shared with other calls. Packets from there that begin with the tag are given
// to take, which must not block, until the way is closed.
type Share func(to netip.AddrPort, tag CallTag, take func(packet []byte)) (io.WriteCloser, error)

// open opens a link. Take is called from the goroutine of receive, or of the shared socket.
func (p *Port) open(ctx context.Context, take func(packet []byte)) (link, error) {
	if shared, err := p.share(take); err == nil {
		return shared, nil
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	s := p.o.Server
	conn, err := p.o.Dial(ctx, s.network(), net.JoinHostPort(s.Host, strconv.Itoa(s.port())))
	if err != nil {
		return nil, fmt.Errorf("dial reflector: %w", err)
	}
	if !s.TCP {
		return datagrams{conn, take}, nil
	}
	if _, err := conn.Write([]byte(Prologue)); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("dial reflector: %w", err)
	}
	return &stream{Conn: conn, take: take}, nil
}

// datagrams is a link over a UDP socket of its own.
type datagrams struct {
	net.Conn
	take func([]byte)
}

func (d datagrams) receive() error {
	buf := make([]byte, maxPacket)
	for {
		n, err := d.Read(buf)
		if err != nil {
			return err
		}
		d.take(buf[:n])
	}
}

// stream is a link over TCP.
type stream struct {
	net.Conn
	take  func([]byte)
	frame []byte // of the last packet
}

// Write writes a packet with its frame.
func (s *stream) Write(packet []byte) (int, error) {
	_ = s.SetWriteDeadline(time.Now().Add(writeTimeout))
	s.frame = AppendFrame(s.frame[:0], packet)
	return s.Conn.Write(s.frame)
}

func (s *stream) receive() error {
	buf := make([]byte, maxPacket)
	for {
		n, err := ReadFrame(s.Conn, buf)
		if err != nil {
			return err
		}
		s.take(buf[:n])
	}
}

// shared is a link by a socket that others use, too.
type shared struct {
	io.WriteCloser
	ended chan struct{}
	once  sync.Once
}

// share opens a link by the shared socket, if there is one that leads there.
func (p *Port) share(take func(packet []byte)) (*shared, error) {
	ip, err := netip.ParseAddr(p.o.Server.Host)
	if err != nil || p.o.Server.TCP || p.o.Share == nil {
		return nil, ErrNotConnected
	}
	way, err := p.o.Share(netip.AddrPortFrom(ip.Unmap(), uint16(p.o.Server.port())), p.o.Server.PeerTag.Call(), take)
	if err != nil {
		return nil, err
	}
	return &shared{WriteCloser: way, ended: make(chan struct{})}, nil
}

// Close ends receive.
func (s *shared) Close() error {
	s.once.Do(func() { close(s.ended) })
	return s.WriteCloser.Close()
}

func (s *shared) receive() error {
	<-s.ended
	return net.ErrClosed
}
