package program

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"

	"switchgram/bridge/line"
	"switchgram/xml"
)

// xmlDomain is the domain that users have at FreeSWITCH.
func (c *Config) xmlDomain() string {
	if c.XML.Domain != "" {
		return c.XML.Domain
	}
	return domainOf(c.registry.Lines()[0].SIP)
}

// domainOf is the domain of a line's address of record.
func domainOf(s line.SIP) string {
	if s.Domain != "" {
		return s.Domain
	}
	if host, _, err := net.SplitHostPort(s.Registrar); err == nil {
		return host
	}
	return s.Registrar
}

// openXML listens for FreeSWITCH, if it may ask.
func (p *Program) openXML() error {
	x := &p.config.XML
	if !x.Listen.IsValid() {
		return nil
	}
	password, err := p.config.secret("xml.password", x.password())
	if err != nil {
		return err
	}
	secure, err := serverTLS(x.Certificate, x.Key)
	if err != nil {
		return p.config.wrong("xml.certificate", err)
	}
	configuration, err := p.config.xmlConfiguration()
	if err != nil {
		return err
	}
	o := xml.Options{
		User: x.User, Password: password, Domain: p.config.xmlDomain(), Switchboard: switchboard{p},
		Directory: x.serves(serveDirectory), Configuration: configuration, Log: p.log,
	}
	if x.serves(serveDialplan) {
		o.Dialplan = x.dialplan()
	}
	if m := p.metrics; m != nil {
		o.Observe = func(section, result string) { m.xml.WithLabelValues(section, result).Inc() }
	}
	h, err := xml.NewHandler(o)
	if err != nil {
		return err
	}
	p.xml, err = newWeb("xml", x.Listen, secure, h, p.log)
	return err
}

func (x *XML) dialplan() *xml.Dialplan {
	return &xml.Dialplan{
		Context: x.Context, Incoming: x.Incoming, Prefixed: x.Prefixed, Socket: x.Scripts.Socket, Scripts: x.Scripts.Numbers,
	}
}

// xmlConfiguration is which configurations of modules are served.
func (c *Config) xmlConfiguration() (served xml.Configuration, err error) {
	x, domain := &c.XML, c.xmlDomain()
	if x.serves(serveSofia) {
		served.Sofia = &xml.Sofia{Profile: x.Sofia.Name, Listen: x.Sofia.Listen, Domain: domain}
	}
	if x.serves(serveVerto) {
		v := x.Verto
		served.Verto = &xml.Verto{Profile: v.Name, Listen: v.Listen, Secure: v.Secure, Certificate: v.Certificate, Domain: domain}
	}
	if !x.serves(serveEventSocket) {
		return served, nil
	}
	served.EventSocket, err = c.eventSocket(true)
	if err == nil && served.EventSocket == nil {
		err = c.wrong("xml.serve", errNoSocket)
	}
	return served, err
}

var errNoSocket = errors.New("event_socket.conf: want freeswitch.event_socket as an IP address and port, and the password of the socket itself")

// eventSocket is FreeSWITCH's event socket as the freeswitch block has it; nil: it says too little.
func (c *Config) eventSocket(secrets bool) (*xml.EventSocket, error) {
	at, err := netip.ParseAddrPort(c.FreeSWITCH.EventSocket)
	if err != nil || c.FreeSWITCH.User != "" {
		return nil, nil
	}
	s := &xml.EventSocket{Listen: at}
	if us := c.SIP.Advertise; !at.Addr().IsLoopback() && us.IsValid() {
		s.Allow = []netip.Prefix{netip.PrefixFrom(us, us.BitLen()), netip.MustParsePrefix("127.0.0.0/8")}
	}
	if secrets {
		s.Password, err = c.secret("freeswitch.password", c.FreeSWITCH.password())
	}
	return s, err
}

// serveXML serves until ctx ends. Calls go on without it; FreeSWITCH then has only its own files.
func (p *Program) serveXML(ctx context.Context) {
	if p.xml == nil {
		return
	}
	p.log.Info("serving xml", "to", p.XMLAddr(), "sections", strings.Join(p.config.XML.Serve, " "))
	if err := p.xml.run(ctx); err != nil {
		p.log.Error("xml is served no longer", "err", err)
	}
}

// XMLAddr is where FreeSWITCH may ask for its XML; the zero value: nowhere.
func (p *Program) XMLAddr() netip.AddrPort {
	if p.xml == nil {
		return netip.AddrPort{}
	}
	return p.xml.addr()
}
