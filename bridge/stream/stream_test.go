package stream

import (
	"bytes"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"switchgram/bridge"
)

func TestAReaderHearsWhatHappensFromNowOn(t *testing.T) {
	s := run(t, &shelf{}, Options{})
	s.tell(bridge.CallEnded, "sales", "before")
	l := s.listen("")
	s.tell(bridge.CallMissed, "sales", "after")

	m, _ := l.next()

	if m.event != "call.missed" || m.id != "2" || m.report.Call != "after" || m.report.Version != 1 || m.report.Line != "sales" {
		t.Errorf("heard %+v", m)
	}
	if got := l.answer.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("content type %q", got)
	}
}

func TestWhoWasCutOffMissesNothing(t *testing.T) {
	s := run(t, &shelf{}, Options{})
	l := s.listen("")
	s.tell(bridge.CallEnded, "sales", "1", "2", "3")
	first := l.calls(2)
	l.close()
	s.tell(bridge.CallEnded, "sales", names(3*page)...)

	rest := s.listen("after=0", lastEventID, l.lastID).calls(1 + 3*page) // the header counts, as browsers send both

	if !slices.Equal(first, []string{"1", "2"}) || !slices.Equal(rest, append([]string{"3"}, names(3*page)...)) {
		t.Errorf("heard %v, and %d later, the first of them %v", first, len(rest), rest[:3])
	}
}

func TestWhoComesFromTheBeginningHearsAllThatIsKept(t *testing.T) {
	kept := &shelf{}
	kept.add(bridge.CallEnded, "", names(2*page+7)...)
	s := run(t, kept, Options{})
	s.tell(bridge.CallEnded, "", "now")

	got := s.listen("after=0").calls(2*page + 8)

	if !slices.Equal(got, append(names(2*page+7), "now")) {
		t.Errorf("heard %d, the last is %s", len(got), got[len(got)-1])
	}
}

func TestAReaderHearsOnlyWhatItAskedFor(t *testing.T) {
	s := run(t, &shelf{}, Options{})
	l := s.listen("kind=call.missed,line.*&line=sales&line=support")
	s.tell(bridge.CallEnded, "sales", "no: another kind")
	s.tell(bridge.CallMissed, "office", "no: another line")
	s.tell(bridge.CallMissed, "sales", "1")
	s.tell(bridge.LineDown, "support", "2")

	if got := l.calls(2); !slices.Equal(got, []string{"1", "2"}) {
		t.Errorf("heard %v", got)
	}
}

func TestWhoHearsLittleStillKnowsHowFarItHasCome(t *testing.T) {
	s := run(t, &shelf{}, Options{Heartbeat: 10 * time.Millisecond})
	l := s.listen("kind=call.missed")
	s.tell(bridge.CallEnded, "sales", names(30)...)

	for l.lastID != "30" {
		if m := (message{}); !l.block(&m) || m.raw != "" {
			t.Fatalf("got %+v, want no event", m)
		}
	}
}

func TestEventsThatAreNotKeptAnyMoreAreToldAsAGap(t *testing.T) {
	for name, c := range map[string]struct {
		after string
		first string // what comes after the gap
	}{
		"forgotten":       {"3", "call-7"},
		"another archive": {"99", "call-7"},
	} {
		t.Run(name, func(t *testing.T) {
			kept := &shelf{}
			kept.add(bridge.CallEnded, "", names(10)...)
			kept.change(func() { kept.all = kept.all[7:] })
			s := run(t, kept, Options{})
			l := s.ask("", lastEventID, c.after)

			m, _ := l.next()

			if m.event != "stream.gap" || m.raw != `{"version":1,"kind":"stream.gap","after":`+c.after+`,"first":8}` || m.id != "7" {
				t.Errorf("first came %+v", m)
			}
			if got := l.calls(1)[0]; got != c.first {
				t.Errorf("then %s", got)
			}
		})
	}
}

func TestWhatWasErasedIsNotTold(t *testing.T) {
	kept := &shelf{}
	kept.add(bridge.CallEnded, "", "1", "2", "3")
	kept.change(func() { kept.all[1].JSON = nil })

	got := run(t, kept, Options{}).listen("after=0").calls(2)

	if !slices.Equal(got, []string{"1", "3"}) {
		t.Errorf("heard %v", got)
	}
}

func TestANameCannotMakeAnEvent(t *testing.T) {
	s := run(t, &shelf{}, Options{})
	l := s.listen("")
	name := "Eve\n\ndata: {}\r\nid: 99\u2028\x00"
	text, err := bridge.Event{Version: 1, Kind: bridge.CallMissed, Caller: bridge.Party{FirstName: name}}.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	s.put(Entry{Kind: bridge.CallMissed, JSON: text})
	s.Wake()

	m, _ := l.next()

	if m.raw != string(text) || m.id != "1" || bytes.ContainsAny(text, "\r\n") {
		t.Errorf("came %q, want %q", m.raw, text)
	}
}

func TestWhoHasNoTokenHearsNothing(t *testing.T) {
	s := run(t, &shelf{}, Options{Origins: []string{"https://board.example.org"}})
	for name, c := range map[string]struct {
		header, query string
		want          int
	}{
		"none":             {"", "", http.StatusUnauthorized},
		"wrong":            {"Bearer wrong", "", http.StatusUnauthorized},
		"half of it":       {"Bearer " + secret[:10], "", http.StatusUnauthorized},
		"another scheme":   {"Basic " + secret, "", http.StatusUnauthorized},
		"right":            {"bearer " + secret, "", http.StatusOK},
		"in the query":     {"", "access_token=" + strings.ReplaceAll(secret, " ", "+"), http.StatusOK},
		"wrong there":      {"", "access_token=x", http.StatusUnauthorized},
		"a huge query":     {"", "access_token=" + strings.Repeat("x", 10_000), http.StatusUnauthorized},
		"wrong, and right": {"Bearer wrong", "access_token=" + strings.ReplaceAll(secret, " ", "+"), http.StatusUnauthorized},
	} {
		l := s.ask(c.query, "Authorization", c.header)
		if l.answer.StatusCode != c.want {
			t.Errorf("%s: answered %s, want %d", name, l.answer.Status, c.want)
		}
		if c.want == http.StatusUnauthorized && l.answer.Header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: not told how to show who it is", name)
		}
	}
}

func TestPagesElsewhereMayReadOnlyIfTheyAreNamed(t *testing.T) {
	s := run(t, &shelf{}, Options{Origins: []string{"https://board.example.org"}})
	for origin, want := range map[string]string{"https://board.example.org": "https://board.example.org", "https://evil.example": "", "null": ""} {
		l := s.listen("", "Origin", origin)
		if got := l.answer.Header.Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("%s may: %q, want %q", origin, got, want)
		}
	}
}

func TestABrowserAsksBeforeItShowsAToken(t *testing.T) {
	s := run(t, &shelf{}, Options{Origins: []string{"https://board.example.org"}})
	for method, want := range map[string]int{http.MethodOptions: http.StatusNoContent, http.MethodPost: http.StatusMethodNotAllowed} {
		q, err := http.NewRequest(method, s.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("Origin", "https://board.example.org")
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		answer, err := client.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("%s: answered %s", method, answer.Status)
		}
		if allowed := answer.Header.Get("Access-Control-Allow-Headers"); method == http.MethodOptions && !strings.Contains(allowed, "Authorization") {
			t.Errorf("allowed headers: %q", allowed)
		}
	}
}

func TestThereAreOnlySoManyReaders(t *testing.T) {
	s := run(t, &shelf{}, Options{Readers: 2})
	first := s.listen("")
	s.listen("")
	if l := s.ask(""); l.answer.StatusCode != http.StatusServiceUnavailable || l.answer.Header.Get("Retry-After") == "" {
		t.Errorf("the third is answered %s", l.answer.Status)
	}
	first.close()
	for s.Stats().Readers > 1 { // it takes a moment until the server knows
		first.lines.Scan()
	}
	s.listen("")
}

func TestAReaderWaitsWhileTheArchiveIsAway(t *testing.T) {
	kept := &shelf{away: true}
	kept.add(bridge.CallEnded, "", "1")
	s := run(t, kept, Options{Heartbeat: 5 * time.Millisecond})
	l := s.ask("after=0")
	if told := l.block(&message{}); !told || !l.block(&message{}) || l.lastID != "" { // retry, and a sign of life
		t.Fatalf("not told that we are there, or a place %q that is not known", l.lastID)
	}

	kept.change(func() { kept.away = false })
	s.Wake()

	if got := l.calls(1)[0]; got != "1" {
		t.Errorf("heard %s", got)
	}
}

// waited is how a reader is written to that the test decides about: how long it is waited for, and when that is over.
type waited struct {
	http.ResponseWriter
	until chan time.Time // the first deadline of a write
}

// SetWriteDeadline implements what http.ResponseController looks for.
func (w *waited) SetWriteDeadline(at time.Time) error {
	select {
	case w.until <- at:
	default:
	}
	return nil
}

// Unwrap leaves the rest to the server's own.
func (w *waited) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// over has the time be over.
func (w *waited) over() error {
	return http.NewResponseController(w.ResponseWriter).SetWriteDeadline(time.Unix(1, 0))
}

func TestAReaderThatTakesNothingIsCutOffHoldsUpNobodyAndMissesNothing(t *testing.T) {
	var stuck atomic.Pointer[waited] // the first to ask
	s := runBehind(t, &shelf{}, Options{Patience: patience}, func(stream http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if it := (&waited{w, make(chan time.Time, 1)}); stuck.CompareAndSwap(nil, it) {
				w = it
			}
			stream.ServeHTTP(w, r)
		})
	})
	const count = 1_000
	for i := range count { // in all more than sockets hold
		s.add(bridge.CallEnded, strings.Repeat("x", 5000), fmt.Sprint("call-", i))
	}
	slow, other := s.listen("after=0"), s.listen("after=0")

	if got := other.calls(count)[count-1]; got != fmt.Sprint("call-", count-1) {
		t.Errorf("the other heard %s last", got)
	}
	if left := time.Until(<-stuck.Load().until); left > patience || left < -patience {
		t.Errorf("it is waited for another %s, want at most %s", left, patience)
	}
	if err := stuck.Load().over(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(patience); s.Stats().Dropped == 0; { // while the slow one sleeps
		if time.Now().After(end) {
			t.Fatal("it was not cut off")
		}
		runtime.Gosched()
	}
	got := 0
	for _, ok := slow.next(); ok; _, ok = slow.next() {
		got++
	}
	if rest := s.listen("", lastEventID, slow.lastID).calls(count - got); rest[0] != fmt.Sprint("call-", got) {
		t.Errorf("after %d events came %s", got, rest[0])
	}
}

func TestReadersAreLetGoAtTheEnd(t *testing.T) {
	s := run(t, &shelf{}, Options{})
	l := s.listen("")
	s.end()
	if m, ok := l.next(); ok {
		t.Errorf("heard %+v", m)
	}
}

func TestWhatIsInMemoryIsBounded(t *testing.T) {
	tape := newTape()
	now := time.Now()
	tape.begin(0)
	for i := range int64(3 * tapeSize) {
		tape.add([]frame{{id: i + 1, at: now.Add(time.Duration(i)), text: make([]byte, 1000)}})
	}
	if len(tape.frames) > tapeSize || tape.bytes > tapeBytes || tape.last() != 3*tapeSize {
		t.Errorf("%d events of %d bytes", len(tape.frames), tape.bytes)
	}
	if _, from, held, _ := tape.after(1, page); held || from != tape.frames[0].id-1 {
		t.Errorf("what was dropped is held: %v; after %d there is all", held, from)
	}
	tape.forget(now.Add(time.Hour))
	if len(tape.frames) != 0 || tape.bytes != 0 {
		t.Errorf("%d events, %d bytes after an hour", len(tape.frames), tape.bytes)
	}
	if frames, _, held, _ := tape.after(3*tapeSize, page); !held || len(frames) != 0 {
		t.Error("who has heard all is sent to the archive")
	}
}

func TestWhatCannotBeAStream(t *testing.T) {
	for name, o := range map[string]Options{
		"no archive":    {Tokens: []string{secret}},
		"no token":      {Archive: &shelf{}},
		"a short token": {Archive: &shelf{}, Tokens: []string{"guess me"}},
		"a heartbeat":   {Archive: &shelf{}, Tokens: []string{secret}, Heartbeat: -1},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%s: made", name)
		}
	}
}
