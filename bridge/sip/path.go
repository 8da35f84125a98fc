package sip

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// path is how requests get to a far end, and what we call ourselves towards it.
type path struct {
	transport string         // "udp", "tcp" or "tls"
	to        netip.AddrPort // where requests go
	from      netip.AddrPort // of our Via and Contact
}

// find makes the path to a URI's host. Names are looked up as RFC 3263 wants, without NAPTR; of several addresses the try-th is taken.
func (a *Agent) find(ctx context.Context, u sip.Uri, try int) (path, error) {
	transport, err := transportOf(u)
	if err != nil {
		return path{}, err
	}
	addrs, err := resolve(ctx, transport, u)
	if err != nil {
		return path{}, err
	}
	p := path{transport: transport, to: addrs[try%len(addrs)]}
	p.from, err = a.origin(ctx, p, strings.Trim(u.Host, "[]"))
	return p, err
}

// origin opens the path and tells who we are on it: where we listen, or the near end of the connection, by which calls may come, too.
func (a *Agent) origin(ctx context.Context, p path, name string) (from netip.AddrPort, err error) {
	if p.transport != "udp" {
		if from, err = a.connect(ctx, p.transport, p.to, name); err != nil {
			return from, err
		}
	}
	listen := a.Addr(p.transport)
	if !listen.IsValid() {
		if !from.IsValid() {
			return from, errors.New("agent does not listen on udp")
		}
		return from, nil
	}
	ours, err := a.towards(p.to)
	return netip.AddrPortFrom(ours, listen.Port()), err
}

// resolve lists the addresses of a URI's host.
func resolve(ctx context.Context, transport string, u sip.Uri) ([]netip.AddrPort, error) {
	host := strings.Trim(u.Host, "[]")
	port := u.Port
	if port == 0 {
		port = sip.DefaultPort(transport)
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.AddrPort{netip.AddrPortFrom(ip.Unmap(), uint16(port))}, nil
	}
	if u.Port == 0 {
		if addrs := resolveService(ctx, transport, host); len(addrs) > 0 {
			return addrs, nil
		}
	}
	return resolveHost(ctx, host, uint16(port))
}

// resolveService asks for SRV records, which come ordered by priority and weight.
func resolveService(ctx context.Context, transport, host string) (addrs []netip.AddrPort) {
	service, proto := "sip", transport
	if transport == "tls" {
		service, proto = "sips", "tcp"
	}
	_, records, err := net.DefaultResolver.LookupSRV(ctx, service, proto, host)
	if err != nil {
		return nil
	}
	for _, r := range records {
		if found, err := resolveHost(ctx, r.Target, r.Port); err == nil {
			addrs = append(addrs, found...)
		}
	}
	return addrs
}

func resolveHost(ctx context.Context, host string, port uint16) (addrs []netip.AddrPort, err error) {
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, fmt.Errorf("look up %q: %w", host, err)
	}
	for _, ip := range ips {
		addrs = append(addrs, netip.AddrPortFrom(ip.Unmap(), port))
	}
	return addrs, nil
}

// towards is our own address as the far end shall see it: the advertised one, the one we listen on, or the one the system's routes
// choose.
func (a *Agent) towards(to netip.AddrPort) (netip.Addr, error) {
	if a.o.Advertise.IsValid() && a.o.Advertise.Is4() == to.Addr().Is4() {
		return a.o.Advertise, nil
	}
	if ip := a.listenIP(); !ip.IsUnspecified() && ip.Is4() == to.Addr().Is4() {
		return ip, nil
	}
	probe, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to)) // sends nothing
	if err != nil {
		return netip.Addr{}, fmt.Errorf("find own address towards %s: %w", to, err)
	}
	ip := localAddr(probe).Addr().Unmap()
	return ip, probe.Close()
}

// listenIP is where the agent listens.
func (a *Agent) listenIP() netip.Addr {
	for _, network := range []string{"udp", "tcp", "tls"} {
		if at := a.Addr(network); at.IsValid() {
			return at.Addr()
		}
	}
	return netip.IPv4Unspecified()
}

// dress gives a request what sends it along the path: a new branch, and the socket that we listen on as its source.
func (a *Agent) dress(req *sip.Request, p path) {
	for req.RemoveHeader("Via") {
	}
	via := &sip.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: strings.ToUpper(p.transport),
		Host: bracketed(p.from.Addr().String()), Port: int(p.from.Port())}
	via.Params.Add("branch", sip.GenerateBranch())
	via.Params.Add("rport", "")
	req.PrependHeader(via)
	req.SetTransport(strings.ToUpper(p.transport))
	req.SetDestination(p.to.String())
	req.Laddr = sip.Addr{}
	if p.transport == "udp" {
		local := a.Addr("udp")
		req.Laddr = sip.Addr{IP: net.IP(local.Addr().AsSlice()), Port: int(local.Port())}
	}
}

// contact is where the far end finds us. FreeSWITCH sends by UDP to a Contact that does not say otherwise.
func (p path) contact(user string) *sip.ContactHeader {
	h := &sip.ContactHeader{Address: sip.Uri{Scheme: "sip", User: escapeUser(user), Host: bracketed(p.from.Addr().String()),
		Port: int(p.from.Port())}}
	if p.transport != "udp" {
		h.Address.UriParams.Add("transport", p.transport)
	}
	return h
}
