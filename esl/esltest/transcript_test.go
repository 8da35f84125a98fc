package esltest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A transcript is what went over the wire between a client and a FreeSWITCH 1.11: lines "--- C: (9 bytes)" and "--- S: …", each followed by that
// many bytes, and "--- S: <closed>".
type transcript []step

type step struct {
	client bool
	wire   string // "": the connection was closed
}

var marker = regexp.MustCompile(`^--- ([CS]): +(?:\((\d+) bytes\)|<(connection closed|closed|nothing within 2s)>)$`)

// transcripts reads a file, which may hold several connections one after the other.
func transcripts(t *testing.T, name string) (all []transcript) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	current := transcript{}
	for len(text) > 0 {
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		text = rest
		m := marker.FindSubmatch(line)
		switch {
		case m == nil:
		case string(m[3]) == "nothing within 2s":
			all, current = append(all, current), nil
		case m[2] == nil:
			all, current = append(all, append(current, step{})), nil
		default:
			n, _ := strconv.Atoi(string(m[2]))
			current = append(current, step{client: m[1][0] == 'C', wire: string(text[:n])})
			text = text[n:]
		}
	}
	if len(current) > 0 {
		all = append(all, current)
	}
	return all
}

func (s step) isEvent() bool { return strings.Contains(s.wire, "\nContent-Type: text/event-") }

// content is what follows the frame's headers.
func (s step) content() string {
	_, content, _ := strings.Cut(s.wire, "\n\n")
	return content
}

// event decodes a recorded event with nothing of ours.
func (s step) event(t *testing.T) Event {
	t.Helper()
	if strings.Contains(s.wire, "text/event-json") {
		return jsonEvent(t, s.content())
	}
	return plainEvent(t, s.content())
}

func plainEvent(t *testing.T, content string) (e Event) {
	t.Helper()
	head, body, _ := strings.Cut(content, "\n\n")
	for line := range strings.Lines(head) {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		value, err := url.PathUnescape(value)
		if !ok || err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		if name == "Content-Length" {
			e.Body = body
			continue
		}
		e.Headers = append(e.Headers, Header{Name: name, Value: value})
	}
	return e
}

func jsonEvent(t *testing.T, content string) (e Event) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(content))
	token := func() json.Token {
		v, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for token(); d.More(); {
		h := Header{Name: token().(string)}
		switch v := token().(type) {
		case string:
			h.Value = v
		case json.Delim:
			for d.More() {
				h.Values = append(h.Values, token().(string))
			}
			token()
		}
		switch h.Name {
		case "Content-Length":
		case "_body":
			e.Body = h.Value
		default:
			e.Headers = append(e.Headers, h)
		}
	}
	return e
}

// director makes a switch do what the recorded FreeSWITCH did: its identifiers, its clock, and the events its commands caused.
type director struct {
	t       *testing.T
	sw      *Switch
	uuids   []string
	stamps  []Event
	answers map[string][]string // by console command
}

func (d *director) newUUID() string {
	if len(d.uuids) == 0 {
		return "no more recorded"
	}
	next := d.uuids[0]
	d.uuids = d.uuids[1:]
	return next
}

func (d *director) stamp() (time.Time, uint64) {
	e := d.stamps[0]
	if len(d.stamps) > 1 {
		d.stamps = d.stamps[1:]
	}
	us, _ := strconv.ParseInt(e.Get("Event-Date-Timestamp"), 10, 64)
	sequence, _ := strconv.ParseUint(e.Get("Event-Sequence"), 10, 64)
	return time.UnixMicro(us).UTC(), sequence
}

// direct prepares a switch for one transcript.
func direct(t *testing.T, conversation transcript) *director {
	t.Helper()
	d := &director{t: t, uuids: []string{"c3451fff-f615-4d0d-8a86-82a557cc41ec"}, answers: map[string][]string{}}
	var causes [][]Event // of each console command, what it fired
	var commands []string
	for i, s := range conversation {
		switch {
		case s.client && (strings.HasPrefix(s.wire, "api ") || strings.HasPrefix(s.wire, "bgapi ")):
			_, line, _ := strings.Cut(strings.TrimSpace(s.wire), " ")
			commands, causes = append(commands, line), append(causes, nil)
			if strings.HasPrefix(s.wire, "api ") {
				d.answers[line] = append(d.answers[line], conversation[i+1].content())
			}
		case s.isEvent():
			e := s.event(t)
			if e.Get("Event-Name") == "BACKGROUND_JOB" {
				d.stamps = append(d.stamps, e)
				d.answers[commands[len(commands)-1]] = []string{e.Body}
			} else {
				causes[len(causes)-1] = append(causes[len(causes)-1], e)
			}
		}
		if _, id, ok := strings.Cut(s.wire, "\nJob-UUID: "); ok && !s.isEvent() {
			d.uuids = append(d.uuids, strings.TrimSpace(id))
		}
	}
	d.start(commands, causes)
	return d
}

func (d *director) start(commands []string, causes [][]Event) {
	sw, err := Start(Options{NewUUID: d.newUUID, Stamp: d.stamp, Hostname: "vm", Switchname: "fstest", IPv4: "192.0.2.2", IPv6: "fd00::2",
		Users: map[string]string{"1000@127.0.0.1": "secret"}})
	if err != nil {
		d.t.Fatal(err)
	}
	d.sw = sw
	d.t.Cleanup(sw.Close)
	if len(d.stamps) == 0 {
		d.stamps = []Event{{}}
	}
	for i, line := range commands {
		name, _, _ := strings.Cut(line, " ")
		if len(d.answers[line]) == 0 || strings.HasPrefix(d.answers[line][0], "-ERR "+name) {
			continue // never answered on the record, or not known
		}
		d.sw.HandleAPI(name, func(_ context.Context, args string) string {
			for _, e := range causes[i] {
				d.sw.Fire(e)
			}
			line := strings.TrimSpace(name + " " + args)
			return d.answers[line][0]
		})
	}
}

// play says the client's lines and compares every byte of the answers.
func play(t *testing.T, nc net.Conn, conversation transcript) {
	t.Helper()
	_ = nc.SetDeadline(time.Now().Add(30 * time.Second))
	for i, s := range conversation {
		switch {
		case s.client:
			if _, err := io.WriteString(nc, s.wire); err != nil {
				t.Fatalf("step %d: %v", i, err)
			}
		case s.wire == "":
			if b, err := io.ReadAll(nc); err != nil || len(b) > 0 {
				t.Fatalf("step %d: %d bytes, %v; the connection should be closed", i, len(b), err)
			}
		default:
			got := make([]byte, len(s.wire))
			n, err := io.ReadFull(nc, got)
			if string(got[:n]) != s.wire {
				t.Fatalf("step %d: (%v)\n got %q\nwant %q", i, err, got[:n], s.wire)
			}
		}
	}
}

func TestSpeaksLikeFreeSWITCH(t *testing.T) {
	for _, name := range []string{"esl-auth-api.txt", "esl-commands.txt", "esl-events-plain.txt", "esl-events-json.txt"} {
		for i, conversation := range transcripts(t, name) {
			t.Run(fmt.Sprint(name, " connection ", i+1), func(t *testing.T) {
				d := direct(t, conversation)
				nc, err := net.Dial("tcp", d.sw.Addr())
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = nc.Close() }()
				play(t, nc, conversation)
			})
		}
	}
}
