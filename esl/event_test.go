package esl

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// recorded returns the content of every event frame in a transcript of a FreeSWITCH 1.11.
func recorded(t testing.TB, name, kind string) (contents []string) {
	t.Helper()
	text, err := os.ReadFile("esltest/testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range strings.Split(string(text), "--- S: ")[1:] {
		_, frame, _ := strings.Cut(part, "\n")
		if strings.HasPrefix(frame, "Content-Length: ") && strings.Contains(frame, "text/event-"+kind) {
			f, err := newFrameReader(strings.NewReader(frame)).next()
			if err != nil {
				t.Fatal(err)
			}
			contents = append(contents, f.body)
		}
	}
	if len(contents) == 0 {
		t.Fatalf("%s: no events", name)
	}
	return contents
}

// TestRecordedJSON: our parser reads what encoding/json reads.
func TestRecordedJSON(t *testing.T) {
	for _, name := range []string{"esl-events-json.txt", "esl-outbound.txt"} {
		for _, content := range recorded(t, name, "json") {
			e, err := parseJSON(content)
			if err != nil {
				t.Fatal(err)
			}
			var want map[string]any
			if err := json.Unmarshal([]byte(content), &want); err != nil {
				t.Fatal(err)
			}
			for name, value := range want {
				if s, ok := value.(string); ok && name != "_body" && e.Get(name) != s {
					t.Errorf("%s is %q, want %q", name, e.Get(name), s)
				}
			}
			if body, _ := want["_body"].(string); e.Body() != body {
				t.Errorf("body %q, want %q", e.Body(), body)
			}
		}
	}
}

func TestRecordedPlain(t *testing.T) {
	var names []string
	for _, content := range recorded(t, "esl-events-plain.txt", "plain") {
		e, err := parsePlain(content)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, e.Name())
		switch e.Name() {
		case "BACKGROUND_JOB":
			if e.Body() != "+OK 11111111-2222-3333-4444-001795293347\n" || e.Get("job-command") != "originate" {
				t.Errorf("job: %q %q", e.Get("job-command"), e.Body())
			}
		case "CHANNEL_HANGUP_COMPLETE":
			if e.Cause() != "MANAGER_REQUEST" || e.Variable("caller_id") != `"Outbound Call" <default>` && e.Variable("loopback_leg") == "A" {
				t.Errorf("%s, caller %q", e.Cause(), e.Variable("caller_id"))
			}
			if got := e.Time("Caller-Channel-Answered-Time"); got != time.UnixMicro(1795293347327379) || !e.Time("Caller-Channel-Bridged-Time").IsZero() {
				t.Errorf("answered %v", got)
			}
		}
	}
	want := []string{"CHANNEL_CREATE", "CHANNEL_CREATE", "CHANNEL_ANSWER", "CHANNEL_ANSWER", "BACKGROUND_JOB"}
	if !slices.Equal(names[:5], want) {
		t.Errorf("events %v", names)
	}
}

// TestValuesOfBothFormats: what FreeSWITCH sent for the same variables in the two formats.
func TestValuesOfBothFormats(t *testing.T) {
	plain, err := parsePlain("Event-Name: X\nCaller-Caller-ID-Name: %D0%9F%D1%80%D0%B8%D0%B2%D0%B5%D1%82%20%C2%AB%D0%BC%D0%B8%D1%80%C2%BB\n" +
		"variable_arr: ARRAY%3A%3Aone%7C%3Atwo\nvariable_plus: a%2Bb%20c\nvariable_q: say%20%22hi%22\nvariable_bad: 100%zz%4\nempty:\n\n")
	if err != nil {
		t.Fatal(err)
	}
	exact, err := parseJSON(`{"Event-Name":"X","Caller-Caller-ID-Name":"Привет «мир»","variable_arr":["one","two"],"variable_plus":"a+b c",` +
		`"variable_q":"say \"hi\"","variable_bad":"100%zz%4","empty":""}`)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []*Event{plain, exact} {
		if e.Get("caller-caller-id-name") != "Привет «мир»" || e.Variable("plus") != "a+b c" || e.Variable("q") != `say "hi"` || e.Variable("bad") != "100%zz%4" {
			t.Errorf("%v", slices.Collect(values(e)))
		}
		if got := e.Values("variable_arr"); !slices.Equal(got, []string{"one", "two"}) || e.Variable("arr") != "ARRAY::one|:two" {
			t.Errorf("list %q", got)
		}
		if v, ok := e.Lookup("empty"); v != "" || !ok || e.Values("none") != nil || !slices.Equal(e.Values("event-name"), []string{"X"}) {
			t.Errorf("empty %q, %v", v, ok)
		}
	}
}

func values(e *Event) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, v := range e.All() {
			if !yield(v) {
				return
			}
		}
	}
}

func TestOddJSON(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":"x","A":"y"}`:                    "x", // the first counts
		` { "a" : "x" , "b" : [ "1" ] } `:      "x",
		`{"a":"\u0041\n\t\/\\\""}`:             "A\n\t/\\\"",
		`{"a":"\ud83d\ude00"}`:                 "😀",
		`{"a":"\ud83d x"}`:                     "\uFFFD x",
		`{"a":"\u12"}`:                         "\uFFFD12",
		`{"a":"\q"}`:                           `\q`,
		"{\"a\":\"\xff\xfe\"}":                 "\xff\xfe", // not UTF-8, and not lost
		`{"a":12.5e3}`:                         "12.5e3",
		`{"a":null}`:                           "null",
		`{"a":[]}`:                             "ARRAY::",
		`{"a":["x\"y",["z"],1]}`:               `ARRAY::x"y|:["z"]|:1`,
		`{"a":{"b":"c"}}`:                      `{"b":"c"}`,
		`{"\u0061":"x"}`:                       "x",
		`{}`:                                   "",
		`{"_body":"x","Content-Length":"one"}`: "",
	} {
		e, err := parseJSON(text)
		if err != nil || e.Get("a") != want {
			t.Errorf("%s: %q, %v; want %q", text, e.Get("a"), err, want)
		}
	}
	for _, text := range []string{"", "{", "}", "[]", `{"a"}`, `{"a":}`, `{"a":"x}`, `{"a":"x\"}`, `{"a":"x",}`, `{"a":"x"}x`, `{"a":"x" "b":"y"}`, `{a:"x"}`, `{"a":x"}`,
		`{"a":[1,]}`, `{"a":` + strings.Repeat("[", 100), `{"a":"` + `\`} {
		if _, err := parseJSON(text); err == nil {
			t.Errorf("%s is no error", text)
		}
	}
}

func TestOddPlain(t *testing.T) {
	for _, text := range []string{"no name\n", ": value\n", "A: b\nContent-Length: 5\n\nfour", "Content-Length: -1\n\n", "Content-Length: x\n\n", strings.Repeat("a:\n", mostHeaders+1)} {
		if _, err := parsePlain(text); err == nil {
			t.Errorf("%.40q is no error", text)
		}
	}
	e, err := parsePlain("A: b\r\nA: c\r\nContent-Length: 2\r\nContent-Length: 11\r\n\r\nhi and more")
	if err != nil || e.Get("a") != "b" || e.Body() != "hi" {
		t.Errorf("%v, %v", e, err)
	}
}

func TestEventInLogs(t *testing.T) {
	e, err := parsePlain("Event-Name: X\nUnique-ID: u\nvariable_secret: s\n\n")
	if err != nil || strings.Contains(e.LogValue().String(), "secret") || !strings.Contains(e.LogValue().String(), "X") {
		t.Errorf("%v, %v", e.LogValue(), err)
	}
}

// BenchmarkPlainEvent parses an event of 130 headers and looks at three of them.
func BenchmarkPlainEvent(b *testing.B) {
	content := longest(recorded(b, "esl-events-plain.txt", "plain"))
	benchmark(b, content, func() (*Event, error) { return parsePlain(content) })
}

// BenchmarkJSONEvent is the same in JSON.
func BenchmarkJSONEvent(b *testing.B) {
	content := longest(recorded(b, "esl-events-json.txt", "json"))
	benchmark(b, content, func() (*Event, error) { return parseJSON(content) })
}

func benchmark(b *testing.B, content string, parse func() (*Event, error)) {
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		e, err := parse()
		if err != nil || e.Name() == "" || e.UUID() == "" || e.Cause() == "" {
			b.Fatal(err)
		}
	}
}

func longest(all []string) string {
	return slices.MaxFunc(all, func(a, b string) int { return len(a) - len(b) })
}

// shorter keeps the first headers of a recorded event.
func shorter(content, kind string, headers int) string {
	end, last := "\n", "\n\n"
	if kind == "json" {
		end, last = `",`, `"}`
	}
	return strings.Join(strings.SplitN(content, end, headers+1)[:headers], end) + last
}

// BenchmarkFramesToWatches is the whole way of events from the socket's bytes to one of 1000 watches: the longest that was recorded, of 130
// headers, and one of 40.
func BenchmarkFramesToWatches(b *testing.B) {
	for _, kind := range []string{"plain", "json"} {
		long := longest(recorded(b, "esl-events-"+kind+".txt", kind))
		for headers, content := range map[string]string{"130": long, "40": shorter(long, kind, 40)} {
			b.Run(kind+"-"+headers, func(b *testing.B) { benchmarkRoute(b, kind, content) })
		}
	}
}

func benchmarkRoute(b *testing.B, kind, content string) {
	wire := []byte("Content-Length: " + itoa(len(content)) + "\nContent-Type: text/event-" + kind + "\n\n" + content)
	r := newRouter()
	e, err := (&frame{body: content}).eventOf("text/event-" + kind)
	if err != nil {
		b.Fatal(err)
	}
	w := r.watch(e.UUID())
	for i := range 999 {
		r.watch("other-" + itoa(i))
	}
	b.ReportAllocs()
	frames := newFrameReader(&endless{wire: wire})
	for b.Loop() {
		f, err := frames.next()
		if err != nil {
			b.Fatal(err)
		}
		if e, err = f.event(); err != nil {
			b.Fatal(err)
		}
		r.deliver(e)
		<-w.events
	}
}

// endless repeats a frame for ever.
type endless struct {
	wire []byte
	r    bytes.Reader
}

func (e *endless) Read(p []byte) (int, error) {
	if e.r.Len() == 0 {
		e.r.Reset(e.wire)
	}
	return e.r.Read(p)
}
