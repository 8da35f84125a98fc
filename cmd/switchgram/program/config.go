package program

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"switchgram/bridge/line"
	"switchgram/bridge/sip"
	"switchgram/cmd/switchgram/conffile"
	"switchgram/tgcall/account"
)

// Config is the configuration file; switchgram.example.yaml explains every key.
type Config struct {
	Telegram    Telegram      `yaml:"telegram"`
	State       string        `yaml:"state"` // folder of sessions, people and the key that seals them
	SIP         SIP           `yaml:"sip"`
	Drain       time.Duration `yaml:"drain"`        // for running calls, at the end
	RingTimeout time.Duration `yaml:"ring_timeout"` // how long whoever is called may ring; 0: a minute
	Lines       []line.Config `yaml:"lines"`
	Users       []line.User   `yaml:"users"`

	registry *line.Registry
}

// Telegram is the application that we are for Telegram.
type Telegram struct {
	APIID       int    `yaml:"api_id"`
	APIHashEnv  string `yaml:"api_hash_env"`
	APIHashFile string `yaml:"api_hash_file"`
}

// SIP is our own side of it.
type SIP struct {
	Listen    []Listen       `yaml:"listen"`
	Advertise netip.Addr     `yaml:"advertise"` // shown to the far end; none: the local address towards it
	RTPPorts  PortRange      `yaml:"rtp_ports"`
	Allow     []netip.Prefix `yaml:"allow"`
}

// Listen is an address to listen on: "udp:127.0.0.1:5080".
type Listen struct {
	Network string // udp, tcp
	Address string
}

// UnmarshalText reads "udp:127.0.0.1:5080".
func (l *Listen) UnmarshalText(text []byte) error {
	network, address, _ := strings.Cut(string(text), ":")
	if _, _, err := net.SplitHostPort(address); err != nil || network != "udp" && network != "tcp" {
		return fmt.Errorf("%q: want udp:ADDRESS:PORT or tcp:ADDRESS:PORT", text)
	}
	*l = Listen{Network: network, Address: address}
	return nil
}

// PortRange is a range of UDP ports: "30000-30999". The zero value: any free ones.
type PortRange sip.PortRange

// UnmarshalText reads "30000-30999".
func (r *PortRange) UnmarshalText(text []byte) error {
	low, high, _ := strings.Cut(string(text), "-")
	from, err1 := strconv.ParseUint(low, 10, 16)
	to, err2 := strconv.ParseUint(high, 10, 16)
	if err1 != nil || err2 != nil || from == 0 || to <= from {
		return fmt.Errorf("%q: want LOW-HIGH, such as 30000-30999", text)
	}
	*r = PortRange{Low: uint16(from), High: uint16(to)}
	return nil
}

// Load reads and checks the configuration file at path. Everything wrong with it is in the error, with line and column.
func Load(path string) (*Config, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("configuration %s is not there; begin with a copy of switchgram.example.yaml", path)
	} else if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	defer f.Close()
	return Read(filepath.Base(path), f)
}

// Read is Load of something else than a file; name is for its errors.
func Read(name string, text io.Reader) (*Config, error) {
	c := &Config{State: "state", Drain: 30 * time.Second}
	d, err := conffile.Decode(name, text, c)
	if err != nil {
		return nil, err
	}
	if err := c.Check(); err != nil {
		return nil, placed(d, err)
	}
	return c, nil
}

// Check completes the configuration, and reports everything wrong with it, each as a *line.FieldError.
func (c *Config) Check() error {
	var wrong []error
	say := func(key, problem string) { wrong = append(wrong, &line.FieldError{Key: key, Problem: problem}) }
	if c.Telegram.APIID <= 0 {
		say("telegram.api_id", "missing; https://my.telegram.org gives one")
	}
	if c.Telegram.APIHashEnv == "" && c.Telegram.APIHashFile == "" {
		say("telegram.api_hash_env", "missing: the environment variable that holds api_hash, or api_hash_file in its place")
	}
	if len(c.SIP.Listen) == 0 {
		say("sip.listen", "missing, such as udp:127.0.0.1:5080")
	}
	if c.Drain < 0 {
		say("drain", "negative")
	}
	if c.RingTimeout < 0 {
		say("ring_timeout", "negative")
	}
	if len(c.Lines) == 0 {
		say("lines", "missing: there is nothing to do without a line")
	}
	var err error
	c.registry, err = line.NewRegistry(c.Lines, c.Users)
	return errors.Join(append(wrong, err)...)
}

// placed gives every error about a key its line and column.
func placed(d *conffile.Document, err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, e := range joined.Unwrap() {
			all = append(all, placed(d, e))
		}
		return errors.Join(all...)
	}
	if field := (*line.FieldError)(nil); errors.As(err, &field) {
		return d.Errorf(field.Key, "%s", field.Problem)
	}
	return err
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
	return nil, fmt.Errorf("line %q: choose one with -l; known are %s", name, strings.Join(known, ", "))
}

// AccountOptions are those of the line's Telegram account; its session and people are in the state folder. The folder, and the key that
// seals the session, are made at the first use.
func (c *Config) AccountOptions(name string, log *slog.Logger) (account.Options, error) {
	l, err := c.Line(name)
	if err != nil {
		return account.Options{}, err
	}
	hash, err := line.SecretRef{Env: c.Telegram.APIHashEnv, File: c.Telegram.APIHashFile}.Read()
	if err != nil {
		return account.Options{}, fmt.Errorf("telegram.api_hash: %w", err)
	}
	if err := os.MkdirAll(c.State, 0o700); err != nil {
		return account.Options{}, fmt.Errorf("state: %w", err)
	}
	key, err := account.LoadKey(filepath.Join(c.State, "sessions.key"))
	if err != nil {
		return account.Options{}, err
	}
	session, err := account.NewFileSession(filepath.Join(c.State, l.Account+".session"), key)
	if err != nil {
		return account.Options{}, err
	}
	peers, err := account.NewFilePeers(filepath.Join(c.State, l.Account+".people"))
	if err != nil {
		return account.Options{}, err
	}
	return account.Options{AppID: c.Telegram.APIID, AppHash: string(hash), Session: session, Peers: peers, Log: log}, nil
}
