package reflectors

import (
	"bytes"
	"context"
	"encoding/binary"
	"net/netip"
	"time"
)

// Parts of packets, by their place.
const (
	tagSize    = 16
	prefixSize = 12 // of a tag: the call
	senderAt   = tagSize
	infoEnd    = tagSize + 12 // ones up to here are no data
	dataFrom   = 24           // what is longer is data
)

var ones = bytes.Repeat([]byte{0xff}, infoEnd-tagSize)

// port is one of a client's, in the call it is for.
type port struct {
	call [prefixSize]byte // the same for both sides
	tag  uint32
}

// client is where a port is.
type client struct {
	tag  [tagSize]byte // as this side of the call writes it
	send func(packet []byte)
}

// maxClients bounds what a stranger can make us remember; who comes later is not known.
const maxClients = 4096

func newPort(prefix []byte, tag []byte) (p port) {
	copy(p.call[:], prefix[:prefixSize])
	p.call[0] &^= 1
	p.tag = binary.LittleEndian.Uint32(tag)
	return p
}

// take does what a packet asks for.
func (s *Server) take(ctx context.Context, b []byte, send func([]byte), from netip.AddrPort) {
	s.mu.Lock()
	lost := s.silent || s.dice.Float64() < s.o.Loss
	delay := s.o.Delay
	if s.o.Jitter > 0 {
		delay += time.Duration(s.dice.Int64N(int64(s.o.Jitter)))
	}
	s.mu.Unlock()
	if lost || len(b) < tagSize+4 {
		return
	}
	if to, packet := s.handle(b, send, from); to != nil {
		s.later(ctx, delay, func() { to(packet) })
	}
}

// handle returns what is to be sent, and to whom.
func (s *Server) handle(b []byte, send func([]byte), from netip.AddrPort) (to func([]byte), packet []byte) {
	switch {
	case len(b) >= infoEnd && bytes.Equal(b[tagSize:infoEnd], ones):
		s.register(b[:tagSize], b[prefixSize:tagSize], send)
		return send, info(b, from)
	case len(b) <= dataFrom: // the hello of TCP, which has no answer
		s.register(b[:tagSize], b[prefixSize:tagSize], send)
		return nil, nil
	default:
		s.register(b[:tagSize], b[senderAt:], send)
		return s.forward(b)
	}
}

func (s *Server) register(prefix, tag []byte, send func([]byte)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := newPort(prefix, tag)
	if _, known := s.clients[p]; !known && len(s.clients) == maxClients {
		return
	}
	c := client{send: send}
	copy(c.tag[:], prefix[:prefixSize])
	copy(c.tag[prefixSize:], tag[:4])
	s.clients[p] = c
}

// forward puts the receiver's own tag in front.
func (s *Server) forward(b []byte) (to func([]byte), packet []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, known := s.clients[newPort(b, b[prefixSize:])]
	if !known {
		return nil, nil
	}
	return c.send, append(c.tag[:], b[tagSize:]...)
}

// info is the answer to a hello: who asked, from where.
func info(hello []byte, from netip.AddrPort) []byte {
	b := append([]byte(nil), hello[:infoEnd]...)
	b = binary.LittleEndian.AppendUint32(b, 0xc01572c7)
	b = binary.LittleEndian.AppendUint32(b, uint32(time.Now().Unix()))
	b = binary.BigEndian.AppendUint64(b, 0)
	ip := from.Addr().As16()
	b = append(b, ip[:]...)
	return binary.LittleEndian.AppendUint32(b, uint32(from.Port()))
}

func (s *Server) later(ctx context.Context, d time.Duration, send func()) {
	if d == 0 {
		send()
		return
	}
	s.tasks.Go(func() {
		select {
		case <-time.After(d):
			send()
		case <-ctx.Done():
		}
	})
}
