package sip

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
)

// listen opens the sockets that the options name.
func (a *Agent) listen() error {
	a.doors, a.outward = map[string]*door{}, map[string]*outward{"tcp": newOutward(nil), "tls": newOutward(a.o.TLSConfig)}
	if a.o.UDP != "" {
		addr, err := netip.ParseAddrPort(a.o.UDP)
		if err != nil {
			return fmt.Errorf("udp address: %w", err)
		}
		if a.udp, err = net.ListenUDP(udpNetwork(addr.Addr()), net.UDPAddrFromAddrPort(addr)); err != nil {
			return err
		}
	}
	for transport, address := range map[string]string{"tcp": a.o.TCP, "tls": a.o.TLS} {
		if address == "" {
			continue
		}
		addr, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("%s address: %w", transport, err)
		}
		l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(addr))
		if err != nil {
			return err
		}
		a.doors[transport] = newDoor(l, a.gate)
	}
	return a.openPorts()
}

// serveSockets reads all sockets until they are closed; the first that ends says so.
func (a *Agent) serveSockets(all *sync.WaitGroup) <-chan error {
	failed := make(chan error, 5) // one of each
	if a.udp != nil {
		all.Go(func() { failed <- a.serveUDP() })
	}
	if d := a.doors["tcp"]; d != nil {
		all.Go(func() { failed <- a.server.ServeTCP(d) })
	}
	if d := a.doors["tls"]; d != nil {
		all.Go(func() { failed <- a.server.ServeTLS(tls.NewListener(d, a.o.TLSConfig)) })
	}
	all.Go(func() { failed <- a.server.ServeTCP(a.outward["tcp"]) })
	all.Go(func() { failed <- a.server.ServeTLS(a.outward["tls"]) })
	return failed
}

// Addr is where the agent listens; network is "udp", "tcp" or "tls". The zero value: it does not listen there.
func (a *Agent) Addr(network string) netip.AddrPort {
	switch {
	case network == "udp" && a.udp != nil:
		return localAddr(a.udp)
	case a.doors[network] != nil:
		return addrOf(a.doors[network].Addr())
	default:
		return netip.AddrPort{}
	}
}

// addrOf is the address of a TCP socket.
func addrOf(addr net.Addr) netip.AddrPort {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	at := tcp.AddrPort()
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}

func (a *Agent) closeSockets() error {
	var errs []error
	if a.udp != nil {
		errs = append(errs, a.udp.Close())
	}
	for _, d := range a.doors {
		errs = append(errs, d.Close())
	}
	for _, o := range a.outward {
		errs = append(errs, o.Close())
	}
	errs = append(errs, a.closePorts())
	return errors.Join(errs...)
}
