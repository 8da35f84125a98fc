package program

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"switchgram/bridge/line"
	"switchgram/bridge/sip"
	"switchgram/cmd/switchgram/conffile"
)

// Config is the configuration file; switchgram.example.yaml explains every key.
type Config struct {
	Telegram    Telegram       `yaml:"telegram"`
	State       string         `yaml:"state"` // folder of sessions, people and the key that seals them; empty: state
	SIP         SIP            `yaml:"sip"`
	Drain       time.Duration  `yaml:"drain"`        // for running calls, at the end
	RingTimeout time.Duration  `yaml:"ring_timeout"` // how long whoever is called may ring; 0: a minute
	Metrics     netip.AddrPort `yaml:"metrics"`      // loopback address to serve Prometheus at; none: nowhere
	Media       Media          `yaml:"media"`
	HoldMusic   HoldMusic      `yaml:"hold_music"`
	Recording   Recording      `yaml:"recording"`
	XML         XML            `yaml:"xml"`
	FreeSWITCH  FreeSWITCH     `yaml:"freeswitch"`

	Mail   MailServer `yaml:"mail"` // for whatever is mailed
	Notify Notify     `yaml:"notify"`
	Routes Routes     `yaml:"routes"`
	Events Events     `yaml:"events"`
	Verto  Verto      `yaml:"verto"`

	Store             string `yaml:"store"` // where calls are remembered (docs/calls.md): a file, postgres://..., or none; empty: calls.db in State, or none without a file of configuration
	StorePasswordEnv  string `yaml:"store_password_env"`
	StorePasswordFile string `yaml:"store_password_file"`
	StoreRetention    Days   `yaml:"store_retention"` // how long; 0: for ever

	Lines []line.Config `yaml:"lines"`
	Users []line.User   `yaml:"users"`

	registry *line.Registry
	path     string             // of the file; empty: there is none
	document *conffile.Document // nil: there is none
}

// Telegram is the application that we are for Telegram.
type Telegram struct {
	APIID       int    `yaml:"api_id"`
	APIHashEnv  string `yaml:"api_hash_env"`
	APIHashFile string `yaml:"api_hash_file"`

	Proxy           string `yaml:"proxy"`            // for requests and updates: socks5://user@host:port or mtproxy://host:port; empty: none
	ProxySecretEnv  string `yaml:"proxy_secret_env"` // its password or secret
	ProxySecretFile string `yaml:"proxy_secret_file"`
}

// proxySecret says where the secret of the proxy stands.
func (t Telegram) proxySecret() line.SecretRef {
	return line.SecretRef{Env: t.ProxySecretEnv, File: t.ProxySecretFile}
}

// SIP is our own side of it.
type SIP struct {
	Listen    []Listen       `yaml:"listen"`    // one of each network
	Advertise netip.Addr     `yaml:"advertise"` // shown to the far end; none: the local address towards it
	RTPPorts  RTPPorts       `yaml:"rtp_ports"`
	RTPOn     []netip.Addr   `yaml:"rtp_addresses"` // of this machine, to receive sound at; empty: those of listen
	Allow     []netip.Prefix `yaml:"allow"`
	TLS       TLS            `yaml:"tls"`
	Digest    []string       `yaml:"digest"`          // algorithms that users are asked for, best first; empty: those of their digests
	Session   time.Duration  `yaml:"session_expires"` // session timer that calls ask for (RFC 4028); 0: none
}

// DefaultPath is where the configuration is looked for if nothing is said.
const DefaultPath = "switchgram.yaml"

// Load reads and checks the configuration file at path. Everything wrong with it is in the error, with line and column. Names of files in
// it are relative to its folder.
func Load(path string) (*Config, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("there is no configuration %s: begin with a copy of switchgram.example.yaml, or name another with -c", path)
	} else if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	defer f.Close()
	c, err := Read(path, f)
	if err != nil {
		return nil, err
	}
	c.path = path
	c.relativeTo(filepath.Dir(path))
	return c, nil
}

// relativeTo finds the files that the configuration names from the folder it stands in, wherever the program was started.
func (c *Config) relativeTo(folder string) {
	names := []*string{&c.State, &c.Telegram.APIHashFile, &c.Telegram.ProxySecretFile}
	names = append(names, c.Recording.files()...)
	if file := c.HoldMusic.file(); file != nil {
		names = append(names, file)
	}
	names = append(names, c.XML.files()...)
	names = append(names, &c.FreeSWITCH.PasswordFile, &c.StorePasswordFile)
	switch {
	case c.Store == "":
		c.Store = filepath.Join(c.State, "calls.db")
		names = append(names, &c.Store)
	case c.Store != noStore && !c.remote():
		names = append(names, &c.Store)
	}
	names = append(names, c.SIP.TLS.files()...)
	names = append(names, c.Mail.files()...)
	names = append(names, c.Notify.files()...)
	names = append(names, c.Routes.files()...)
	names = append(names, c.Events.files()...)
	names = append(names, c.Verto.files()...)
	for _, l := range c.registry.Lines() {
		names = append(names, &l.SIP.PasswordFile)
	}
	for _, name := range names {
		if *name != "" && !filepath.IsAbs(*name) {
			*name = filepath.Join(folder, *name)
		}
	}
}

// Read is Load of something else than a file; name is for its errors.
func Read(name string, text io.Reader) (*Config, error) {
	c := &Config{Drain: 30 * time.Second}
	d, err := conffile.Decode(name, text, c)
	if err != nil {
		return nil, err
	}
	c.document = d
	if err := c.Check(); err != nil {
		return nil, c.placed(err)
	}
	return c, nil
}

// Check completes the configuration, and reports everything wrong with it, each as a *line.FieldError.
func (c *Config) Check() error {
	var wrong []error
	say := func(key, format string, args ...any) {
		wrong = append(wrong, &line.FieldError{Key: key, Problem: fmt.Sprintf(format, args...)})
	}
	c.Telegram.check(say)
	c.SIP.check(say)
	c.Media.check(say)
	if c.State == "" {
		c.State = "state"
	}
	if c.Drain < 0 {
		say("drain", "%s: want a time to come", c.Drain)
	}
	if c.RingTimeout < 0 {
		say("ring_timeout", "%s: want a time to come", c.RingTimeout)
	}
	if c.Metrics.IsValid() && !c.Metrics.Addr().IsLoopback() {
		say("metrics", "%q: want a loopback address, such as 127.0.0.1:9090: who may ask is not checked", c.Metrics)
	}
	c.checkLines(say)
	c.Recording.check(say, c.lineNames())
	c.XML.check(say)
	c.FreeSWITCH.check(say)
	c.checkStore(say)
	c.Notify.check(say, c.lineNames(), c.Mail.Server != "")
	c.Routes.check(say, c.lineNames())
	c.Events.check(say)
	c.Verto.check(say, c.FreeSWITCH)
	var err error
	c.registry, err = line.NewRegistry(c.Lines, c.Users)
	return errors.Join(append(wrong, err)...)
}

func (c *Config) lineNames() (all []string) {
	for _, l := range c.Lines {
		all = append(all, l.Name)
	}
	return all
}

func (t Telegram) check(say func(key, format string, args ...any)) {
	if t.APIID <= 0 {
		say("telegram.api_id", "want the number that https://my.telegram.org shows under \"API development tools\"")
	}
	switch {
	case t.APIHashEnv == "" && t.APIHashFile == "":
		say("telegram.api_hash_env", "want the name of the environment variable that holds api_hash (or api_hash_file in its place)")
	case t.APIHashEnv != "" && t.APIHashFile != "":
		say("telegram.api_hash_env", "stands beside api_hash_file; want one of them")
	}
	switch secret := t.proxySecret(); {
	case secret.Env != "" && secret.File != "":
		say("telegram.proxy_secret_env", "stands beside proxy_secret_file; want one of them")
	case t.Proxy == "" && secret != line.SecretRef{}:
		say("telegram.proxy", "missing: whose secret is that? Such as socks5://user@127.0.0.1:1080 or mtproxy://proxy.example.org:443")
	}
}

func (s SIP) check(say func(key, format string, args ...any)) {
	if len(s.Listen) == 0 {
		say("sip.listen", "want an address to listen on, such as [\"udp:127.0.0.1:5080\"]")
	}
	checkListen(s.Listen, "sip.listen", say)
	s.TLS.check(say, listensBy(s.Listen, "tls"))
	for i, algorithm := range s.Digest {
		if _, err := sip.Digest(algorithm, "", "", ""); err != nil {
			say(fmt.Sprintf("sip.digest[%d]", i), "%q: want MD5 or SHA-256", algorithm)
		}
	}
	if s.Session != 0 && s.Session < leastSession {
		say("sip.session_expires", "%s: want %s or more", s.Session, leastSession)
	}
}

// leastSession is the shortest session timer (RFC 4028 §4).
const leastSession = 90 * time.Second

// checkLines finds what only the program knows: which addresses it can dial, and that it tells calls of the switch apart by the line's user.
func (c *Config) checkLines(say func(key, format string, args ...any)) {
	if len(c.Lines) == 0 {
		say("lines", "want at least one")
	}
	lineOf := map[string]line.Config{}
	for i, l := range c.Lines {
		key := fmt.Sprintf("lines[%d].", i)
		if s := l.To.Scheme; s != "" && s != "sip" && s != "tg" && s != "verto" {
			say(key+"to", "%q: want sip:EXTENSION or verto:USER", l.To.String())
		}
		if l.To.Scheme == "verto" && !c.hasUser(l.To.User) {
			say(key+"to", "%q: there is no such user", l.To.String())
		}
		if l.SIP.Registrar == "" && l.To.Scheme == "sip" && !c.registers(l.To.User) {
			say(key+"to", "%q: without a registrar, want a user who has a sip_digest", l.To.String())
		}
		c.checkPort(l, key, say)
		other, taken := lineOf[l.SIP.User]
		if taken && other.SIP.Registrar != l.SIP.Registrar { // if they are the same, package line says so
			say(key+"sip.user", "%q: line %s has that user at another registrar; calls to the two could not be told apart", l.SIP.User, other.Name)
		}
		lineOf[l.SIP.User] = l
	}
}

// wrong is an error about a key, with line and column where there is a file.
func (c *Config) wrong(key string, err error) error {
	return c.placed(&line.FieldError{Key: key, Problem: err.Error()})
}

// placed gives every error about a key its line and column.
func (c *Config) placed(err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, e := range joined.Unwrap() {
			all = append(all, c.placed(e))
		}
		return errors.Join(all...)
	}
	if field := (*line.FieldError)(nil); c.document != nil && errors.As(err, &field) {
		return c.document.Errorf(field.Key, "%s", field.Problem)
	}
	return err
}

// secret reads a secret that stands where key+"_env" or key+"_file" say.
func (c *Config) secret(key string, ref line.SecretRef) (string, error) {
	s, err := ref.Read()
	if err == nil {
		return string(s), nil
	}
	if ref.Env != "" {
		return "", c.wrong(key+"_env", err)
	}
	return "", c.wrong(key+"_file", err)
}

// Line finds a line by its name; the empty name finds the only one.
func (c *Config) Line(name string) (*line.Line, error) {
	lines := c.registry.Lines()
	if name == "" && len(lines) == 1 {
		return lines[0], nil
	}
	if l := c.registry.Line(name); l != nil {
		return l, nil
	}
	var known []string
	for _, l := range lines {
		known = append(known, l.Name)
	}
	choices := strings.Join(known, ", ")
	if name == "" {
		return nil, fmt.Errorf("which line? Choose one with -l: %s", choices)
	}
	return nil, fmt.Errorf("there is no line %q; there are: %s", name, choices)
}
