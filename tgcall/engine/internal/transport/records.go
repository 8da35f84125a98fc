package transport

import (
	"bytes"
	"encoding/binary"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/transport/v4/deadline"
)

// waitingRecords is how many DTLS datagrams may wait for the DTLS goroutine; a datagram more is lost, as on a network.
const waitingRecords = 64

// records is the packet connection under DTLS: what the reader found to be DTLS comes in, what goes out takes the call's
// connection. Its read deadline can be moved and lifted again, which pion/dtls does in its handshake.
type records struct {
	conn        net.Conn
	in          chan []byte
	done        chan struct{}
	once        sync.Once
	deadline    *deadline.Deadline
	established atomic.Bool // the handshake is over
}

func newRecords(conn net.Conn) *records {
	return &records{
		conn: conn, in: make(chan []byte, waitingRecords), done: make(chan struct{}), deadline: deadline.New(),
	}
}

// input takes a copy of a datagram.
func (r *records) input(b []byte) {
	if r.established.Load() && !afterHandshake(b) {
		return
	}
	select {
	case r.in <- bytes.Clone(b):
	default:
	}
}

// DTLS record types (RFC 5246 §6.2.1) and header (RFC 6347 §4.1).
const (
	recordChangeCipher = 20
	recordHandshake    = 22
	recordHeader       = 13
)

// afterHandshake reports whether a datagram may come on an established connection. Alerts and data without encryption may not:
// pion would close the connection on an alert that anybody can have sent. Handshake records may: the peer repeats its last
// flight when ours was lost.
func afterHandshake(b []byte) bool {
	for len(b) > 0 {
		if len(b) < recordHeader {
			return false
		}
		clear := binary.BigEndian.Uint16(b[3:]) == 0 // epoch
		if clear && b[0] != recordHandshake && b[0] != recordChangeCipher {
			return false
		}
		size := recordHeader + int(binary.BigEndian.Uint16(b[11:]))
		if size > len(b) {
			return false
		}
		b = b[size:]
	}
	return true
}

// ReadFrom returns one datagram.
func (r *records) ReadFrom(p []byte) (int, net.Addr, error) {
	select {
	case <-r.done:
		return 0, nil, net.ErrClosed
	case <-r.deadline.Done():
		return 0, nil, os.ErrDeadlineExceeded
	default:
	}
	select {
	case b := <-r.in:
		return copy(p, b), r.RemoteAddr(), nil
	case <-r.done:
		return 0, nil, net.ErrClosed
	case <-r.deadline.Done():
		return 0, nil, os.ErrDeadlineExceeded
	}
}

// pathPoll is how often a datagram of the handshake tries to leave while there is no path.
const pathPoll = 5 * time.Millisecond

// WriteTo sends one datagram. In the handshake it waits for a path, as long as the handshake waits before it repeats: ICE lets the
// peer's first flight in as soon as the peer knows that the path works, and our answer out only when we do, a round trip later. After
// that a datagram without a path is lost.
func (r *records) WriteTo(p []byte, _ net.Addr) (int, error) {
	_, err := r.conn.Write(p)
	if err == nil || r.established.Load() {
		return len(p), nil
	}
	giveUp := time.NewTimer(flight)
	defer giveUp.Stop()
	again := time.NewTicker(pathPoll)
	defer again.Stop()
	for err != nil {
		select {
		case <-again.C:
			_, err = r.conn.Write(p)
		case <-giveUp.C:
			return len(p), nil
		case <-r.done:
			return len(p), nil
		}
	}
	return len(p), nil
}

// Close ends reading.
func (r *records) Close() error {
	r.once.Do(func() { close(r.done) })
	return nil
}

// SetReadDeadline ends a read at t; the zero time lifts it.
func (r *records) SetReadDeadline(t time.Time) error {
	r.deadline.Set(t)
	return nil
}

// SetDeadline is SetReadDeadline: writing does not wait.
func (r *records) SetDeadline(t time.Time) error { return r.SetReadDeadline(t) }

// SetWriteDeadline does nothing.
func (r *records) SetWriteDeadline(time.Time) error { return nil }

// LocalAddr has no meaning here.
func (r *records) LocalAddr() net.Addr { return peerAddr{} }

// RemoteAddr is the one peer.
func (r *records) RemoteAddr() net.Addr { return peerAddr{} }

type peerAddr struct{}

func (peerAddr) Network() string { return "ice" }
func (peerAddr) String() string  { return "peer" }
