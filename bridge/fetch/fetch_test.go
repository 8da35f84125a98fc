package fetch

import (
	"compress/gzip"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// newClient makes a client that may reach this machine.
func newClient(t testing.TB, o Options) *Client {
	o.Allow = loopback
	c := New(o)
	t.Cleanup(c.Close)
	return c
}

func serve(t testing.TB, h http.HandlerFunc) *httptest.Server {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func TestAWholeAnswerComesBack(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Saw", fmt.Sprintf("%s %s %s %s", r.Method, r.Host, r.UserAgent(), body))
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write([]byte("short and stout"))
	})
	c := newClient(t, Options{})

	got, err := c.Do(t.Context(), Request{URL: s.URL + "/tea?secret=1", Body: []byte("milk"), Header: http.Header{"Host": {"pot.example.org"}}})

	if err != nil {
		t.Fatal(err)
	}
	if got.Status != http.StatusTeapot || got.OK() || string(got.Body) != "short and stout" || got.URL != s.URL+"/tea?secret=1" {
		t.Errorf("answer %+v", got)
	}
	if saw := got.Header.Get("X-Saw"); saw != "POST pot.example.org Switchgram milk" {
		t.Errorf("the server saw %q", saw)
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	var opened atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	c := newClient(t, Options{})
	for range 5 {
		if _, err := c.Do(t.Context(), Request{URL: s.URL}); err != nil {
			t.Fatal(err)
		}
	}
	if n := opened.Load(); n != 1 {
		t.Errorf("%d connections for five requests", n)
	}
}

func TestNamesThatLeadInsideAreRefusedAfterTheyAreResolved(t *testing.T) {
	s := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("somebody got in") })
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	c := New(Options{})
	t.Cleanup(c.Close)
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0"} {
		_, err := c.Do(t.Context(), Request{URL: "http://" + host + ":" + port + "/token-in-the-path"})
		var refused *RefusedError
		if !errors.As(err, &refused) {
			t.Errorf("%s: %v", host, err)
		} else if strings.Contains(err.Error(), "token") {
			t.Errorf("the error shows the path: %v", err)
		}
	}
}

func TestARedirectDoesNotLeadInside(t *testing.T) {
	inside := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("somebody got in") })
	outside := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, port, _ := net.SplitHostPort(inside.Listener.Addr().String())
		http.Redirect(w, r, "http://127.0.0.2:"+port+"/", http.StatusFound)
	})
	c := New(Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	t.Cleanup(c.Close)
	_, err := c.Do(t.Context(), Request{URL: outside.URL})
	var refused *RefusedError
	if !errors.As(err, &refused) || refused.Addr != netip.MustParseAddr("127.0.0.2") {
		t.Errorf("got %v", err)
	}
}

func TestSecretsDoNotFollowARedirectToAnotherHost(t *testing.T) {
	seen := make(chan http.Header, 1)
	other := serve(t, func(_ http.ResponseWriter, r *http.Request) { seen <- r.Header })
	first := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	})
	c := newClient(t, Options{})

	_, err := c.Do(t.Context(), Request{URL: first.URL, Header: http.Header{"X-Api-Key": {"k"}, "Authorization": {"a"}, "Accept": {"text/html"}}})

	if err != nil {
		t.Fatal(err)
	}
	if h := <-seen; h.Get("X-Api-Key") != "" || h.Get("Authorization") != "" || h.Get("Accept") != "text/html" {
		t.Errorf("the other host saw %v", h)
	}
}

func TestRedirectsAreBounded(t *testing.T) {
	var asked atomic.Int32
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		http.Redirect(w, r, "/again", http.StatusFound)
	})
	_, err := newClient(t, Options{Redirects: 3}).Do(t.Context(), Request{URL: s.URL})
	if !errors.Is(err, ErrRedirects) || asked.Load() != 4 {
		t.Errorf("%v after %d requests", err, asked.Load())
	}
	got, err := newClient(t, Options{Redirects: -1}).Do(t.Context(), Request{URL: s.URL})
	if err != nil || got.Status != http.StatusFound {
		t.Errorf("%+v, %v; want the redirect itself", got, err)
	}
}

func TestARequestThatKeepsToItsHostFollowsNobodyElse(t *testing.T) {
	var elsewhere, asked atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch n := asked.Add(1); {
		case r.URL.Path == "/away":
			http.Redirect(w, r, other.URL, http.StatusFound)
		case r.URL.Path == "/near" && n < 4:
			http.Redirect(w, r, "/near", http.StatusFound)
		case r.URL.Path == "/again":
			http.Redirect(w, r, "/again", http.StatusFound)
		}
	}))
	defer s.Close()
	c := newClient(t, Options{})
	if got, err := c.Do(t.Context(), Request{URL: s.URL + "/near", Redirects: 3}); err != nil || got.Status != 200 {
		t.Errorf("%+v, %v", got, err)
	}
	for path, want := range map[string]error{"/away": ErrElsewhere, "/again": ErrRedirects} {
		if _, err := c.Do(t.Context(), Request{URL: s.URL + path, Redirects: 3}); !errors.Is(err, want) || elsewhere.Load() > 0 {
			t.Errorf("%s: %v, asked elsewhere %d times", path, err, elsewhere.Load())
		}
	}
}

func TestARedirectFromTLSIntoTheOpenIsRefused(t *testing.T) {
	open := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("asked in the open") })
	s := httptest.NewTLSServer(http.RedirectHandler(open.URL, http.StatusFound))
	t.Cleanup(s.Close)
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	_, err := newClient(t, Options{RootCAs: pool}).Do(t.Context(), Request{URL: s.URL})
	if !errors.Is(err, ErrDowngrade) {
		t.Errorf("got %v", err)
	}
}

func TestAServerThatCannotProveItselfIsNotAsked(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("asked") }))
	s.Config.ErrorLog = quiet()
	s.StartTLS()
	t.Cleanup(s.Close)
	_, err := newClient(t, Options{}).Do(t.Context(), Request{URL: s.URL})
	var unknown x509.UnknownAuthorityError
	if !errors.As(err, &unknown) {
		t.Errorf("got %v", err)
	}
}

func TestAnswersThatAreTooLongAreCutOff(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip") // little on the wire
		z := gzip.NewWriter(w)
		for range 64 {
			_, _ = z.Write(make([]byte, 1<<20))
		}
		_ = z.Close()
	})
	_, err := newClient(t, Options{MaxBody: 1 << 20}).Do(t.Context(), Request{URL: s.URL})
	if !errors.Is(err, ErrTooLong) {
		t.Errorf("got %v", err)
	}
}

func TestAnEndpointThatHangsOrNeverEnds(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"says nothing": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"never ends": func(w http.ResponseWriter, r *http.Request) {
			tick := time.NewTicker(time.Millisecond)
			defer tick.Stop()
			for r.Context().Err() == nil {
				_, _ = w.Write([]byte("."))
				_ = http.NewResponseController(w).Flush()
				<-tick.C
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, h)
			_, err := newClient(t, Options{}).Do(t.Context(), Request{URL: s.URL, Timeout: 50 * time.Millisecond})
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAddressesThatMakeNoSense(t *testing.T) {
	c := newClient(t, Options{})
	for _, u := range []string{"", "ftp://example.org/", "file:///etc/passwd", "http://", "//example.org", "gopher://x", "http://exa mple.org/secret", "http://[::1/secret"} {
		_, err := c.Do(t.Context(), Request{URL: u})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", u, err)
		}
	}
	if _, err := c.Do(t.Context(), Request{URL: "http://127.0.0.1/", Method: "GET /secret"}); err == nil {
		t.Error("a method with a blank was sent")
	}
	if _, err := c.Do(t.Context(), Request{URL: "http://127.0.0.1/", Header: http.Header{"X": {"a\r\nHost: b"}}}); err == nil {
		t.Error("a header with a line break was sent")
	}
}

func TestARequestMayFollowRedirectsThoughItsClientDoesNot(t *testing.T) {
	var asked atomic.Int32
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1); r.URL.Path != "/there" {
			http.Redirect(w, r, "/there", http.StatusTemporaryRedirect)
		}
	})
	c := newClient(t, Options{Redirects: -1})
	if got, err := c.Do(t.Context(), Request{URL: s.URL, Body: []byte("x"), Redirects: 3}); err != nil || got.Status != http.StatusOK || asked.Load() != 2 {
		t.Errorf("%+v, %v after %d requests", got, err, asked.Load())
	}
}
