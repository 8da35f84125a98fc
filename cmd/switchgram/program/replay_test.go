package program_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"

	"switchgram/tgcall"
	"switchgram/tgcall/testnet"
	"switchgram/verto/vertotest"
)

// captured is a line of testdata/pages: what a page said or was told, or what somebody on Telegram did meanwhile. Each file is one client in
// Chromium that was tried by hand against this program, its sound measured at both ends: FreeSWITCH's own verto.js of August 2020 and of
// 2023. Of descriptions of sound it is only told that they were there. Mended since, here as there: pages that ring are told ORIGINATOR_CANCEL
// when the caller gives up, and whom a call is with is told once.
type captured struct {
	Scenario string          `json:"scenario"`
	Kind     string          `json:"kind"` // open, close: a connection; c2s, s2c: a frame; do
	Conn     int             `json:"conn"`
	Frame    json.RawMessage `json:"frame"`
	Do       string          `json:"do"` // dial, taken, discard
}

// TestRealClientsAreAnsweredAsWhenTheyWereTried: what they said is said again, and they are told the same, of each call in the same order.
func TestRealClientsAreAnsweredAsWhenTheyWereTried(t *testing.T) {
	for _, client := range []string{"verto-2020", "verto-2023"} {
		t.Run(client, func(t *testing.T) {
			users := pageUser(t, "mallory", "lines: []")
			for _, name := range []string{"eve", "bob", "carl"} {
				users += pageUser(t, name, "lines: [main], roles: [talk, listen, whisper]")
			}
			p := withPages(t, users)
			p.to = "verto:eve"
			r := newReplay(build(t, p))
			for _, scenario := range scenarios(t, filepath.Join("testdata", "pages", client+".jsonl")) {
				t.Logf("%s: %d lines", scenario[0].Scenario, len(scenario))
				r.run(scenario)
			}
		})
	}
}

// scenarios are the lines of a file, one after the other.
func scenarios(t *testing.T, file string) (all [][]captured) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var c captured
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		if len(all) == 0 || all[len(all)-1][0].Scenario != c.Scenario {
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], c)
	}
	if lines.Err() != nil || len(all) < 2 {
		t.Fatalf("%s: %d scenarios, %v", file, len(all), lines.Err())
	}
	return all
}

// replay is a house in which scenarios happen once more.
type replay struct {
	*house
	ann    *testnet.Phone
	taken  chan *tgcall.Call
	call   *tgcall.Call // ann's
	lines  map[int]*wire
	names  map[string]string // what chance chose now, by what it chose then
	sounds map[string]*sounding
}

// sounding is the sound of a page's call, by the page's connection and the call's id.
type sounding struct {
	*vertotest.Browser
	offer string // the server's, to be answered
}

// wire is the connection of a page.
type wire struct {
	ws   *websocket.Conn
	mu   sync.Mutex
	told []map[string]any // that nothing was made of yet
	more chan struct{}    // closed and renewed when something comes
}

func newReplay(h *house) *replay {
	r := &replay{house: h, taken: make(chan *tgcall.Call, 8)}
	r.ann = h.person(h.ann(), takes(r.taken))
	return r
}

// run lets one scenario happen.
func (r *replay) run(all []captured) {
	r.t.Helper()
	r.lines, r.names, r.sounds = map[int]*wire{}, map[string]string{}, map[string]*sounding{}
	for i, c := range all {
		where := fmt.Sprintf("%s, line %d", c.Scenario, i+1)
		switch c.Kind {
		case "open":
			r.open(c.Conn)
		case "close":
			_ = r.lines[c.Conn].ws.Close() // the server may have closed it
		case "c2s":
			r.say(c)
		case "s2c":
			r.isTold(where, c)
		case "do":
			r.do(c.Do)
		}
	}
	for _, l := range r.lines {
		_ = l.ws.Close()
	}
	for len(r.ended) > 0 { // nobody asks how they ended
		<-r.ended
	}
}

func (r *replay) open(conn int) {
	r.t.Helper()
	ws, _, err := websocket.DefaultDialer.DialContext(r.ctx, "ws://"+r.program.VertoAddr().String(), nil)
	r.must(err)
	l := &wire{ws: ws, more: make(chan struct{})}
	r.lines[conn] = l
	var reading sync.WaitGroup
	reading.Go(l.read)
	r.t.Cleanup(func() { _ = ws.Close(); reading.Wait() })
}

func (l *wire) read() {
	for {
		var told map[string]any
		if l.ws.ReadJSON(&told) != nil {
			return
		}
		l.mu.Lock()
		l.told = append(l.told, told)
		close(l.more)
		l.more = make(chan struct{})
		l.mu.Unlock()
	}
}

// do is what ann does.
func (r *replay) do(what string) {
	r.t.Helper()
	switch what {
	case "dial":
		var err error
		r.call, err = r.ann.Dial(r.ctx, "@line_main")
		r.must(err)
	case "taken":
		r.call = next(r.house, r.taken)
	case "discard":
		r.must(r.call.Discard(r.ctx, tgcall.Hangup))
	}
}

// say sends what a page said, with the names and descriptions of now.
func (r *replay) say(c captured) {
	r.t.Helper()
	var frame map[string]any
	r.must(json.Unmarshal([]byte(r.renew(string(c.Frame))), &frame))
	if params, _ := frame["params"].(map[string]any); params["sdp"] != nil {
		dialog := params["dialogParams"].(map[string]any)
		params["sdp"] = r.describe(fmt.Sprint(c.Conn, dialog["callID"]))
	}
	r.must(r.lines[c.Conn].ws.WriteJSON(frame))
}

// renew writes the names of now for those of then.
func (r *replay) renew(text string) string {
	for then, now := range r.names {
		text = strings.ReplaceAll(text, then, now)
	}
	return text
}

// describe is a page's description of a call's sound: an answer if there is an offer.
func (r *replay) describe(call string) (sdp string) {
	r.t.Helper()
	s := r.sounds[call]
	if s == nil {
		s = &sounding{}
		r.sounds[call] = s
	}
	s.Browser = r.browser()
	var err error
	if s.offer != "" {
		sdp, err = s.Answer(r.ctx, s.offer)
	} else {
		sdp, err = s.Offer(r.ctx)
	}
	r.must(err)
	return sdp
}

// isTold waits until a page is told what it was told then.
func (r *replay) isTold(where string, c captured) {
	r.t.Helper()
	var then map[string]any
	r.must(json.Unmarshal(c.Frame, &then))
	now := r.next(where, c.Conn, r.subject(then))
	if !r.same("", then, now) {
		was, _ := json.Marshal(then)
		is, _ := json.Marshal(now)
		r.t.Fatalf("%s: the page was told\n%s\nand now\n%s", where, was, is)
	}
	r.take(c.Conn, now)
}

// take has the page's sound go as the server says.
func (r *replay) take(conn int, told map[string]any) {
	r.t.Helper()
	params, _ := told["params"].(map[string]any)
	sdp, _ := params["sdp"].(string)
	call := fmt.Sprint(conn, params["callID"])
	switch method := told["method"]; {
	case sdp == "":
	case method == "verto.invite", method == "verto.attach":
		r.sounds[call] = &sounding{offer: sdp}
	default:
		r.must(r.sounds[call].Accept(sdp))
	}
}

// next is the first thing with the subject that a page was told and that nothing was made of yet.
func (r *replay) next(where string, conn int, subject string) map[string]any {
	r.t.Helper()
	l := r.lines[conn]
	for {
		l.mu.Lock()
		i := slices.IndexFunc(l.told, func(told map[string]any) bool { return r.subject(told) == subject })
		if i >= 0 {
			told := l.told[i]
			l.told = slices.Delete(l.told, i, i+1)
			l.mu.Unlock()
			return told
		}
		more, others := l.more, fmt.Sprint(l.told)
		l.mu.Unlock()
		select {
		case <-more:
		case <-r.ctx.Done():
			r.t.Fatalf("%s: the page is not told of %s, but %s", where, subject, others)
		}
	}
}

// subject is what the order of frames is kept for: an answer, a call, or a channel.
func (r *replay) subject(told map[string]any) string {
	if told["method"] == nil {
		return fmt.Sprint("answer ", told["id"])
	}
	params, _ := told["params"].(map[string]any)
	for _, of := range []string{"callID", "eventChannel"} {
		if name, ok := params[of].(string); ok {
			if told["method"] == "verto.invite" { // it has got its name only now
				return "invite"
			}
			return r.renew(name)
		}
	}
	return told["method"].(string)
}

// chosen are texts that chance chooses: ids of calls and their legs.
var chosen = regexp.MustCompile(`^([A-Z2-7]{26}|[0-9a-f]{8}-\d+)$`)

// counted are numbers that depend on what was before, or on the clock.
var counted = []string{"id", "serno", "eventSerno", "wireSerno"}

// same tells whether something was told then and now, but for what chance chose and what is counted. Names that chance chose are kept.
func (r *replay) same(key string, then, now any) bool {
	switch then := then.(type) {
	case map[string]any:
		now, ok := now.(map[string]any)
		if !ok || !slices.Equal(slices.Sorted(maps.Keys(then)), slices.Sorted(maps.Keys(now))) {
			return false
		}
		for k, v := range then {
			if !r.same(k, v, now[k]) {
				return false
			}
		}
		return true
	case []any:
		now, ok := now.([]any)
		return ok && slices.EqualFunc(then, now, func(a, b any) bool { return r.same(key, a, b) })
	case string:
		now, ok := now.(string)
		return ok && (r.renew(then) == now || key == "sdp" || r.renamed(then, now))
	default:
		return then == now || slices.Contains(counted, key)
	}
}

// renamed tells whether what chance chose then is called that now.
func (r *replay) renamed(then, now string) bool {
	if !chosen.MatchString(then) || !chosen.MatchString(now) {
		return false
	}
	if _, known := r.names[then]; !known {
		r.names[then] = now
	}
	return r.names[then] == now
}
