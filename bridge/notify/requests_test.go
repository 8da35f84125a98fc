package notify

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"switchgram/bridge/fetch"
)

func TestScriptsRequestIsMadeOnceItIsDue(t *testing.T) {
	status, said := http.StatusOK, ""
	slack := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		said = r.Header.Get("X-Test") + " " + string(body)
		w.WriteHeader(status)
	}))
	defer slack.Close()
	client := fetch.New(fetch.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Redirects: -1})
	defer client.Close()
	to := Requests{Open: func(sealed []byte) (fetch.Request, error) {
		if string(sealed) != "sealed" {
			return fetch.Request{}, errors.New("not sealed by us")
		}
		return fetch.Request{URL: slack.URL, Header: http.Header{"X-Test": {"7"}}, Body: []byte("missed")}, nil
	}}
	n, err := NewRequest("scripts", "5f-1 callflow[3]", "5f-1", []byte("sealed"))
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := NewRequest("scripts", "5f-1 callflow[3]", "5f-1", nil); again.ID != n.ID || n.Call != "" {
		t.Errorf("%+v is not %+v", again, n)
	}

	for _, c := range []struct {
		status        int
		failed, final bool
	}{{200, false, false}, {204, false, false}, {500, true, false}, {503, true, false}, {429, true, false}, {404, true, true}, {302, true, true}} {
		status, said = c.status, ""
		var f *failure
		if err := to.send(t.Context(), client, Delivery{Notification: n}, nil); errors.As(err, &f) != c.failed || f != nil && f.final != c.final {
			t.Errorf("answered %d: %v", c.status, err)
		}
		if said != "7 missed" {
			t.Errorf("it was told %q", said)
		}
	}
	n.Event = []byte(`{"request":"AAAA"}`)
	var f *failure
	if err := to.send(t.Context(), client, Delivery{Notification: n}, nil); !errors.As(err, &f) || !f.final {
		t.Errorf("what cannot be opened is tried again: %v", err)
	}
}

func TestRequestsAreNoEventsAndAreNeverParked(t *testing.T) {
	if _, err := NewPlan([]Subscription{{Name: "scripts", To: Requests{}}}); err == nil {
		t.Error("requests that cannot be opened were taken")
	}
	p, err := NewPlan([]Subscription{{Name: "scripts", To: Requests{Open: func([]byte) (fetch.Request, error) { return fetch.Request{}, nil }}}})
	if err != nil {
		t.Fatal(err)
	}
	l := newLane(&Notifier{o: Options{Tried: func(string, State) {}, Log: slog.New(slog.DiscardHandler)}}, p.endpoints[0])
	for range 2 * parkAfter {
		l.failed(Delivery{}, Result{State: Waiting})
	}
	if l.shown().Parked {
		t.Error("one place that takes nothing has parked all")
	}
}

// TestScriptsRequestFollowsItsRedirects as the script says, though endpoints of notifications follow none.
func TestScriptsRequestFollowsItsRedirects(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("another host was told") }))
	defer other.Close()
	crm := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/near":
			http.Redirect(w, r, "/here", http.StatusTemporaryRedirect)
		case "/away":
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusTemporaryRedirect)
		}
	}))
	defer crm.Close()
	client := fetch.New(fetch.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Redirects: -1})
	defer client.Close()
	for path, want := range map[string]error{"/near": nil, "/away": fetch.ErrElsewhere, "/round": fetch.ErrRedirects} {
		to := Requests{Open: func([]byte) (fetch.Request, error) {
			return fetch.Request{URL: crm.URL + path, Body: []byte("x"), Redirects: 3}, nil
		}}
		n, err := NewRequest("scripts", path, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		err = to.send(t.Context(), client, Delivery{Notification: n}, nil)
		var f *failure
		if !errors.Is(err, want) || want != nil && (!errors.As(err, &f) || !f.final) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
