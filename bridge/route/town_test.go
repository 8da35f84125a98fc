package route_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"switchgram/bridge/fetch"
	"switchgram/bridge/route"
	"switchgram/bridge/route/folder"
	"switchgram/bridge/route/rehearsal"
)

// asked is a request that somebody in town got.
type asked struct {
	host, path, method string
	header             http.Header
	body               string
}

// town is everybody that scripts talk to over HTTP: one server that plays Slack, Pushover and the CRM, and a client that finds it by any name.
type town struct {
	client *fetch.Client
	server *url.URL
	mu     sync.Mutex
	got    []asked
	answer map[string]http.HandlerFunc // by host and path
}

func newTown(t testing.TB) *town {
	w := &town{answer: map[string]http.HandlerFunc{}}
	s := httptest.NewServer(w)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	w.server = u
	w.client = fetch.New(fetch.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	t.Cleanup(func() { w.client.Close(); s.Close() })
	return w
}

// Do sends a request to the server, with the host that was meant.
func (w *town) Do(ctx context.Context, r fetch.Request) (*fetch.Response, error) {
	u, err := url.Parse(r.URL)
	if err != nil {
		return nil, err
	}
	r.Header = r.Header.Clone()
	r.Header.Set("Host", u.Host)
	u.Scheme, u.Host = w.server.Scheme, w.server.Host
	r.URL = u.String()
	return w.client.Do(ctx, r)
}

// Enqueue sends it as well, later: here at once.
func (w *town) Enqueue(ctx context.Context, _ string, r fetch.Request) error {
	_, err := w.Do(ctx, r)
	return err
}

func (w *town) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.mu.Lock()
	w.got = append(w.got, asked{r.Host, r.URL.EscapedPath(), r.Method, r.Header.Clone(), string(body)})
	answer := w.answer[r.Host+r.URL.Path]
	w.mu.Unlock()
	if answer != nil {
		answer(out, r)
	}
}

// says has a host and path answer JSON.
func (w *town) says(where, body string) {
	w.answer[where] = func(out http.ResponseWriter, _ *http.Request) {
		out.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(out, body)
	}
}

// to are the requests that a host got.
func (w *town) to(host string) (all []asked) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, a := range w.got {
		if a.host == host {
			all = append(all, a)
		}
	}
	return all
}

// one is the only request that a host got.
func (w *town) one(t *testing.T, host string) asked {
	t.Helper()
	all := w.to(host)
	if len(all) != 1 {
		t.Fatalf("%s got %d requests: %+v", host, len(all), all)
	}
	return all[0]
}

// decoded is the body as JSON.
func (a asked) decoded(t *testing.T) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
	return v
}

// tuesday is in working hours in Kyiv, night is not.
var (
	tuesday = time.Date(2026, 11, 24, 10, 30, 0, 0, time.UTC)
	night   = time.Date(2026, 11, 24, 21, 30, 0, 0, time.UTC)
)

// scene is a call of the example routes.
type scene struct {
	t       *testing.T
	town    *town
	stage   *rehearsal.Stage
	library *route.Library
	at      time.Time
	facts   map[string]string
	ending  route.Ending
	state   *route.State
}

// newScene has somebody call whose name is not harmless.
func newScene(t *testing.T) *scene {
	t.Helper()
	l, err := folder.Load("../../docs/routes", folder.Options{Lenient: true})
	if err != nil {
		t.Fatal(err)
	}
	l.Secrets["slack_missed_hook"] = "https://hooks.slack.com/services/T0/B0/secret"
	l.Secrets["crm_token"], l.Secrets["crm_user"], l.Secrets["crm_password"] = "crm-token", "robot", `pass"word`
	l.Secrets["pushover_user"], l.Secrets["pushover_token"] = "po-user", "po-token"
	return &scene{t: t, town: newTown(t), stage: rehearsal.New(io.Discard), library: l, at: tuesday, facts: map[string]string{
		"caller_id_name": `Ann <b>&"${secret}`, "caller_id_number": "+380501234567",
	}}
}

// expect says what an application is answered.
func (s *scene) expect(application, answer string) {
	s.t.Helper()
	if err := s.stage.Expect(application, answer); err != nil {
		s.t.Fatal(err)
	}
}

// calls runs a call to its end.
func (s *scene) calls(in, number string) {
	s.t.Helper()
	o := s.stage.Options(s.library, s.at)
	o.HTTP, o.Requests = s.town, s.town
	e := route.NewEngine(o)
	state, err := e.Begin(s.stage, route.Arrival{Context: in, Number: number, Direction: "inbound", Source: "sip", Facts: s.facts})
	if err != nil {
		s.t.Fatal(err)
	}
	s.state, s.ending = state, e.Run(s.t.Context(), s.stage, state)
	if err := errors.Join(e.End(state, s.stage.Ended(s.ending)), e.Afterwards(s.t.Context(), state)); err != nil {
		s.t.Error(err)
	}
	e.Wait()
}

// did wants something to have been done, in order.
func (s *scene) did(want ...string) {
	s.t.Helper()
	done := s.stage.Done()
	at := 0
	for _, line := range done {
		if at < len(want) && strings.Contains(line, want[at]) {
			at++
		}
	}
	if at < len(want) {
		s.t.Errorf("%q was not done, or not in its turn:\n%s", want[at], strings.Join(done, "\n"))
	}
}

// not wants something not to have been done.
func (s *scene) not(what string) {
	s.t.Helper()
	for _, line := range s.stage.Done() {
		if strings.Contains(line, what) {
			s.t.Errorf("this should not be done: %s", line)
		}
	}
}

// ends wants the script to have hung up so.
func (s *scene) ends(cause string) {
	s.t.Helper()
	if got := fmt.Sprint(s.ending.Kind, " ", s.ending.Cause); got != "hung up "+cause {
		s.t.Errorf("ended %s at %s, want hung up %s", got, s.ending.Step, cause)
	}
}
