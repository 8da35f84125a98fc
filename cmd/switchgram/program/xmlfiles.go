package program

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"

	"switchgram/bridge/line"
	"switchgram/xml"
)

// FreeSWITCHFiles are the files that a FreeSWITCH needs for the lines of the configuration. With secrets, digests of the lines' passwords and
// the password for asking us stand in them; without, variables that the operator sets.
func (c *Config) FreeSWITCHFiles(secrets bool) ([]xml.File, error) {
	s := xml.Setup{Gateway: c.SIP.address(), Context: c.XML.Context}
	var wrong []error
	for i, l := range c.registry.Lines() {
		f := xml.Line{Name: l.Name, User: l.SIP.User, To: extension(l)}
		if secrets {
			password, err := c.secret(fmt.Sprintf("lines[%d].sip.password", i), l.SIP.Password())
			wrong = append(wrong, err)
			f.Digest = digest(l, password)
		}
		s.Lines = append(s.Lines, f)
	}
	if c.XML.Listen.IsValid() {
		var err error
		s.Curl, err = c.curl(secrets)
		wrong = append(wrong, err)
	}
	socket, err := c.eventSocket(secrets)
	s.EventSocket = socket
	if err := errors.Join(append(wrong, err)...); err != nil {
		return nil, err
	}
	return xml.Files(s), nil
}

// digest is nothing for no password.
func digest(l *line.Line, password string) string {
	if password == "" {
		return ""
	}
	return xml.A1(l.SIP.User, domainOf(l.SIP), password)
}

var plainExtension = regexp.MustCompile(`^[\w.+-]+$`)

// extension is whom the line's calls from Telegram ring, if that can be a user of FreeSWITCH's.
func extension(l *line.Line) string {
	if l.To.Scheme != "sip" || !plainExtension.MatchString(l.To.User) {
		return ""
	}
	return l.To.User
}

func (c *Config) curl(secrets bool) (*xml.Curl, error) {
	x := &c.XML
	b := &xml.Curl{URL: "http://" + x.Listen.String() + "/", User: x.User, CA: x.Certificate}
	if x.Certificate != "" {
		b.URL = "https://" + x.Listen.String() + "/"
	}
	for _, section := range []string{serveDirectory, serveDialplan} {
		if x.serves(section) {
			b.Sections = append(b.Sections, section)
		}
	}
	if x.serves(serveSofia, serveVerto, serveEventSocket) {
		b.Sections = append(b.Sections, "configuration")
	}
	if !secrets {
		return b, nil
	}
	var err error
	b.Password, err = c.secret("xml.password", x.password())
	return b, err
}

// address is where a switch beside us reaches our SIP, by UDP if that is there.
func (s SIP) address() string {
	at := s.Listen[0]
	for _, l := range s.Listen {
		if l.Network == "udp" {
			at = l
			break
		}
	}
	where, err := netip.ParseAddrPort(at.Address)
	if err != nil || !where.Addr().IsUnspecified() {
		return at.Address
	}
	host := s.Advertise
	if !host.IsValid() {
		host = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return netip.AddrPortFrom(host, where.Port()).String()
}
