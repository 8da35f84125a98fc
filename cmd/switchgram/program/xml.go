package program

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"switchgram/bridge"
	"switchgram/bridge/line"
	"switchgram/xml"
)

// XML is what FreeSWITCH may ask us for, by its mod_xml_curl.
type XML struct {
	Listen       netip.AddrPort `yaml:"listen"`      // none: nothing; off loopback only with a certificate
	Certificate  string         `yaml:"certificate"` // PEM files, for HTTPS
	Key          string         `yaml:"key"`
	User         string         `yaml:"user"` // empty: freeswitch
	PasswordEnv  string         `yaml:"password_env"`
	PasswordFile string         `yaml:"password_file"`

	Domain   string     `yaml:"domain"`   // that users log in to at FreeSWITCH; empty: that of the first line
	Serve    []string   `yaml:"serve"`    // directory, dialplan, sofia.conf, verto.conf; empty: the first two
	Context  string     `yaml:"context"`  // of the dialplan, in which people dial; empty: default
	Incoming string     `yaml:"incoming"` // in which calls from Telegram arrive; empty: the same
	Prefixed bool       `yaml:"prefixed"` // only what begins with tg is for Telegram
	Scripts  XMLScripts `yaml:"scripts"`
	Sofia    XMLProfile `yaml:"sofia"` // for sofia.conf
	Verto    XMLProfile `yaml:"verto"` // for verto.conf
}

// XMLScripts are numbers of the dialplan that an outbound event socket answers.
type XMLScripts struct {
	Socket  string   `yaml:"socket"` // host and port that FreeSWITCH connects to
	Numbers []string `yaml:"numbers"`
}

// XMLProfile is a profile of mod_sofia or mod_verto.
type XMLProfile struct {
	Name   string         `yaml:"name"` // empty: internal
	Listen netip.AddrPort `yaml:"listen"`
}

// The words of XML.Serve.
const (
	serveDirectory = "directory"
	serveDialplan  = "dialplan"
	serveSofia     = "sofia.conf"
	serveVerto     = "verto.conf"
)

// check completes the block, or reports what is wrong with it.
func (x *XML) check(say func(key, format string, args ...any)) {
	if !x.Listen.IsValid() {
		if len(x.Serve) > 0 || x.PasswordEnv+x.PasswordFile != "" {
			say("xml.listen", "missing: where does FreeSWITCH ask? Such as 127.0.0.1:8090")
		}
		return
	}
	x.complete()
	if !x.Listen.Addr().IsLoopback() && x.Certificate == "" {
		say("xml.listen", "%s: digests of passwords are told there; want a loopback address, or certificate and key", x.Listen)
	}
	if (x.Certificate == "") != (x.Key == "") {
		say("xml.certificate", "want certificate and key, or neither")
	}
	if (x.PasswordEnv == "") == (x.PasswordFile == "") {
		say("xml.password_env", "want password_env or password_file: by which FreeSWITCH shows who it is")
	}
	for i, word := range x.Serve {
		if !slices.Contains([]string{serveDirectory, serveDialplan, serveSofia, serveVerto}, word) {
			say(fmt.Sprintf("xml.serve[%d]", i), "%q: want directory, dialplan, sofia.conf or verto.conf", word)
		}
	}
	x.checkProfile(say, serveSofia, "xml.sofia", x.Sofia)
	x.checkProfile(say, serveVerto, "xml.verto", x.Verto)
	x.Scripts.check(say)
}

func (x *XML) complete() {
	if x.User == "" {
		x.User = "freeswitch"
	}
	if len(x.Serve) == 0 {
		x.Serve = []string{serveDirectory, serveDialplan}
	}
	for _, f := range []*string{&x.Sofia.Name, &x.Verto.Name} {
		if *f == "" {
			*f = "internal"
		}
	}
	if x.Context == "" {
		x.Context = "default"
	}
	if x.Incoming == "" {
		x.Incoming = x.Context
	}
}

func (x *XML) checkProfile(say func(key, format string, args ...any), word, key string, p XMLProfile) {
	if x.serves(word) && (!p.Listen.IsValid() || p.Listen.Addr().IsUnspecified()) {
		say(key+".listen", "want FreeSWITCH's own address and port: media and Contact show the address")
	}
}

func (s XMLScripts) check(say func(key, format string, args ...any)) {
	if len(s.Numbers) == 0 {
		return
	}
	if host, _, err := net.SplitHostPort(s.Socket); err != nil || host == "" || strings.ContainsAny(s.Socket, " ${}|") {
		say("xml.scripts.socket", "%q: want the host and port of an outbound event socket, such as 127.0.0.1:8084", s.Socket)
	}
}

func (x *XML) serves(word string) bool { return slices.Contains(x.Serve, word) }

// files are the names of files in it.
func (x *XML) files() []*string { return []*string{&x.PasswordFile, &x.Certificate, &x.Key} }

func (x *XML) password() line.SecretRef {
	return line.SecretRef{Env: x.PasswordEnv, File: x.PasswordFile}
}

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

// openXML listens for FreeSWITCH, if it may ask; m counts its questions, unless it is nil.
func (p *Program) openXML(m *metrics) error {
	x := &p.config.XML
	if !x.Listen.IsValid() {
		return nil
	}
	password, err := p.config.secret("xml.password", x.password())
	if err != nil {
		return err
	}
	certificate, err := x.certificate()
	if err != nil {
		return p.config.wrong("xml.certificate", err)
	}
	o := xml.Options{
		User: x.User, Password: password, Domain: p.config.xmlDomain(), Switchboard: switchboard{p},
		Directory: x.serves(serveDirectory), Configuration: x.configuration(p.config.xmlDomain()), Log: p.log,
	}
	if x.serves(serveDialplan) {
		o.Dialplan = x.dialplan()
	}
	if m != nil {
		o.Observe = func(section, result string) { m.xml.WithLabelValues(section, result).Inc() }
	}
	h, err := xml.NewHandler(o)
	if err != nil {
		return err
	}
	p.xml, err = newWeb("xml", x.Listen, certificate, h, p.log)
	return err
}

func (x *XML) certificate() (*tls.Certificate, error) {
	if x.Certificate == "" {
		return nil, nil
	}
	c, err := tls.LoadX509KeyPair(x.Certificate, x.Key)
	return &c, err
}

func (x *XML) dialplan() *xml.Dialplan {
	return &xml.Dialplan{
		Context: x.Context, Incoming: x.Incoming, Prefixed: x.Prefixed, Socket: x.Scripts.Socket, Scripts: x.Scripts.Numbers,
	}
}

func (x *XML) configuration(domain string) xml.Configuration {
	var c xml.Configuration
	if x.serves(serveSofia) {
		c.Sofia = &xml.Sofia{Profile: x.Sofia.Name, Listen: x.Sofia.Listen, Domain: domain}
	}
	if x.serves(serveVerto) {
		c.Verto = &xml.Verto{Profile: x.Verto.Name, Listen: x.Verto.Listen, Domain: domain}
	}
	return c
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

// switchboard shows FreeSWITCH our lines and users.
type switchboard struct{ p *Program }

var _ xml.Switchboard = switchboard{}

// User implements xml.Switchboard: lines register as users; persons can log in at FreeSWITCH if they have a digest for that.
func (s switchboard) User(id string) (xml.User, bool) {
	c := s.p.config
	for _, l := range c.registry.Lines() {
		if l.SIP.User == id {
			password := s.p.sip[l.Name].Password
			return xml.User{ID: id, Line: l.Name, Context: c.XML.Incoming, Digest: func(realm string) string {
				if password == "" {
					return ""
				}
				return xml.A1(id, realm, password)
			}}, true
		}
	}
	u, ok := c.registry.User(id)
	if !ok || u.A1Hash == "" {
		return xml.User{}, false
	}
	return xml.User{ID: id, Caller: id, Context: c.XML.Context, Digest: func(realm string) string {
		if realm != c.xmlDomain() {
			return ""
		}
		return strings.ToLower(string(u.A1Hash))
	}}, true
}

// Way implements xml.Switchboard: the first line by which the user may call that person; of several, one that is up and has room.
func (s switchboard) Way(w xml.Wish) xml.Way {
	r := s.p.config.registry
	if _, known := r.User(w.By); !known {
		w.By = "" // of FreeSWITCH's own users it knows itself what they may
	}
	var way xml.Way
	refusal := bridge.NoRouteDestination // no line of that name
	for _, l := range r.Lines() {
		if w.Line != "" && w.Line != l.Name {
			continue
		}
		to := bridge.Address{Scheme: "tg", User: l.International(w.Who)}
		d := r.May(w.By, l.Name, to)
		switch {
		case !d.Allowed:
			refusal = d.Cause
		case s.free(l):
			return xml.Way{User: l.SIP.User, Who: to.User}
		case way.User == "":
			way = xml.Way{User: l.SIP.User, Who: to.User}
		}
	}
	if way.User == "" {
		way.Cause = refusal.String()
	}
	return way
}

func (s switchboard) free(l *line.Line) bool {
	_, up := s.p.sipLine(l.Name)
	return up && l.Calls() < l.MaxCalls
}
