package port

import (
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/pion/transport/v4"
)

var _ transport.UDPConn = (*Conn)(nil)

// ReadFrom is ReadFromAddrPort for net.PacketConn.
func (c *Conn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := c.ReadFromUDP(b)
	if err != nil {
		return n, nil, err // a nil address, not one of a type
	}
	return n, from, nil
}

// ReadFromUDP is ReadFromAddrPort with another address.
func (c *Conn) ReadFromUDP(b []byte) (int, *net.UDPAddr, error) {
	n, from, err := c.ReadFromAddrPort(b)
	if err != nil {
		return n, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

// WriteTo is WriteToAddrPort for net.PacketConn.
func (c *Conn) WriteTo(b []byte, to net.Addr) (int, error) {
	udp, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, &net.AddrError{Err: "want a UDP address", Addr: to.String()}
	}
	return c.WriteToUDP(b, udp)
}

// WriteToUDP is WriteToAddrPort with another address.
func (c *Conn) WriteToUDP(b []byte, to *net.UDPAddr) (int, error) {
	return c.WriteToAddrPort(b, to.AddrPort())
}

// LocalAddr is the machine's address, and the port.
func (c *Conn) LocalAddr() net.Addr {
	return net.UDPAddrFromAddrPort(netip.AddrPortFrom(c.ip, c.socket.at.Port()))
}

// SetDeadline is SetReadDeadline: writing does not wait.
func (c *Conn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

// SetReadDeadline ends a read at t; the zero time lifts it.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.deadline.Set(t)
	return nil
}

// SetWriteDeadline does nothing.
func (c *Conn) SetWriteDeadline(time.Time) error { return nil }

// The rest is what a connected socket could do. No ICE agent asks for it.

// RemoteAddr is nil.
func (c *Conn) RemoteAddr() net.Addr { return nil }

// SetReadBuffer does nothing: the socket is everybody's.
func (c *Conn) SetReadBuffer(int) error { return nil }

// SetWriteBuffer does nothing: the socket is everybody's.
func (c *Conn) SetWriteBuffer(int) error { return nil }

// Read is not supported.
func (c *Conn) Read([]byte) (int, error) { return 0, errors.ErrUnsupported }

// Write is not supported.
func (c *Conn) Write([]byte) (int, error) { return 0, errors.ErrUnsupported }

// ReadMsgUDP is not supported.
func (c *Conn) ReadMsgUDP(_, _ []byte) (n, oobn, flags int, addr *net.UDPAddr, err error) {
	return 0, 0, 0, nil, errors.ErrUnsupported
}

// WriteMsgUDP is not supported.
func (c *Conn) WriteMsgUDP(_, _ []byte, _ *net.UDPAddr) (n, oobn int, err error) {
	return 0, 0, errors.ErrUnsupported
}
