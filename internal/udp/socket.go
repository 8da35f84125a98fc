// Package udp is for UDP sockets by which the sound of many calls comes and goes.
//
// The main type is Socket. It is a net.UDPConn that can also be read and sent by without a word to Go's scheduler, since none of these system
// calls can wait: to be told of one wakes the scheduler's monitor if everything else was asleep, as it is between two packets, and the
// monitor then looks around again and again before it sleeps itself. That costs more than the packet. Besides, what has come is read by
// one call of the system, recvmmsg(2). Where there is no Linux, the package is a net.UDPConn and nothing more.
package udp

import (
	"net"
	"net/netip"
)

// Socket is a UDP socket. Its methods may be called concurrently.
type Socket struct {
	*net.UDPConn
	system
}

// Listen opens a socket, like net.ListenUDP.
func Listen(network string, at *net.UDPAddr) (*Socket, error) {
	conn, err := net.ListenUDP(network, at)
	if err != nil {
		return nil, err
	}
	s := &Socket{UDPConn: conn}
	if s.system, err = newSystem(conn); err != nil {
		return nil, err
	}
	return s, nil
}

// Packet is a datagram that has come. It is valid until its Reader reads again, and may be overwritten.
type Packet struct {
	Data    []byte         // no more than a Reader has room for: the system cuts what is larger
	Control []byte         // what the system says of it, as socket options have asked for
	From    netip.AddrPort // an IPv4 address as such on a socket of "udp4"
}

// A Reader reads a Socket. Its methods are for one goroutine at a time.
type Reader struct {
	packets []Packet
	*systemReader
}

// NewReader makes a reader of up to n datagrams at once, each with room for so many bytes, and for so many that the system says of it. It
// reads nothing yet, and needs no Close.
func (s *Socket) NewReader(n, size, control int) *Reader {
	r := &Reader{packets: make([]Packet, n)}
	for i := range r.packets {
		r.packets[i] = Packet{Data: make([]byte, size), Control: make([]byte, control)}
	}
	r.systemReader = newSystemReader(s, r.packets)
	return r
}

// Read waits until something has come, and returns that. An error is that of a datagram, unless it says net.ErrClosed: the socket is closed.
func (r *Reader) Read() ([]Packet, error) {
	n, err := r.fill(r.packets)
	return r.packets[:n], err
}
