package verto

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
)

// captured is a line of testdata/frames: what a client that is not ours said to a real FreeSWITCH, or was answered. Each file is one client;
// they are vertojs 0.0.5 and verto 0.1.1 of npm, and FreeSWITCH's own verto.js of 2020 and 2023, in Chromium.
type captured struct {
	Scenario string `json:"scenario"`
	Kind     string `json:"kind"` // open, c2s, s2c
	Frame    struct {
		ID     json.RawMessage `json:"id"`
		Method string          `json:"method"`
		Result json.RawMessage `json:"result"`
		Error  *struct {
			Code int `json:"code"`
		} `json:"error"`
	} `json:"frame"`
	raw json.RawMessage
}

// TestRealClientsAreAnsweredAsByFreeSWITCH: what they said is said again, and each request is answered once, by a result or the same error.
func TestRealClientsAreAnsweredAsByFreeSWITCH(t *testing.T) {
	files := must(filepath.Glob("testdata/frames/*.jsonl"))(t)
	if len(files) != 4 {
		t.Fatalf("there are %d captures", len(files))
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".jsonl"), func(t *testing.T) {
			h := open(t, Options{
				Users:  folk{"1000": "secret", "1003": "secret"},
				OnCall: func(ctx context.Context, c *Call) { _ = c.Answer(ctx) },
			})
			replay(t, h, captures(t, file))
		})
	}
}

func captures(t *testing.T, file string) (all []captured) {
	t.Helper()
	f := must(os.Open(file))(t)
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxFrame)
	for lines.Scan() {
		var c captured
		var raw struct {
			Frame json.RawMessage `json:"frame"`
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		_ = json.Unmarshal(lines.Bytes(), &raw)
		c.raw = raw.Frame
		all = append(all, c)
	}
	return all
}

// replay says all that a client said, connection by connection, in its order.
func replay(t *testing.T, h *house, all []captured) {
	var socket *websocket.Conn
	asked := 0
	for i, c := range all {
		switch {
		case c.Kind == "open":
			if socket != nil {
				_ = socket.Close()
			}
			socket = must(dialRaw(h))(t)
		case c.Kind == "c2s" && c.Frame.Method != "":
			want, found := answerTo(all[i+1:], c.Frame.ID)
			if c.Frame.Method == "verto.bye" && code(want) == codeSession {
				h.hangupAll() // as FreeSWITCH had
			}
			if err := socket.WriteMessage(websocket.TextMessage, c.raw); err != nil {
				t.Fatalf("%s: %v", c.Scenario, err)
			}
			asked++
			got := nextAnswer(t, socket)
			if string(got.Frame.ID) != string(c.Frame.ID) {
				t.Errorf("%s: %s %s was answered as %s", c.Scenario, c.Frame.Method, c.Frame.ID, got.Frame.ID)
			}
			if found && code(got) != code(want) {
				t.Errorf("%s: %s was answered %d, by FreeSWITCH %d", c.Scenario, c.Frame.Method, code(got), code(want))
			}
		}
	}
	if asked < 20 {
		t.Errorf("there were only %d requests", asked)
	}
	_ = socket.Close()
}

func (h *house) hangupAll() {
	for _, v := range h.s.All() {
		for _, c := range v.calls() {
			c.Hangup(NormalClearing)
		}
	}
}

func dialRaw(h *house) (*websocket.Conn, error) {
	socket, _, err := websocket.DefaultDialer.DialContext(h.context(), h.url, nil)
	return socket, err
}

func code(c captured) int {
	if c.Frame.Error != nil {
		return c.Frame.Error.Code
	}
	return 0
}

// answerTo is what FreeSWITCH answered, if that was before the connection ended.
func answerTo(all []captured, id json.RawMessage) (captured, bool) {
	for _, c := range all {
		if c.Kind == "open" {
			break
		}
		if c.Kind == "s2c" && string(c.Frame.ID) == string(id) {
			return c, true
		}
	}
	return captured{}, false
}

// nextAnswer reads past the server's requests.
func nextAnswer(t *testing.T, socket *websocket.Conn) (c captured) {
	t.Helper()
	for {
		_, text, err := socket.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		c = captured{}
		if err := json.Unmarshal(text, &c.Frame); err != nil {
			t.Fatal(err)
		}
		if c.Frame.Method == "" {
			return c
		}
	}
}

func TestSpeedIsMeasured(t *testing.T) {
	h := open(t, Options{})
	socket := must(dialRaw(h))(t)
	defer func() { _ = socket.Close() }()
	say := func(text string) {
		t.Helper()
		if err := socket.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	say("#SPU 1") // before the login it is ignored
	say(`{"jsonrpc":"2.0","method":"login","params":{"login":"ann","passwd":"secret"},"id":1}`)
	nextAnswer(t, socket)
	say("#SPU 524288")
	for range maxSpeed / 1024 { // more would have to wait: pages may not say so much
		say("#SPB " + strings.Repeat(".", 1019))
	}
	say("#SPE")
	if got, up, down := speed(t, socket); got != maxSpeed || up < 1 || down < 2 {
		t.Errorf("%d bytes, %d ms up, %d ms down", got, up, down)
	}
	say("#SPU 262144") // too soon
	say("#SPE")
	if got, up, down := speed(t, socket); got != 0 || up != 1 || down != 1 {
		t.Errorf("a second test: %d bytes, %d ms up, %d ms down", got, up, down)
	}
}

// speed reads a test's frames.
func speed(t *testing.T, socket *websocket.Conn) (bytes, up, down int) {
	t.Helper()
	for {
		_, frame, err := socket.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		switch s := string(frame); {
		case strings.HasPrefix(s, "#SPU "):
			up = text(s[5:]).number()
		case strings.HasPrefix(s, "#SPB"):
			bytes += len(s)
		case strings.HasPrefix(s, "#SPD "):
			return bytes, up, text(s[5:]).number()
		}
	}
}
