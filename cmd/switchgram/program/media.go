package program

import (
	"fmt"
	"net/netip"

	"github.com/prometheus/client_golang/prometheus"

	"switchgram/tgcall/engine/port"
)

// Media is the UDP port for the media of all Telegram calls; docs/firewall.md explains. The zero value is a free one, at all addresses of
// the machine.
type Media struct {
	Port      uint16       `yaml:"port"`
	Listen    []netip.Addr `yaml:"listen"`    // of this machine; empty: all
	Advertise []netip.Addr `yaml:"advertise"` // told in their place, one of each family
	Use       []string     `yaml:"use"`       // interfaces, addresses and networks that calls may use; empty: all
	Avoid     []string     `yaml:"avoid"`     // and may not
}

func (m Media) check(say func(key, format string, args ...any)) {
	for i, a := range m.Advertise {
		if !port.CanAdvertise(m.Advertise[:i], a) {
			say(fmt.Sprintf("media.advertise[%d]", i), "%q: want one address of each family", a)
		}
	}
	for key, all := range map[string][]string{"use": m.Use, "avoid": m.Avoid} {
		for i, text := range all {
			if err := port.CheckPlace(text); err != nil {
				say(fmt.Sprintf("media.%s[%d]", key, i), "%s", err)
			}
		}
	}
}

// anywhere and here are where the port listens if nothing is said: in the world, and on a network that is on this machine.
func anywhere() []netip.Addr { return []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()} }

func here() []netip.Addr {
	return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
}

// openMedia opens the port.
func (p *Program) openMedia() (err error) {
	c := p.config.Media
	o := port.Options{Advertise: c.Advertise, Use: c.Use, Avoid: c.Avoid, Log: p.log}
	at := c.Listen
	switch {
	case len(at) > 0:
	case p.o.Network != nil:
		at = here()
	default:
		at = anywhere()
	}
	for _, a := range at {
		o.Listen = append(o.Listen, netip.AddrPortFrom(a, c.Port))
	}
	p.media, err = port.Open(o)
	return err
}

func (p *Program) closeMedia() error {
	if p.media == nil {
		return nil
	}
	return p.media.Close()
}

// MediaAddrs are where Telegram's media comes to.
func (p *Program) MediaAddrs() []netip.AddrPort { return p.media.Addrs() }

// datagrams tells, at each scrape, what came to the port.
type datagrams struct {
	port    *port.Port
	came    *prometheus.Desc
	sockets *prometheus.Desc
}

func newDatagrams(p *port.Port) datagrams {
	return datagrams{
		port:    p,
		came:    prometheus.NewDesc(namespace+"_media_datagrams_total", "Datagrams that came to the port of Telegram's media.", []string{"what"}, nil),
		sockets: prometheus.NewDesc(namespace+"_media_sockets_total", "Sockets opened beside that port.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (d datagrams) Describe(to chan<- *prometheus.Desc) {
	to <- d.came
	to <- d.sockets
}

// Collect implements prometheus.Collector.
func (d datagrams) Collect(to chan<- prometheus.Metric) {
	s := d.port.Stats()
	for what, n := range map[string]uint64{
		"media": s.Media, "reflected": s.Tagged, "ice": s.Slow,
		"stranger": s.Strangers, "unknown": s.Unknown, "malformed": s.Malformed, "overflow": s.Full,
	} {
		to <- prometheus.MustNewConstMetric(d.came, prometheus.CounterValue, float64(n), what)
	}
	to <- prometheus.MustNewConstMetric(d.sockets, prometheus.CounterValue, float64(s.Alone))
}
