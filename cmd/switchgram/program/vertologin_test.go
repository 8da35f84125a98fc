package program_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"switchgram/cmd/switchgram/program"
	"switchgram/verto/vertotest"
)

// logIn has a page of its own log in.
func (h *house) logIn(name, password string) error {
	h.t.Helper()
	c, err := vertotest.Dial(h.ctx, "ws://"+h.program.VertoAddr().String(), vertotest.Options{})
	h.must(err)
	h.t.Cleanup(func() { _ = c.Close() })
	return c.Login(h.ctx, name, password)
}

func TestAnotherServerIsAskedAboutPasswords(t *testing.T) {
	asked := make(chan map[string]any, 8)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q map[string]any
		if json.NewDecoder(r.Body).Decode(&q) != nil || r.Header.Get("Authorization") != "Bearer hush" || r.Method != http.MethodPost {
			t.Errorf("asked with %s and %v", r.Method, r.Header)
		}
		asked <- q
		switch q["password"] {
		case "right":
			_, _ = w.Write([]byte(`{"name":"Carol Jones"}`)) // the client says so
		case "elsewhere":
			http.Redirect(w, r, "/other", http.StatusTemporaryRedirect)
		case "down":
			w.WriteHeader(http.StatusBadGateway)
		default:
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	t.Cleanup(site.Close)
	t.Setenv("LOGIN_TOKEN", "hush")
	h := lay(t, plan{settings: "verto: {listen: \"127.0.0.1:0\", login: {url: \"" + site.URL + "/check\", token_env: LOGIN_TOKEN, allow: [127.0.0.0/8]}}\nusers:\n" +
		"  - {name: carol, lines: [main]}\n" + pageUser(t, "eve", "lines: [main]")})
	h.must(h.logIn("carol@voice.example", "right"))
	if q := next(h, asked); q["user"] != "carol" || q["domain"] != "voice.example" || q["password"] != "right" || q["address"] != "127.0.0.1" {
		t.Errorf("it was asked %v", q)
	}
	h.must(h.logIn("eve", password)) // whose password is in the configuration
	for _, c := range [][2]string{{"carol", "wrong"}, {"carol", "down"}, {"carol", "elsewhere"}, {"mallory", "right"}} {
		if err := h.logIn(c[0], c[1]); err == nil {
			t.Errorf("%s logged in with %q", c[0], c[1])
		}
		if q := next(h, asked); q["user"] != c[0] {
			t.Errorf("it was asked about %v", q["user"])
		}
	}
	if len(asked) > 0 {
		t.Errorf("it was asked about %v, too", (<-asked)["user"])
	}
}

func TestWhereToAskAboutPasswords(t *testing.T) {
	for text, want := range map[string]string{
		"{url: \"http://crm.example/login\"}":     "https://",
		"{url: login}":                            "begins with https://",
		"{token_env: X}":                          "is missing",
		"{freeswitch: voice.example}":             "want freeswitch.event_socket",
		"{freeswitch: \"a b\"}":                   "want the domain",
		"{freeswitch: a, url: https://b.example}": "want one of them",
	} {
		_, err := program.Read("c.yaml", strings.NewReader(right+"\nverto: {login: "+text+"}\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
