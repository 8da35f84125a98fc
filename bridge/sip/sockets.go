package sip

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"syscall"

	"switchgram/internal/udp"
)

// udpNetwork is the UDP network of an address, so that IPv4 never looks like IPv6.
func udpNetwork(a netip.Addr) string {
	if a.Is4() {
		return "udp4"
	}
	return "udp6"
}

// localAddr is where a socket listens.
func localAddr(c interface{ LocalAddr() net.Addr }) netip.AddrPort {
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}

// listenPair opens a pair of sockets for RTP and RTCP: an even port and the one above (RFC 3550 §11).
func listenPair(ip netip.Addr, ports PortRange) (rtp, rtcp *udp.Socket, err error) {
	if ports == (PortRange{}) {
		return listenAnyPair(ip)
	}
	if ports.High == ports.Low+1 {
		return listenBoth(ip, ports.Low)
	}
	low := int(ports.Low) + int(ports.Low)&1
	pairs := (int(ports.High) - low + 1) / 2
	if pairs < 1 {
		return nil, nil, fmt.Errorf("rtp ports %d to %d: no pair of an even and an odd one", ports.Low, ports.High)
	}
	for i, start := 0, rand.IntN(pairs); i < pairs; i++ {
		port := uint16(low + 2*((start+i)%pairs))
		rtp, rtcp, err = listenBoth(ip, port)
		if err == nil || !errors.Is(err, syscall.EADDRINUSE) {
			return rtp, rtcp, err
		}
	}
	return nil, nil, fmt.Errorf("%w between %d and %d", ErrNoPort, ports.Low, ports.High)
}

// listenAnyPair takes ports of the system until one is even and has a free neighbour.
func listenAnyPair(ip netip.Addr) (rtp, rtcp *udp.Socket, err error) {
	for range 64 {
		probe, err := net.ListenUDP(udpNetwork(ip), net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, 0)))
		if err != nil {
			return nil, nil, err
		}
		port := probe.LocalAddr().(*net.UDPAddr).AddrPort().Port()
		if err := probe.Close(); err != nil {
			return nil, nil, err
		}
		if port &^= 1; port == 0 {
			continue
		}
		if rtp, rtcp, err = listenBoth(ip, port); err == nil {
			return rtp, rtcp, nil
		}
	}
	return nil, nil, ErrNoPort
}

func listenBoth(ip netip.Addr, port uint16) (rtp, rtcp *udp.Socket, err error) {
	rtp, err = udp.Listen(udpNetwork(ip), net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, port)))
	if err != nil {
		return nil, nil, err
	}
	rtcp, err = udp.Listen(udpNetwork(ip), net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, port+1)))
	if err != nil {
		return nil, nil, errors.Join(err, rtp.Close())
	}
	return rtp, rtcp, nil
}
