package mtproto

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/gotd/td/proto/codec"
	"github.com/gotd/td/transport"
)

// errHTTP refuses the one transport that is not served.
var errHTTP = errors.New("HTTP is not served here")

// openTransport finds out from the first bytes which transport the client speaks,
// https://core.telegram.org/mtproto/mtproto-transports. It reads from nc, whose deadline the caller has set.
func openTransport(nc net.Conn) (transport.Conn, error) {
	head := make([]byte, 8)
	if _, err := io.ReadFull(nc, head); err != nil {
		return nil, fmt.Errorf("first bytes: %w", err)
	}
	if looksHTTP(head) {
		return nil, errHTTP
	}
	var l net.Listener = &single{conn: &replayed{Conn: nc, r: io.MultiReader(bytes.NewReader(head), nc)}}
	if looksObfuscated(head) {
		l = transport.ObfuscatedListener(l)
	}
	return transport.Listen(l).Accept()
}

func looksHTTP(head []byte) bool {
	for _, verb := range []string{"GET ", "POST", "HEAD", "OPTI"} {
		if string(head[:4]) == verb {
			return true
		}
	}
	return false
}

// looksObfuscated: an obfuscated stream starts with 64 random bytes that its sender chose to look like no other transport. A full transport's
// second word is the sequence number of its first packet: 0.
func looksObfuscated(head []byte) bool {
	switch {
	case head[0] == codec.AbridgedClientStart[0],
		bytes.Equal(head[:4], codec.IntermediateClientStart[:]),
		bytes.Equal(head[:4], codec.PaddedIntermediateClientStart[:]):
		return false
	}
	return !bytes.Equal(head[4:], []byte{0, 0, 0, 0})
}

// replayed is a connection of which some bytes have been read already.
type replayed struct {
	net.Conn
	r io.Reader
}

func (c *replayed) Read(b []byte) (int, error) { return c.r.Read(b) }

// single is a listener that has accepted one connection: gotd's codec detection wants a listener, and blocks in Accept until the peer has
// spoken, so each connection gets one of its own.
type single struct{ conn net.Conn }

// Accept returns the connection the first time.
func (l *single) Accept() (net.Conn, error) {
	if l.conn == nil {
		return nil, net.ErrClosed
	}
	c := l.conn
	l.conn = nil
	return c, nil
}

// Close does nothing: the connection has another owner.
func (l *single) Close() error { return nil }

// Addr is of no interest to anybody.
func (l *single) Addr() net.Addr { return &net.TCPAddr{} }
