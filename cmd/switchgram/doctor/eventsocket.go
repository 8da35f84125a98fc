package doctor

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"

	"switchgram/bridge/line"
	"switchgram/esl"
)

// eventSocket gets into FreeSWITCH's event socket, by which later checks look at FreeSWITCH, and looks at who else could.
type eventSocket struct{}

const (
	socketed        = "event socket"
	defaultPassword = "ClueCon" // that FreeSWITCH comes with, and everybody tries
)

func (eventSocket) look(ctx context.Context, p *patient) []Finding {
	f := p.config.FreeSWITCH
	if f.EventSocket == "" {
		return []Finding{skipped(socketed, "the configuration names none: FreeSWITCH's modules and dialplan are not looked at (docs/freeswitch.md, freeswitch.event_socket)")}
	}
	password, err := line.SecretRef{Env: f.PasswordEnv, File: f.PasswordFile}.Read()
	if err != nil {
		return []Finding{skipped(socketed, "its password cannot be read, see above")}
	}
	if password == defaultPassword && !loopback(f.EventSocket) {
		return []Finding{wrong(socketed, f.EventSocket+" has FreeSWITCH's default password, and is not on loopback: whoever reaches it owns the machine",
			"give event_socket.conf.xml a password of your own, and run: fs_cli -x \"reload mod_event_socket\"")}
	}
	c, err := esl.Dial(ctx, f.EventSocket, esl.Options{User: f.User, Password: string(password), Log: p.log})
	if err != nil {
		return []Finding{wrong(socketed, fmt.Sprintf("%s: %v", f.EventSocket, err), eventSocketRemedy(err))}
	}
	p.socket = c
	p.keep(c)
	version, _ := c.API(ctx, "version short") // not everybody may ask
	all := []Finding{ok(socketed, "%s lets us in: FreeSWITCH %s", f.EventSocket, strings.TrimSpace(version))}
	return append(all, p.exposed(ctx, password == defaultPassword)...)
}

func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// eventSocketRemedy is what to do when the event socket does not let us in.
func eventSocketRemedy(err error) string {
	switch {
	case errors.Is(err, esl.ErrAuth):
		return "compare freeswitch.password_env or _file with <param name=\"password\"> in autoload_configs/event_socket.conf.xml"
	case errors.Is(err, esl.ErrRejected):
		return "let this address in: <param name=\"apply-inbound-acl\"> in autoload_configs/event_socket.conf.xml, and that list in acl.conf.xml"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "start FreeSWITCH, or load mod_event_socket, or compare the address with listen-ip and listen-port in event_socket.conf.xml"
	default:
		return "is that address FreeSWITCH's, and is there a firewall between? `fs_cli -H HOST -P PORT` tries the same"
	}
}

// exposed looks at where the event socket listens, whatever address we reach it by.
func (p *patient) exposed(ctx context.Context, known bool) []Finding {
	if !known {
		return nil
	}
	if ip := p.param(ctx, "event_socket.conf", "listen-ip"); ip != "" && !loopback(net.JoinHostPort(ip, "0")) {
		return []Finding{wrong(socketed, "it listens at "+ip+" with FreeSWITCH's default password: whoever reaches it owns the machine",
			"give event_socket.conf.xml a password of your own, or listen-ip 127.0.0.1, and run: fs_cli -x \"reload mod_event_socket\"")}
	}
	return []Finding{warning(socketed, "it has FreeSWITCH's default password", "give event_socket.conf.xml one of your own: every program on this machine knows this one")}
}

// param is a parameter of one of FreeSWITCH's configuration files; empty: it is not there.
func (p *patient) param(ctx context.Context, file, name string) string {
	for _, s := range p.located(ctx, "configuration configuration name "+file).all("param") {
		if s.attr("name") == name {
			return s.attr("value")
		}
	}
	return ""
}

// element is a piece of FreeSWITCH's XML.
type element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []element  `xml:",any"`
}

func (e element) attr(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// all are the elements of that name in it, at any depth.
func (e element) all(name string) (found []element) {
	for _, c := range e.Children {
		if c.XMLName.Local == name {
			found = append(found, c)
		}
		found = append(found, c.all(name)...)
	}
	return found
}

// located is what FreeSWITCH has at a place of its XML; the zero element: nothing.
func (p *patient) located(ctx context.Context, place string) element {
	text, err := p.socket.API(ctx, "xml_locate "+place)
	if err != nil {
		return element{}
	}
	return parseElement(text)
}

func parseElement(text string) (e element) {
	d := xml.NewDecoder(strings.NewReader(strings.TrimSpace(text)))
	d.CharsetReader = asItIs
	if d.Decode(&e) != nil {
		return element{}
	}
	return e
}
