package xml

import (
	"fmt"
	"regexp"
	"strings"
)

// Setup is what the static files of a FreeSWITCH beside us are made from.
type Setup struct {
	Lines       []Line
	Gateway     string       // host and port of our SIP, for calls that are not to a registered line
	Context     string       // in which people dial; empty: default
	Curl        *Curl        // nil: FreeSWITCH is not to ask us for anything
	EventSocket *EventSocket // nil: it stays as it is. Without a password a variable of FreeSWITCH's stands in its place
}

// Line is a line as the files need it.
type Line struct {
	Name   string
	User   string // that it registers as
	Digest string // A1 of its password; empty: a variable of FreeSWITCH's stands in place of the password
	To     string // extension that calls from Telegram are for; empty: none
}

// Curl is the binding of mod_xml_curl to a Handler.
type Curl struct {
	URL      string
	User     string
	Password string // empty: a variable of FreeSWITCH's stands in its place
	Sections []string
	CA       string // path, at FreeSWITCH, of the certificate that vouches for ours; empty: none is asked for
}

// File is a file of FreeSWITCH's configuration.
type File struct {
	Path   string // in FreeSWITCH's folder of configurations, with slashes
	Text   []byte
	Secret bool // nobody but FreeSWITCH should read it
}

// Files are the files for a setup, in the order of reading. Their comments teach; none contains what FreeSWITCH's preprocessor, which
// reads comments too, would act on.
func Files(s Setup) []File {
	if s.Context == "" {
		s.Context = "default"
	}
	all := []File{
		s.users(),
		s.extensions(),
		s.gateway(),
		file("sip_profiles/internal.settings", append([]*element{comment(aboutCallID)}, callID()...)...),
	}
	if s.Curl != nil {
		f := file("autoload_configs/xml_curl.conf.xml", s.Curl.element())
		f.Secret = s.Curl.Password != ""
		all = append(all, f)
	}
	if s.EventSocket != nil {
		all = append(all, s.eventSocket())
	}
	return all
}

func file(path string, all ...*element) File { return File{Path: path, Text: render(all...)} }

// include is the root of a file that FreeSWITCH includes in another.
func include(nodes ...*element) *element { return el("include").with(nodes...) }

func (s Setup) users() File {
	all, secret := include(comment(aboutUsers)), false
	for _, l := range s.Lines {
		all.with(comment("line "+l.Name), l.user(s.Context))
		secret = secret || l.Digest != ""
	}
	f := file("directory/default/switchgram.xml", all)
	f.Secret = secret
	return f
}

func (l Line) user(context string) *element {
	password := param("a1-hash", l.Digest)
	if l.Digest == "" {
		password = param("password", placeholder(l.Name))
	}
	return el("user", "id", l.User).with(
		el("params").with(noEmptyPassword(), password),
		el("variables").with(variable("user_context", context), variable("tg_line", l.Name)),
	)
}

// placeholder is a variable that is to be set in vars.xml. One that is not set is empty.
func placeholder(of string) string { return "$${" + variableName(of) + "}" }

func variableName(of string) string {
	return "switchgram_" + strings.Map(func(r rune) rune {
		if r == '.' || r == '-' {
			return '_'
		}
		return r
	}, of) + "_password"
}

// Those who dial, in the static dialplan: whatever else stands there does not reach a dial string.
const (
	staticName   = `^tg[#@]?([A-Za-z]\w{0,31})$`
	staticNumber = `^tg(\+?\d{3,18}|\*\d{1,19})$`
	staticBare   = `^(@[A-Za-z]\w{0,31}|\*[1-9]\d{4,18}|\+[1-9]\d{6,14})$`
	staticTrunk  = `^gw-(\+?\w{3,32})$`
)

func (s Setup) extensions() File {
	all := include(comment(aboutExtensions))
	for i, l := range s.Lines {
		all.with(comment("line " + l.Name))
		for _, dial := range []struct{ name, expression, who string }{
			{"name", staticName, "@$1"}, {"number", staticNumber, "$1"}, {"bare", staticBare, "$1"},
		} {
			all.with(el("extension", "name", "telegram-"+l.Name+"-"+dial.name).with(
				l.chosen(i == 0),
				condition("destination_number", dial.expression).with(bridgeTo(l.User+"@${domain_name}", dial.who)...)))
		}
		all.with(l.trunk(i == 0))
		if l.To != "" {
			all.with(comment(aboutIncoming), l.incoming())
		}
	}
	return file(fmt.Sprintf("dialplan/%s/10_switchgram.xml", s.Context), all)
}

// chosen lets a call go by the line that the channel's tg_line names; without one, by the first.
func (l Line) chosen(first bool) *element {
	name := regexp.QuoteMeta(l.Name)
	if first {
		name = "(?:" + name + ")?"
	}
	return condition("${tg_line}", "^"+name+"$")
}

func (l Line) trunk(first bool) *element {
	return el("extension", "name", "telegram-"+l.Name+"-gateway").with(
		l.chosen(first),
		condition("destination_number", staticTrunk).with(byUs("sofia/gateway/switchgram/$1", "X-TG-Line="+l.Name)...))
}

func (l Line) incoming() *element {
	return el("extension", "name", "from-telegram-"+l.Name).with(
		condition("${sip_auth_username}", "^"+regexp.QuoteMeta(l.User)+"$"),
		condition("${user_exists(id "+l.To+" ${domain_name})}", "^true$"),
		condition("destination_number", "^"+regexp.QuoteMeta(l.To)+"$").with(ring(l.To+"@${domain_name}")...),
	)
}

func (s Setup) gateway() File {
	g := el("gateway", "name", "switchgram").with(
		param("proxy", s.Gateway),
		param("realm", s.Gateway),
		param("register", "false"),
		param("caller-id-in-from", "true"),
		param("ping", "30"),
	)
	return file("sip_profiles/external/switchgram.xml", include(comment(aboutGateway), g))
}

func (c *Curl) element() *element {
	password := c.Password
	if password == "" {
		password = placeholder("xml")
	}
	binding := el("binding", "name", "switchgram").with(
		comment(aboutBinding),
		el("param", "name", "gateway-url", "value", c.URL, "bindings", strings.Join(c.Sections, "|")),
		param("gateway-credentials", c.User+":"+password),
		param("auth-scheme", "basic"),
		param("timeout", "3"),
	)
	if c.CA != "" {
		binding.with(param("enable-cacert-check", "true"), param("enable-ssl-verifyhost", "true"), param("ssl-cacert-file", c.CA))
	}
	return el("configuration", "name", "xml_curl.conf").with(el("bindings").with(binding))
}

func (s Setup) eventSocket() File {
	e, secret := *s.EventSocket, s.EventSocket.Password != ""
	if !secret {
		e.Password = placeholder("event_socket")
	}
	f := file("autoload_configs/event_socket.conf.xml", comment(aboutEventSocket), e.element())
	f.Secret = secret
	return f
}
