package program

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"switchgram/bridge/line"
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
	Serve    []string   `yaml:"serve"`    // directory, dialplan, sofia.conf, verto.conf, event_socket.conf; empty: the first two
	Context  string     `yaml:"context"`  // of the dialplan, in which people dial; empty: default
	Incoming string     `yaml:"incoming"` // in which calls from Telegram arrive; empty: the same
	Prefixed bool       `yaml:"prefixed"` // only what begins with tg is for Telegram
	Scripts  XMLScripts `yaml:"scripts"`
	Sofia    XMLProfile `yaml:"sofia"` // for sofia.conf
	Verto    XMLVerto   `yaml:"verto"` // for verto.conf
}

// XMLScripts are numbers of the dialplan that an outbound event socket answers.
type XMLScripts struct {
	Socket  string   `yaml:"socket"` // host and port that FreeSWITCH connects to
	Numbers []string `yaml:"numbers"`
}

// XMLProfile is a profile of mod_sofia.
type XMLProfile struct {
	Name   string         `yaml:"name"` // empty: internal
	Listen netip.AddrPort `yaml:"listen"`
}

// XMLVerto is a profile of mod_verto.
type XMLVerto struct {
	Name        string         `yaml:"name"`        // empty: internal
	Listen      netip.AddrPort `yaml:"listen"`      // without TLS; none: only with
	Secure      netip.AddrPort `yaml:"secure"`      // with TLS; none: only without
	Certificate string         `yaml:"certificate"` // PEM file, at FreeSWITCH, with certificate and key; empty: the one that FreeSWITCH has made itself
}

// The words of XML.Serve.
const (
	serveDirectory   = "directory"
	serveDialplan    = "dialplan"
	serveSofia       = "sofia.conf"
	serveVerto       = "verto.conf"
	serveEventSocket = "event_socket.conf"
)

var serveWords = []string{serveDirectory, serveDialplan, serveSofia, serveVerto, serveEventSocket}

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
		if !slices.Contains(serveWords, word) {
			say(fmt.Sprintf("xml.serve[%d]", i), "%q: want %s", word, strings.Join(serveWords, ", "))
		}
	}
	x.checkAddress(say, serveSofia, "xml.sofia.listen", x.Sofia.Listen)
	if x.Verto.Listen.IsValid() || !x.Verto.Secure.IsValid() {
		x.checkAddress(say, serveVerto, "xml.verto.listen", x.Verto.Listen)
	}
	if x.Verto.Secure.IsValid() {
		x.checkAddress(say, serveVerto, "xml.verto.secure", x.Verto.Secure)
	}
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

func (x *XML) checkAddress(say func(key, format string, args ...any), word, key string, at netip.AddrPort) {
	if x.serves(word) && (!at.IsValid() || at.Addr().IsUnspecified()) {
		say(key, "want FreeSWITCH's own address and port: media and Contact show the address")
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

func (x *XML) serves(words ...string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return slices.Contains(x.Serve, word) })
}

// files are the names of files in it.
func (x *XML) files() []*string { return []*string{&x.PasswordFile, &x.Certificate, &x.Key} }

func (x *XML) password() line.SecretRef {
	return line.SecretRef{Env: x.PasswordEnv, File: x.PasswordFile}
}
