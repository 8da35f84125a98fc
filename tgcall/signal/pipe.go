package signal

import (
	"bytes"
	"io"
	"net"
	"sync"
	"time"
)

// pipe is a net.Conn made of two queues of packets. A packet that finds the outgoing queue full is lost, as on a network.
type pipe struct {
	in   <-chan []byte
	out  chan<- []byte
	done chan struct{}
	once sync.Once
}

func newPipe(in <-chan []byte, out chan<- []byte) *pipe {
	return &pipe{in: in, out: out, done: make(chan struct{})}
}

// Read returns one packet, and io.EOF once the pipe is closed.
func (p *pipe) Read(b []byte) (int, error) {
	select {
	case <-p.done:
		return 0, io.EOF
	default:
	}
	select {
	case <-p.done:
		return 0, io.EOF
	case packet := <-p.in:
		return copy(b, packet), nil
	}
}

// Write sends one packet.
func (p *pipe) Write(b []byte) (int, error) {
	select {
	case <-p.done:
		return 0, net.ErrClosed
	case p.out <- bytes.Clone(b):
	default:
	}
	return len(b), nil
}

// Close ends Read and Write. Safe to repeat.
func (p *pipe) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }

// The rest of net.Conn: nobody asks for addresses, and only Close ends a wait.

func (p *pipe) LocalAddr() net.Addr              { return pipeAddr{} }
func (p *pipe) RemoteAddr() net.Addr             { return pipeAddr{} }
func (p *pipe) SetDeadline(time.Time) error      { return nil }
func (p *pipe) SetReadDeadline(time.Time) error  { return nil }
func (p *pipe) SetWriteDeadline(time.Time) error { return nil }
