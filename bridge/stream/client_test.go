package stream

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"switchgram/bridge"
)

const secret = "a secret of some length"

// patience is a safety net; no test waits so long when things go well.
const patience = 5 * time.Minute

// running is a stream that is served over HTTP until the test ends.
type running struct {
	*Stream
	*shelf
	t   testing.TB
	url string
	end func() // ends Run and waits for it
}

func run(t testing.TB, s *shelf, o Options) *running {
	t.Helper()
	return runBehind(t, s, o, func(s http.Handler) http.Handler { return s })
}

// runBehind is run with something between the stream and those who ask.
func runBehind(t testing.TB, s *shelf, o Options, between func(http.Handler) http.Handler) *running {
	t.Helper()
	o.Archive, o.Tokens = s, []string{"another secret that is valid", secret}
	st, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(between(st))
	server.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		_ = c.(*net.TCPConn).SetWriteBuffer(64 << 10) // so that it is soon known who does not read
		return ctx
	}
	server.Start()
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { _ = st.Run(ctx) })
	r := &running{Stream: st, shelf: s, t: t, url: server.URL, end: func() { cancel(); work.Wait() }}
	t.Cleanup(func() { r.end(); server.Close() })
	return r
}

// tell has something happen.
func (r *running) tell(kind bridge.EventKind, line string, calls ...string) {
	r.add(kind, line, calls...)
	r.Wake()
}

// message is an event as a browser sees it.
type message struct {
	id, event string
	report    bridge.Report
	raw       string
}

// listener is a reader, which understands the stream as the standard says.
type listener struct {
	t      testing.TB
	answer *http.Response
	lines  *bufio.Scanner
	lastID string
	close  context.CancelFunc
}

// ask sends a request; header are names and values.
func (r *running) ask(query string, header ...string) *listener {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	r.t.Cleanup(cancel)
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url+"/events?"+query, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+secret)
	for i := 0; i < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(q)
	if err != nil {
		r.t.Fatal(err)
	}
	l := &listener{t: r.t, answer: answer, lines: bufio.NewScanner(answer.Body), close: cancel}
	l.lines.Buffer(nil, 1<<20)
	r.t.Cleanup(func() { _ = answer.Body.Close() })
	return l
}

// listen is ask for somebody who is answered with a stream, and knows where it begins.
func (r *running) listen(query string, header ...string) *listener {
	r.t.Helper()
	l := r.ask(query, header...)
	if l.answer.StatusCode != http.StatusOK {
		r.t.Fatalf("answered %s", l.answer.Status)
	}
	for l.lastID == "" {
		if !l.block(&message{}) {
			r.t.Fatal("the stream ended before it began")
		}
	}
	return l
}

// block reads as far as the next empty line, and tells whether there was one.
func (l *listener) block(m *message) bool {
	id := l.lastID
	for l.lines.Scan() {
		text := l.lines.Text()
		name, value, _ := strings.Cut(text, ": ")
		switch {
		case text == "":
			l.lastID, m.id = id, id // an event that breaks off here is none
			return true
		case name == "id":
			id = value
		case name == "event":
			m.event = value
		case name == "data":
			m.raw += value
		}
	}
	return false
}

// next waits for the next event; ok is false if the stream has ended.
func (l *listener) next() (m message, ok bool) {
	l.t.Helper()
	for m.raw == "" {
		if !l.block(&m) {
			return m, false
		}
	}
	if err := json.Unmarshal([]byte(m.raw), &m.report); err != nil {
		l.t.Fatalf("%q: %v", m.raw, err)
	}
	return m, true
}

// calls are those of the next n events.
func (l *listener) calls(n int) (all []string) {
	l.t.Helper()
	for range n {
		m, ok := l.next()
		if !ok {
			l.t.Fatalf("the stream ended after %d of %d events", len(all), n)
		}
		all = append(all, string(m.report.Call))
	}
	return all
}
