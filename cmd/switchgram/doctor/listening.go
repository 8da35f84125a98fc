package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"

	"switchgram/bridge/sip"
	"switchgram/cmd/switchgram/program"
)

// listening finds whether the addresses of our own side of SIP are there and free, and makes an agent for the visit: on those addresses, or
// beside the switchgram that has them.
type listening struct{}

const listened = "sip listen"

func (listening) look(ctx context.Context, p *patient) (all []Finding) {
	for _, l := range p.config.SIP.Listen {
		switch err := free(ctx, l); {
		case err == nil:
			all = append(all, ok(listened, "%s %s is free", l.Network, l.Address))
		case errors.Is(err, syscall.EADDRINUSE):
			p.busy = true
			all = append(all, ok(listened, "%s %s is taken, by a switchgram that runs, I suppose", l.Network, l.Address))
		default:
			all = append(all, wrong(listened, err.Error(), "name an address of this machine in sip.listen; `ip addr` shows them"))
		}
	}
	if err := p.hire(ctx); err != nil {
		all = append(all, wrong(listened, err.Error(), ""))
	}
	return all
}

func free(ctx context.Context, l program.Listen) error {
	var c net.ListenConfig
	if l.Network == "udp" {
		s, err := c.ListenPacket(ctx, "udp", l.Address)
		if err != nil {
			return err
		}
		return s.Close()
	}
	s, err := c.Listen(ctx, "tcp", l.Address)
	if err != nil {
		return err
	}
	return s.Close()
}

// hire runs an agent until the visit ends.
func (p *patient) hire(ctx context.Context) error {
	o, err := p.config.SIP.AgentOptions()
	if err != nil {
		return fmt.Errorf("sip agent: %w", err)
	}
	o.Log, o.Allow = p.log, nil
	if p.busy {
		o.UDP, o.TCP, o.TLS = beside(o.UDP), beside(o.TCP), beside(o.TLS)
		o.RTP, o.ShareRTP = sip.PortRange{}, false
	}
	agent, err := sip.New(o)
	if err != nil {
		return fmt.Errorf("sip agent: %w", err)
	}
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() { _ = agent.Run(life) })
	p.closers = append(p.closers, func() { end(); running.Wait() })
	select {
	case <-agent.Ready():
		p.agent = agent
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// beside is the same address with another port, which is free.
func beside(address string) string {
	at, err := netip.ParseAddrPort(address)
	if err != nil { // there is none
		return ""
	}
	return netip.AddrPortFrom(at.Addr(), 0).String()
}
