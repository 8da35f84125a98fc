package transport

import (
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v3"
)

// application is DTLS's application data as the connection under SCTP. SCTP closes its connection when the peer aborts the
// association; here that must not end DTLS, which carries the keys of the sound.
type application struct {
	conn   *dtls.Conn
	closed atomic.Bool
	over   atomic.Bool // the DTLS connection has ended
}

// Read returns one record.
func (a *application) Read(p []byte) (int, error) {
	for {
		if a.closed.Load() {
			return 0, net.ErrClosed
		}
		n, err := a.conn.Read(p)
		switch {
		case err == nil:
			return n, nil
		case errors.Is(err, io.EOF):
			a.over.Store(true)
			return 0, err
		case isTimeout(err):
			return 0, err
		}
		// A record that made no sense; the next one may.
	}
}

// past is a deadline that is over.
func past() time.Time { return time.Unix(0, 1) }

func isTimeout(err error) bool {
	var ne net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &ne) && ne.Timeout()
}

// Write sends one record.
func (a *application) Write(p []byte) (int, error) { return a.conn.Write(p) }

// Close ends reading, and nothing else.
func (a *application) Close() error {
	a.closed.Store(true)
	return a.conn.SetReadDeadline(past())
}

// LocalAddr is that of the DTLS connection.
func (a *application) LocalAddr() net.Addr { return a.conn.LocalAddr() }

// RemoteAddr is that of the DTLS connection.
func (a *application) RemoteAddr() net.Addr { return a.conn.RemoteAddr() }

// SetDeadline sets both.
func (a *application) SetDeadline(t time.Time) error { return a.conn.SetDeadline(t) }

// SetReadDeadline ends a read at t.
func (a *application) SetReadDeadline(t time.Time) error { return a.conn.SetReadDeadline(t) }

// SetWriteDeadline ends a write at t.
func (a *application) SetWriteDeadline(t time.Time) error { return a.conn.SetWriteDeadline(t) }

// drain reads until the DTLS connection ends: somebody must, or its goroutine waits for ever and never sees the close_notify.
func drain(conn *dtls.Conn) {
	buf := make([]byte, largestPacket)
	for {
		_, err := conn.Read(buf)
		if errors.Is(err, io.EOF) || isTimeout(err) {
			return
		}
	}
}
