package engine

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func valid() Config {
	return Config{
		Version: "13.0.0", Key: key(), P2P: true, Loopback: true,
		Send: func(context.Context, []byte) error { return nil },
	}
}

func TestBadConfigurationIsNamed(t *testing.T) {
	for want, change := range map[string]func(*Config){
		`"14.0.0"`:                   func(c *Config) { c.Version = "14.0.0" },
		"10 bytes":                   func(c *Config) { c.Key = make([]byte, 10) },
		"no function":                func(c *Config) { c.Send = nil },
		"-1s without a connection":   func(c *Config) { c.NoMedia = -time.Second },
		"server 1: no host":          func(c *Config) { c.Servers = []Server{{Host: "192.0.2.1", Port: 1}, {Port: 1}} },
		"server 0: port 70000":       func(c *Config) { c.Servers = []Server{{Host: "192.0.2.1", Port: 70000}} },
		"server 0: port 0":           func(c *Config) { c.Servers = []Server{{Host: "192.0.2.1"}} },
		"custom parameters":          func(c *Config) { c.CustomParameters = []byte(`[1]`) },
		"parameter network_use_mtpr": func(c *Config) { c.CustomParameters = []byte(`{"network_use_mtproto":true}`) },
		"parameter network_kcp_expe": func(c *Config) { c.CustomParameters = []byte(`{"network_kcp_experiment":true}`) },
	} {
		c := valid()
		change(&c)
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	c := valid()
	c.CustomParameters = []byte(`{"network_use_mtproto":true}`)
	var refused *ParameterError
	if _, err := New(c); !errors.As(err, &refused) || refused.Name != mtprotoMedia {
		t.Errorf("%v", err)
	}
}

func TestCustomParametersOfLocalEffectAreIgnored(t *testing.T) {
	for text, want := range map[string]custom{
		"":     {},
		"null": {},
		"{}":   {},
		`{"network_use_mtproto":false,"network_skip_initial_ping":true,"network_sctp_t1_init_ms":400}`: {},
		`{"network_use_mtproto":"true","network_kcp_experiment":1}`:                                    {}, // not booleans: false, as there
		`{"network_signaling_nosctp":true}`:                                                            {noSCTP: true},
		`{"network_standalone_reflectors":true}`:                                                       {standalone: true},
	} {
		if got, err := parseCustom([]byte(text)); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
}

func FuzzParseCustom(f *testing.F) {
	f.Add([]byte(`{"network_signaling_nosctp":true}`))
	f.Add([]byte(`{"network_use_mtproto":true}`))
	f.Add([]byte(`{"network_use_mtproto":{"a":[1,null]}}`))
	f.Add([]byte(`[`))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := parseCustom(text)
		if err != nil && got != (custom{}) {
			t.Errorf("%+v with %v", got, err)
		}
	})
}

func TestServersThatCannotBeUsedAreSaid(t *testing.T) {
	var log bytes.Buffer
	c := valid()
	c.Servers = []Server{
		{ID: 1, Host: "192.0.2.1", Username: "reflector", Password: "00112233445566778899aabbccddeeff", TURN: true},
		{ID: 2, Host: "192.0.2.1", Username: "reflector", Password: "001122", TURN: true},
		{Host: "192.0.2.2", Port: 1400, TURN: true},
		{Host: "192.0.2.3", Port: 1400, TCP: true},
		{Host: "192.0.2.4", Port: 3478},
		{Host: "192.0.2.5", Port: 1400, Username: "u", Password: "secret", TURN: true},
	}
	all := c.usable(slog.New(slog.NewTextHandler(&log, nil)))
	if len(all) != 2 || all[0].Host != "192.0.2.4" || all[1].Host != "192.0.2.5" || !all[1].TURN {
		t.Errorf("%+v", all)
	}
	reflectors := c.reflectors(slog.New(slog.NewTextHandler(&log, nil)))
	if len(reflectors) != 1 || reflectors[0].ID != 1 || reflectors[0].PeerTag[15] != 0xff {
		t.Errorf("%+v", reflectors)
	}
	if !strings.Contains(log.String(), "id=2 ") || strings.Contains(log.String(), "001122") {
		t.Errorf("log: %s", &log)
	}
	if _, err := New(c); err != nil {
		t.Errorf("a reflector without a port is one at its usual port: %v", err)
	}
}

func TestRelaysOnlyIfEitherSaysSo(t *testing.T) {
	for _, c := range []struct {
		p2p, relayOnly, want bool
	}{{true, false, false}, {true, true, true}, {false, false, true}} {
		if got := (&Config{P2P: c.p2p, RelayOnly: c.relayOnly}).relayOnly(); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
