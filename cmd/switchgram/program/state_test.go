package program_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchgram/bridge/line"
	"switchgram/cmd/switchgram/program"
	"switchgram/tgcall/account"
)

// loginOf is the login of the configuration's only line.
func loginOf(t *testing.T, c *program.Config) (*program.Login, error) {
	t.Helper()
	l, err := c.Line("")
	if err != nil {
		t.Fatal(err)
	}
	return c.Login(l, nil, nil)
}

func modeOf(t *testing.T, name string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func TestStateIsMadeForItsOwnerAlone(t *testing.T) {
	c := folder(t, "", "")
	p, err := program.New(c, program.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if mode := modeOf(t, c.State); mode != 0o700 {
		t.Errorf("the state folder has mode %o", mode)
	}
	key := filepath.Join(c.State, "sessions.key")
	if mode := modeOf(t, key); mode != 0o600 {
		t.Errorf("the key has mode %o", mode)
	}
	before, _ := os.ReadFile(key)
	if _, err := loginOf(t, c); err != nil {
		t.Fatal(err)
	}
	if after, _ := os.ReadFile(key); string(after) != string(before) || len(after) == 0 {
		t.Error("the key was made twice")
	}
}

func TestStateThatOthersCanReadIsRefused(t *testing.T) {
	for _, file := range []string{"sessions.key", "sales.session", "sales.people", "sales.ledger"} {
		t.Run(file, func(t *testing.T) {
			c := folder(t, "", "")
			if _, err := loginOf(t, c); err != nil {
				t.Fatal(err)
			}
			exposed := filepath.Join(c.State, file)
			write(t, exposed, "{}", 0o640)
			p, err := program.New(c, program.Options{})
			if err == nil {
				_ = p.Close()
			}
			if !errors.Is(err, account.ErrExposed) || !strings.Contains(err.Error(), "chmod 600 '"+exposed+"'") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestStateThatCannotBeMadeIsNamed(t *testing.T) {
	c := folder(t, "telegram:", "state: secret/x\ntelegram:") // secret is a file
	if _, err := loginOf(t, c); err == nil || !strings.Contains(err.Error(), "c.yaml:1:8: state: mkdir ") {
		t.Errorf("got %v", err)
	}
}

func TestDamagedSessionIsNotTakenForNone(t *testing.T) {
	c := folder(t, "", "")
	if _, err := loginOf(t, c); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(c.State, "sales.session"), "not one", 0o600)
	if _, err := program.New(c, program.Options{}); !errors.Is(err, account.ErrDamaged) {
		t.Errorf("got %v", err)
	}
}

func TestAccountIsOpenedOnceAtATime(t *testing.T) {
	c := folder(t, "", "")
	login, err := loginOf(t, c)
	if err != nil {
		t.Fatal(err)
	}
	_, release, err := login.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	again, err := loginOf(t, c)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := again.Open(nil); !errors.Is(err, program.ErrInUse) || !strings.Contains(err.Error(), "line sales") {
		t.Errorf("opened twice: %v", err)
	}
	release()
	_, release, err = again.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	release()
}

func TestProxyIsReadFromTheConfiguration(t *testing.T) {
	for name, tc := range map[string]struct{ proxy, says string }{
		"socks":               {"proxy: socks5://me@127.0.0.1:1080\n  proxy_secret_file: secret", ""},
		"without a secret":    {"proxy: mtproxy://127.0.0.1:443", "c.yaml:4:10: telegram.proxy: proxy: secret of 0 characters"},
		"secret that is none": {"proxy: mtproxy://127.0.0.1:443\n  proxy_secret_file: secret", "c.yaml:4:10: telegram.proxy: proxy: secret of "},
		"secret that is lost": {"proxy: mtproxy://127.0.0.1:443\n  proxy_secret_file: lost", "c.yaml:5:22: telegram.proxy_secret_file: "},
		"unknown kind":        {"proxy: http://127.0.0.1:3128", "c.yaml:4:10: telegram.proxy: proxy \"http\": want socks5 or mtproxy"},
	} {
		_, err := loginOf(t, folder(t, "sip:\n", "  "+tc.proxy+"\nsip:\n"))
		if tc.says == "" && err != nil || tc.says != "" && (err == nil || !strings.Contains(err.Error(), tc.says)) {
			t.Errorf("%s: error is %v, want one that says %q", name, err, tc.says)
		}
	}
}

func TestRelayedLineNeverShowsOurAddress(t *testing.T) {
	for setting, relay := range map[string]bool{"": false, "\n    media: relay": true} {
		login, err := loginOf(t, folder(t, "to: sip:1000", "to: sip:1000"+setting))
		if err != nil {
			t.Fatal(err)
		}
		if e := login.Engine(); e.RelayOnly != relay || e.Loopback || (login.Line.Media == line.Relay) != relay {
			t.Errorf("media %q: %+v", setting, e)
		}
	}
}
