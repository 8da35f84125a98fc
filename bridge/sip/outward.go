package sip

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

// connectWithin is how long a far end may take to open a connection, TLS included.
const connectWithin = 10 * time.Second

// outward is a listener whose connections we have opened ourselves. sipgo takes them like any other: it would open them too, but knows
// only the address to connect to, and not the name that a certificate has to show (RFC 5922 §7.2).
type outward struct {
	config *tls.Config // nil: no TLS
	opened chan opened
	closed chan struct{}
	close  func()
	taken  chan struct{} // of the last that was taken; of Accept alone
}

// opened is a connection on its way to sipgo, which has it in its table when taken is closed.
type opened struct {
	conn  net.Conn
	taken chan struct{}
}

func newOutward(config *tls.Config) *outward {
	o := &outward{config: config, opened: make(chan opened), closed: make(chan struct{})}
	o.close = sync.OnceFunc(func() { close(o.closed) })
	return o
}

// Accept implements [net.Listener].
func (o *outward) Accept() (net.Conn, error) {
	if o.taken != nil { // sipgo is done with that one, or it would not ask for another
		close(o.taken)
		o.taken = nil
	}
	select {
	case next := <-o.opened:
		o.taken = next.taken
		return next.conn, nil
	case <-o.closed:
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener].
func (o *outward) Close() error {
	o.close()
	return nil
}

// Addr implements [net.Listener]: there is none.
func (o *outward) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4zero} }

// open connects, and returns when sipgo has the connection.
func (o *outward) open(ctx context.Context, to netip.AddrPort, name string) (from netip.AddrPort, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, connectWithin, ErrTimeout)
	defer cancel()
	conn, err := o.dial(ctx, to, name)
	if err != nil {
		return from, err
	}
	next := opened{conn: conn, taken: make(chan struct{})}
	select {
	case o.opened <- next:
	case <-o.closed:
		return from, closeAfter(conn, ErrClosed)
	case <-ctx.Done():
		return from, closeAfter(conn, context.Cause(ctx))
	}
	select {
	case <-next.taken:
	case <-o.closed:
	}
	return addrOf(conn.LocalAddr()), nil
}

func (o *outward) dial(ctx context.Context, to netip.AddrPort, name string) (net.Conn, error) {
	if o.config == nil {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", to.String())
	}
	config := o.config.Clone()
	config.ServerName = name
	d := tls.Dialer{Config: config}
	return d.DialContext(ctx, "tcp", to.String())
}

func closeAfter(conn net.Conn, err error) error {
	if cerr := conn.Close(); cerr != nil {
		return fmt.Errorf("%w, and %w", err, cerr)
	}
	return err
}

// connect sees to it that there is a connection to a far end, of that name for TLS, and tells its address on our side. One that is there
// already is used: whoever opened it.
func (a *Agent) connect(ctx context.Context, transport string, to netip.AddrPort, name string) (from netip.AddrPort, err error) {
	if conn := a.connection(transport, to); conn != nil {
		if err := vouches(conn, name); err != nil {
			return from, err
		}
		return addrOf(conn.LocalAddr()), nil
	}
	from, err = a.outward[transport].open(ctx, to, name)
	if err != nil {
		return from, fmt.Errorf("connect to %s by %s: %w: %w", to, transport, ErrTransport, err)
	}
	return from, nil
}

// connection finds a connection to a far end; nil: there is none.
func (a *Agent) connection(transport string, to netip.AddrPort) *sip.TCPConnection {
	conn, ok := a.ua.TransportLayer().Pool(transport).Get(to.String()).(*sip.TCPConnection)
	if !ok {
		return nil
	}
	if _, err := conn.TryClose(); err != nil { // Get has counted us
		return nil
	}
	return conn
}

// vouches checks that the far end of a connection of ours by TLS has a certificate for the name: another name may have led to the same
// address before (RFC 5923 §8.1).
func vouches(conn *sip.TCPConnection, name string) error {
	secure, ok := conn.Conn.(*tls.Conn)
	if !ok || name == "" {
		return nil
	}
	state := secure.ConnectionState()
	if len(state.VerifiedChains) == 0 { // it connected to us, or nothing is to be verified
		return nil
	}
	return state.PeerCertificates[0].VerifyHostname(name)
}
