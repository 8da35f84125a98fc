//go:build !linux

package udp

import (
	"net"
	"net/netip"
)

type system struct{}

func newSystem(*net.UDPConn) (system, error) { return system{}, nil }

// Send sends a datagram, with what the system shall know of it; nil: nothing. It waits as long as the system has no room.
func (s *Socket) Send(b, control []byte, to netip.AddrPort) error {
	_, _, err := s.WriteMsgUDPAddrPort(b, control, to)
	return err
}

type systemReader struct{ conn *net.UDPConn }

func newSystemReader(s *Socket, _ []Packet) *systemReader { return &systemReader{s.UDPConn} }

// fill fills one packet.
func (r *systemReader) fill(packets []Packet) (int, error) {
	p := &packets[0]
	n, c, _, from, err := r.conn.ReadMsgUDPAddrPort(p.Data[:cap(p.Data)], p.Control[:cap(p.Control)])
	if err != nil {
		return 0, err
	}
	p.Data, p.Control, p.From = p.Data[:n], p.Control[:c], from
	return 1, nil
}
