// Package line says which lines there are, who may use them, and for what. A line is a Telegram account that calls through us,
// with its SIP identity and its rules; a user is a person who may use lines.
//
// Registry answers every question of that kind in one place: the calls of the switch, the dialplan and the browsers ask it, and
// the bridge asks it as its Gate. All methods of Registry and Line may be called at once; the other types are configuration, for
// a strict YAML decoder to fill and for nobody to change once a Registry was made of them.
package line

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"switchgram/bridge"
)

// Config is a line as the configuration has it.
type Config struct {
	Name     string         `yaml:"name"`      // letters, digits, ".", "_" and "-", at most 32: also the name of its files
	Account  string         `yaml:"account"`   // name of the Telegram session; empty: Name
	SIP      SIP            `yaml:"sip"`       // its identity at the switch
	To       bridge.Address `yaml:"to"`        // whom its calls from Telegram ring: sip:1000
	MaxCalls int            `yaml:"max_calls"` // at once, both directions together; more are busy. 0: 1
	Allow    Patterns       `yaml:"allow"`     // whom the switch may call by it; empty: everybody
	Media    Media          `yaml:"media"`     // how its Telegram media travels
	Country  string         `yaml:"country"`   // whose national numbers may be dialled, such as DE; empty: none's
	Rules    Rules          `yaml:"rules"`     // that change or stop numbers which are dialled
	Digits   Digits         `yaml:"digits"`    // how keys that are pressed travel
	Import   bool           `yaml:"import"`    // find numbers that hide from strangers by making them contacts for a moment
}

// SIP is a line's identity at a switch. The password stands in the environment or in a file, never in the configuration.
type SIP struct {
	Registrar    string        `yaml:"registrar"` // host or host:port; empty: it registers nowhere, and its telephones with us
	Transport    string        `yaml:"transport"` // udp, tcp or tls; empty: udp
	Proxy        string        `yaml:"proxy"`     // that everything for the registrar goes through: host:port or a SIP URI; empty: none
	Listen       []string      `yaml:"listen"`    // addresses of its own, as "udp:127.0.0.1:5081"; empty: those of all lines
	User         string        `yaml:"user"`      // what the switch calls us by
	AuthUser     string        `yaml:"auth_user"` // for digest authentication; empty: User
	Domain       string        `yaml:"domain"`    // of the address of record; empty: the registrar's host
	PasswordEnv  string        `yaml:"password_env"`
	PasswordFile string        `yaml:"password_file"`
	Expires      time.Duration `yaml:"expires"` // of the registration; 0: the agent's choice
	SRTP         string        `yaml:"srtp"`    // whether sound is encrypted: off, optional or required; empty: optional
}

// Password says where the password stands.
func (s SIP) Password() SecretRef { return SecretRef{Env: s.PasswordEnv, File: s.PasswordFile} }

// Media is how the Telegram media of a line travels.
type Media uint8

// The ways. Direct lets Telegram decide, and shows our address to people it lets us reach directly.
const (
	Direct Media = iota
	Relay        // through Telegram's relays only
)

// String is the word of the configuration.
func (m Media) String() string { return [...]string{"direct", "relay"}[min(m, Relay)] }

// MarshalText writes what String says.
func (m Media) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads the word of the configuration.
func (m *Media) UnmarshalText(text []byte) error {
	switch string(text) {
	case "", "direct":
		*m = Direct
	case "relay":
		*m = Relay
	default:
		return fmt.Errorf("%q: want direct or relay", text)
	}
	return nil
}

// Line is a line and the calls it carries now.
type Line struct {
	Config

	mu    sync.Mutex
	calls int
}

// Acquire counts one more call, or refuses it with a *Refusal (USER_BUSY) when the line carries as many as it may.
func (l *Line) Acquire() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.calls >= l.MaxCalls {
		return &Refusal{Cause: bridge.UserBusy, Reason: fmt.Sprintf("line %s carries %d of %d calls", l.Name, l.calls, l.MaxCalls)}
	}
	l.calls++
	return nil
}

// Release counts one call less: one that was acquired.
func (l *Line) Release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.calls == 0 {
		panic("line: released more calls than acquired")
	}
	l.calls--
}

// Calls is how many calls the line carries now.
func (l *Line) Calls() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.calls
}

// check completes the configuration, or reports what is wrong with it to say, by field.
func (c *Config) check(say func(field, format string, args ...any)) {
	if err := checkName(c.Name); err != nil {
		say("name", "%v", err)
	}
	if c.Account == "" {
		c.Account = c.Name
	} else if err := checkName(c.Account); err != nil {
		say("account", "%v", err)
	}
	if c.To == (bridge.Address{}) {
		say("to", "missing: whom do calls from Telegram ring? Such as sip:1000")
	}
	switch {
	case c.MaxCalls < 0:
		say("max_calls", "%d: want 1 or more", c.MaxCalls)
	case c.MaxCalls == 0:
		c.MaxCalls = 1
	}
	if !checkCountry(c.Country) {
		say("country", "%q: want a country in two capital letters, such as DE", c.Country)
	}
	c.SIP.check(say)
	c.Digits.check(say)
}

func (s *SIP) check(say func(field, format string, args ...any)) {
	if strings.ContainsFunc(s.Registrar, strange) {
		say("sip.registrar", "%q: want a host, or host:port", s.Registrar)
	}
	if s.User == "" || strings.ContainsFunc(s.User, strange) {
		say("sip.user", "%q: want the user that the switch knows us by", s.User)
	}
	switch s.Transport {
	case "":
		s.Transport = "udp"
	case "udp", "tcp", "tls":
	default:
		say("sip.transport", "%q: want udp, tcp or tls", s.Transport)
	}
	if s.Proxy != "" && s.Registrar == "" {
		say("sip.proxy", "stands without a registrar: what is to go through it?")
	}
	if strings.ContainsFunc(s.Proxy, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`<>"`, r) }) {
		say("sip.proxy", "%q: want host:port, or a SIP URI", s.Proxy)
	}
	switch s.SRTP {
	case "":
		s.SRTP = "optional"
	case "off", "optional", "required":
	default:
		say("sip.srtp", "%q: want off, optional or required", s.SRTP)
	}
	if s.PasswordEnv != "" && s.PasswordFile != "" {
		say("sip.password_env", "stands beside password_file; want one of them")
	}
	if s.Expires < 0 {
		say("sip.expires", "%s: want a time to come", s.Expires)
	}
}

// strange characters have no place in a host or user that becomes part of a SIP message.
func strange(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`<>"@,;?`, r) }

func checkName(name string) error {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
	if name == "" || len(name) > 32 || strings.Trim(name, letters) != "" || strings.Trim(name, ".") == "" {
		return fmt.Errorf("%q: want 1 to 32 letters, digits, \".\", \"_\" or \"-\"", name)
	}
	return nil
}
