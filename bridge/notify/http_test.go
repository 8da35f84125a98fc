package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/fetch"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// patience is a safety net; no test waits so long when things go well.
const patience = 5 * time.Minute

// oneTry sends a missed call to an endpoint, past the queue, and returns what went wrong; an endpoint may take so long.
func oneTry(t testing.TB, to HTTP, within time.Duration) error {
	t.Helper()
	p, err := NewPlan([]Subscription{{Name: "hook", Events: []string{"call.*"}, To: to}})
	if err != nil {
		t.Fatal(err)
	}
	n, err := New(Options{Plan: p, Queue: newMemory(), Fetch: fetch.Options{Allow: loopback, Timeout: within}})
	if err != nil {
		t.Fatal(err)
	}
	return n.Test(t.Context(), "hook", Sample(bridge.CallMissed, time.Now()))
}

func serve(t testing.TB, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // only then the server sees that the client has left
		r.Body = io.NopCloser(bytes.NewReader(body))
		h(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestAWebhookIsTheEventAndIsSigned(t *testing.T) {
	problem := make(chan error, 1)
	at := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		_, _ = body.ReadFrom(r.Body)
		var report bridge.Report
		err := json.Unmarshal(body.Bytes(), &report)
		if err == nil && (report.Kind != bridge.CallMissed || report.Version != 1 || report.Caller.Name != "Ann Example" || r.Header.Get("Content-Type") != "application/json") {
			err = fmt.Errorf("got %s", body.String())
		}
		if err == nil {
			err = Verify(r.Header, body.Bytes(), time.Now(), key(t, oldKey))
		}
		problem <- err
	})
	if err := oneTry(t, HTTP{URL: at, Keys: []string{newKey, oldKey}}, patience); err != nil {
		t.Fatal(err)
	}
	if err := <-problem; err != nil {
		t.Error(err)
	}
}

func TestEndpointsThatMisbehaveAreFailuresWithinASecondOrTwo(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"hangs": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"streams for ever": func(w http.ResponseWriter, r *http.Request) {
			for chunk := bytes.Repeat([]byte("x"), 1<<10); r.Context().Err() == nil; {
				_, _ = w.Write(chunk)
			}
		},
		"answers garbage": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_, _ = conn.Write([]byte("\x00\xff garbage \r\n\r\n"))
				_ = conn.Close()
			}
		},
		"redirects": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
	} {
		t.Run(name, func(t *testing.T) {
			if err := oneTry(t, HTTP{URL: serve(t, h), Unsigned: true}, 200*time.Millisecond); err == nil {
				t.Error("that counted as delivered")
			}
		})
	}
}

func TestAnErrorShowsTheEndpointsWordsAndNoSecrets(t *testing.T) {
	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		http.Error(w, "no token "+r.PostForm.Get("token")+" at "+r.URL.Path+"\nsorry", http.StatusBadRequest)
	})
	err := oneTry(t, HTTP{
		URL: at + `/services/{{secret "path"}}/in`, Form: map[string]string{"token": `{{secret "token"}}`},
		Secrets: map[string]string{"token": "hunter2", "path": "T0/B0", "like the token": "hunter"},
	}, patience)
	if err == nil || !strings.HasPrefix(err.Error(), "answered 400 Bad Request: no token *** at ") || !strings.HasSuffix(err.Error(), "sorry") {
		t.Fatalf("got %v", err)
	}
	if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "T0/B0") {
		t.Errorf("it shows a secret: %v", err)
	}
}

func TestAnEndpointSaysWhenToComeBackWithinReason(t *testing.T) {
	now := time.Now()
	for text, want := range map[string]time.Duration{
		"120": 2 * time.Minute, "999999": mostAsked, "-5": 0, "soon": 0, "": 0, "99999999999999999999": 0,
		now.Add(30 * time.Minute).UTC().Format(http.TimeFormat): 30 * time.Minute, now.Add(-time.Hour).UTC().Format(http.TimeFormat): 0,
	} {
		if got := asked(http.Header{"Retry-After": {text}}, now); (got - want).Abs() > time.Second {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestPausesGrowToAnHourAndDiffer(t *testing.T) {
	seen := map[time.Duration]bool{}
	for n := 1; n < 100; n++ {
		d := pause(n, mostPause)
		seen[d] = true
		full := mostPause
		if n < 11 {
			full = firstPause << (n - 1)
		}
		if d < full/2 || d > full {
			t.Errorf("after %d failures: %s, want %s to %s", n, d, full/2, full)
		}
	}
	if len(seen) < 90 {
		t.Error("the pauses are not by chance")
	}
}

// TestNothingSecretIsLogged runs a whole notifier against an endpoint that fails, and reads its log.
func TestNothingSecretIsLogged(t *testing.T) {
	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, r.URL.String(), http.StatusInternalServerError)
	})
	p, err := NewPlan([]Subscription{{Name: "hook", Events: []string{"*"}, To: HTTP{URL: at + "/hunter2", Keys: []string{oldKey}}}})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	failed, q := make(chan State, 8), newMemory()
	n, err := New(Options{
		Plan: p, Queue: q, Fetch: fetch.Options{Allow: loopback}, Tried: func(_ string, s State) { failed <- s },
		Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	q.add(p.Notifications(Sample(bridge.CallMissed, time.Now()))...)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = n.Run(ctx) })
	if s := <-failed; s != Waiting {
		t.Errorf("became %s", s)
	}
	cancel()
	running.Wait()
	if text := log.String(); !strings.Contains(text, "answered 500") || strings.Contains(text, "hunter2") || strings.Contains(text, oldKey[6:]) {
		t.Errorf("logged:\n%s", text)
	}
}

func TestAnAddressInsideIsRefusedUnlessAllowed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p, err := NewPlan([]Subscription{{Name: "hook", Events: []string{"*"}, To: HTTP{URL: "http://" + l.Addr().String(), Unsigned: true}}})
	if err != nil {
		t.Fatal(err)
	}
	n, err := New(Options{Plan: p, Queue: newMemory()})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Test(t.Context(), "hook", Sample(bridge.LineUp, time.Now())); err == nil || !strings.Contains(err.Error(), "loopback") {
		t.Errorf("got %v", err)
	}
}
