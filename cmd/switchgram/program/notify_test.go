package program_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/notify"
	"switchgram/bridge/notify/notifytest"
	"switchgram/cmd/switchgram/program"
	"switchgram/tgcall"
)

const signingKey = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// receive is a receiver of notifications, as tests have it.
func receive(t *testing.T) *notifytest.Receiver {
	t.Helper()
	r, err := notifytest.NewReceiver()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// TestAMissedCallReachesAWebhook makes a whole call through a running program, with its store.
func TestAMissedCallReachesAWebhook(t *testing.T) {
	t.Setenv("HOOK_KEY", signingKey)
	hook, dir := receive(t), t.TempDir()
	h := build(t, plan{settings: fmt.Sprintf(`store: %q
notify:
  allow: [127.0.0.0/8]
  to: [{name: hook, events: [line.up, call.missed], url: %q, keys: [{env: HOOK_KEY}]}]
ring_timeout: 1s`, filepath.Join(dir, "calls.db"), hook.URL()), state: filepath.Join(dir, "state")})
	key, err := notify.ParseKey(signingKey)
	h.must(err)
	next := func() bridge.Report {
		got, err := hook.Next(h.ctx)
		h.must(err)
		h.must(notify.Verify(got.Header, got.Body, time.Now(), key))
		var r bridge.Report
		h.must(json.Unmarshal(got.Body, &r))
		return r
	}
	if r := next(); r.Kind != bridge.LineUp || r.Line != "main" {
		t.Errorf("first came %+v", r)
	}
	call, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main") // 1000 is not registered
	h.must(err)
	until[tgcall.Ended](h, call)
	r := next()
	if r.Kind != bridge.CallMissed || r.Caller.Name != "Ann Ahlers" || r.Line != "main" || r.Direction != bridge.Inward || r.Times == nil {
		t.Errorf("then came %+v", r)
	}
}

// recipe reads a file of docs/recipes into a configuration, with the addresses of services replaced.
func recipe(t *testing.T, name string, replaced map[string]string) *program.Config {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "recipes", name))
	if err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(password), 0o600); err != nil {
		t.Fatal(err)
	}
	base := fmt.Sprintf("telegram: {api_id: 1, api_hash_file: %q}\nsip: {listen: [\"udp:127.0.0.1:0\"]}\n"+
		"lines: [{name: sales, to: \"sip:1000\", sip: {registrar: 127.0.0.1, user: telegram, password_file: %q}}]\n", secret, secret)
	for from, to := range replaced {
		if !bytes.Contains(text, []byte(from)) {
			t.Fatalf("%s has no %s", name, from)
		}
		text = bytes.ReplaceAll(text, []byte(from), []byte(to))
	}
	c, err := program.Read(name, strings.NewReader(base+string(text)))
	if err != nil {
		t.Fatal(err)
	}
	c.Notify.Allow, c.Notify.Zone = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, "UTC"
	return c
}

// tell sends a sample by the recipe.
func tell(t *testing.T, c *program.Config, kind bridge.EventKind) {
	t.Helper()
	n, err := c.NewNotifier(nowhere{}, notify.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := n.Test(ctx, c.Notify.To[0].Name, notify.Sample(kind, time.Date(2026, 8, 3, 9, 30, 0, 0, time.UTC))); err != nil {
		t.Fatal(err)
	}
}

// nowhere is a queue in which nothing is.
type nowhere struct{ notify.Queue }

// wantGolden compares what a receiver got with what docs/recipes shows of it.
func wantGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("..", "..", "..", "docs", "recipes", name)
	want, err := os.ReadFile(path)
	if err != nil || string(want) != got {
		t.Errorf("%s (%v): got\n%s", path, err, got)
	}
}

func TestTheRecipeOfAMailTellsWhatItShows(t *testing.T) {
	s, err := notifytest.NewMailServer(notifytest.MailOptions{Open: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	t.Setenv("SMTP_PASSWORD", "hunter2")
	tell(t, recipe(t, "mail.yaml", map[string]string{"server: smtp.example.org:587": "server: " + s.Addr() + "\n        tls: none"}), bridge.CallMissed)
	got, err := s.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile("<msg_[0-9a-v]{32}@").ReplaceAllString(string(got.Text), "<msg_...@")
	wantGolden(t, "mail.received", text)
}

func TestRecipesTellWhatTheyShow(t *testing.T) {
	for name, c := range map[string]struct {
		service string // whose address is replaced; empty: url_env
		env     map[string]string
		kind    bridge.EventKind
	}{
		"slack":    {"", map[string]string{"SLACK_WEBHOOK_URL": "/services/T0/B0/x"}, bridge.CallMissed},
		"pushover": {"https://api.pushover.net", map[string]string{"PUSHOVER_TOKEN": "app-token", "PUSHOVER_USER": "user-key"}, bridge.CallIncoming},
		"telegram": {"https://api.telegram.org", map[string]string{"TELEGRAM_BOT_TOKEN": "1:bot-token"}, bridge.CallMissed},
		"webhook":  {"https://example.org", map[string]string{"WEBHOOK_KEY": signingKey}, bridge.CallMissed},
	} {
		t.Run(name, func(t *testing.T) {
			service, replaced := receive(t), map[string]string{}
			for variable, value := range c.env {
				if strings.HasPrefix(value, "/") {
					value = service.URL() + value
				}
				t.Setenv(variable, value)
			}
			if c.service != "" {
				replaced[c.service] = service.URL()
			}
			tell(t, recipe(t, name+".yaml", replaced), c.kind)
			got, err := service.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			wantGolden(t, name+".received", fmt.Sprintf("%s %s\nContent-Type: %s\n\n%s\n",
				got.Method, got.Path, got.Header.Get("Content-Type"), bytes.TrimSpace(got.Body)))
		})
	}
}
