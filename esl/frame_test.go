package esl

import (
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
)

func itoa(n int) string { return strconv.Itoa(n) }

func TestFramesInPieces(t *testing.T) {
	big := strings.Repeat("x", 10<<20)
	wire := "\n\nContent-Type: auth/request\n\nContent-Type: api/response\r\nContent-Length: 5\r\n\r\nA: b\nContent-Length: 3\nContent-Length: 3\nC: d\n\nxyz" +
		"Content-Length: " + itoa(len(big)) + "\n\n" + big
	for name, r := range map[string]io.Reader{"whole": strings.NewReader(wire), "halves": iotest.HalfReader(strings.NewReader(wire)),
		"bytes": iotest.OneByteReader(strings.NewReader(wire[:200]))} {
		t.Run(name, func(t *testing.T) {
			frames := newFrameReader(r)
			first, err := frames.next()
			if err != nil || first.get("content-type") != "auth/request" || first.body != "" {
				t.Fatalf("%+v, %v", first, err)
			}
			second, err := frames.next()
			if err != nil || second.get("Content-Type") != "api/response" || second.body != "A: b\n" {
				t.Fatalf("%+v, %v", second, err)
			}
			third, err := frames.next()
			if err != nil || third.get("C") != "d" || third.body != "" && third.body != "xyz" {
				t.Fatalf("%+v, %v", third, err)
			}
			if name == "bytes" {
				return
			}
			if fourth, err := frames.next(); err != nil || len(fourth.body) != len(big) {
				t.Errorf("%v", err)
			}
			if _, err := frames.next(); err != io.EOF {
				t.Errorf("at the end: %v", err)
			}
		})
	}
}

func TestBadFrames(t *testing.T) {
	for wire, want := range map[string]error{
		"":                                           io.EOF,
		"Content-Type: auth":                         io.ErrUnexpectedEOF,
		"Content-Type: auth\n":                       io.ErrUnexpectedEOF,
		"Content-Length: 5\n\n1234":                  io.ErrUnexpectedEOF,
		"Content-Length: 16777216\n\n1234":           io.ErrUnexpectedEOF,
		"Content-Length: 16777217\n\n":               ErrProtocol,
		"Content-Length: -1\n\n":                     ErrProtocol,
		"Content-Length: 1e3\n\n":                    ErrProtocol,
		"Content-Length: 1\ncontent-length: 2\n\nab": ErrProtocol,
		"no name\n\n":                                ErrProtocol,
		": no name\n\n":                              ErrProtocol,
		strings.Repeat("a", longestHead+2*bodyStep):  ErrProtocol,
		strings.Repeat("A: b\n", longestHead/5+1):    ErrProtocol,
	} {
		if _, err := newFrameReader(strings.NewReader(wire)).next(); !errors.Is(err, want) {
			t.Errorf("%.40q: %v, want %v", wire, err, want)
		}
	}
}

func FuzzFrames(f *testing.F) {
	f.Add("Content-Type: auth/request\n\nContent-Length: 5\nContent-Type: text/event-plain\n\nA: b\n")
	f.Add("Content-Length: 20\nContent-Type: text/event-json\n\n{\"a\":[\"b\",\"\\u0041\"]}")
	f.Add("Content-Length: 5\r\nContent-Length: 6\r\n\r\n")
	f.Fuzz(func(t *testing.T, wire string) {
		frames := newFrameReader(strings.NewReader(wire))
		for total := 0; ; {
			fr, err := frames.next()
			if err != nil {
				return
			}
			if total += len(fr.body); total > len(wire) {
				t.Fatal("more came out than went in")
			}
			if e, err := fr.event(); err == nil && e != nil {
				look(e)
			}
		}
	})
}

func FuzzPlain(f *testing.F) {
	for _, s := range recorded(f, "esl-events-plain.txt", "plain") {
		f.Add(s)
	}
	f.Add("A: %41%4\nContent-Length: 2\n\nab")
	f.Fuzz(func(t *testing.T, text string) {
		if e, err := parsePlain(text); err == nil {
			look(e)
		}
	})
}

func FuzzJSON(f *testing.F) {
	for _, s := range recorded(f, "esl-events-json.txt", "json") {
		f.Add(s)
	}
	f.Add(`{"a":["\ud83d\ude00",{"b":[1]}],"_body":"x"}`)
	f.Fuzz(func(t *testing.T, text string) {
		if e, err := parseJSON(text); err == nil {
			look(e)
		}
	})
}

// look decodes everything there is.
func look(e *Event) {
	for name := range e.All() {
		e.Values(name)
	}
	_ = e.UUID() + e.Body() + e.LogValue().String()
}

func FuzzText(f *testing.F) {
	f.Add("${create_uuid()}", "x")
	f.Add(`$\{'$$`, "{y}")
	f.Fuzz(func(t *testing.T, s, next string) {
		safe := Text(s)
		bare := strings.NewReplacer(`\`, "", "'", "", `"`, "").Replace(safe + "{")
		if strings.Contains(bare, "${") || !oneLine(safe) {
			t.Fatalf("%q became %q", s, safe)
		}
		if again := Text(safe); again != safe {
			t.Fatalf("%q became %q, and that %q", s, safe, again)
		}
		if _, err := (Variables{"a": s, "b": next}).DialString(); err != nil {
			t.Fatal(err)
		}
	})
}
