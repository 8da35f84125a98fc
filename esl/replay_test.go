package esl

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// said is a piece of a recording: what we wrote to a FreeSWITCH 1.11, or one read of what came.
type said struct {
	ours bool
	text []byte
}

var whoSaid = regexp.MustCompile(`^--- ([CS]): \((\d+) bytes\)\n`)

// recording reads a file that `make freeswitch-test` made.
func recording(t *testing.T, name string) (all []said) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for len(b) > 0 {
		m := whoSaid.FindSubmatch(b)
		if m == nil {
			t.Fatalf("want who speaks, not %.40q", b)
		}
		n, err := strconv.Atoi(string(m[2]))
		if err != nil {
			t.Fatal(err)
		}
		b = b[len(m[0]):]
		all = append(all, said{ours: m[1][0] == 'C', text: b[:n]})
		b = bytes.TrimPrefix(b[n:], []byte("\n"))
	}
	return all
}

// playback says over the connection what FreeSWITCH said, and waits for a command wherever we gave one then.
func playback(c net.Conn, all []said) error {
	commands := bufio.NewReader(c)
	for _, s := range all {
		if !s.ours {
			if _, err := c.Write(s.text); err != nil {
				return err
			}
			continue
		}
		for line := "command"; strings.TrimSpace(line) != ""; {
			var err error
			if line, err = commands.ReadString('\n'); err != nil {
				return err
			}
		}
	}
	return nil
}

// given are the commands of a recording after the login, as they were written.
func given(all []said) (commands []Command) {
	for _, s := range all {
		if !s.ours || bytes.HasPrefix(s.text, []byte("auth ")) {
			continue
		}
		lines := strings.Split(strings.TrimSpace(string(s.text)), "\n")
		c := Command{Line: lines[0]}
		for _, l := range lines[1:] {
			name, value, _ := strings.Cut(l, ": ")
			c.Fields = append(c.Fields, Field{name, value})
		}
		commands = append(commands, c)
	}
	return commands
}

func TestWhatFreeSWITCHWasRecordedToSayIsUnderstoodToTheLastEvent(t *testing.T) {
	all := recording(t, "testdata/replay/call.esl")
	near, far := net.Pipe()
	var server sync.WaitGroup
	server.Go(func() {
		if err := playback(far, all); err != nil {
			t.Errorf("playback: %v", err)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c, err := Dial(ctx, "freeswitch", Options{Password: "masked", Dialer: func(context.Context, string, string) (net.Conn, error) { return near, nil }})
	if err != nil {
		t.Fatal(err)
	}
	w := c.Listen(func(*Event) bool { return true })
	for _, command := range given(all) {
		if _, err := c.Send(ctx, command); err != nil {
			t.Errorf("%s: %v", command.Line, err)
		}
	}
	server.Wait()
	want := eventsIn(all)
	if len(want) < 10 {
		t.Fatalf("the recording has only %d events", len(want))
	}
	got := make([]string, 0, len(want))
	for len(got) < len(want) {
		e, err := w.Next(ctx)
		if err != nil {
			t.Fatalf("after %d events of %d: %v", len(got), len(want), err)
		}
		got = append(got, e.Name()+" "+e.Subclass()+" "+e.Get("TG-Action")+" "+e.Get("Event-Sequence"))
	}
	if !slices.Equal(got, want) {
		t.Errorf("understood %q, and it was %q", got, want)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := far.Close(); err != nil {
		t.Error(err)
	}
}

var member = regexp.MustCompile(`"(Event-Name|Event-Subclass|TG-Action|Event-Sequence)":"([^"]*)"`)

// eventsIn finds the events of a recording without any parser of ours: they are its lines that begin with a brace.
func eventsIn(all []said) (events []string) {
	var stream bytes.Buffer
	for _, s := range all {
		if !s.ours {
			stream.Write(s.text)
		}
	}
	for line := range strings.Lines(stream.String()) {
		if !strings.HasPrefix(line, `{"`) || !strings.Contains(line, `"Event-Name"`) {
			continue
		}
		is := map[string]string{}
		for _, m := range member.FindAllStringSubmatch(line, -1) {
			is[m[1]] = m[2]
		}
		events = append(events, is["Event-Name"]+" "+is["Event-Subclass"]+" "+is["TG-Action"]+" "+is["Event-Sequence"])
	}
	return events
}
