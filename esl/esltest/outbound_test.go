package esltest

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

func start(t *testing.T, o Options) *Switch {
	t.Helper()
	s, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// TestOutboundEventsAreEncodedAsRecorded: whatever FreeSWITCH sent on an outbound connection, the same headers make the same bytes.
func TestOutboundEventsAreEncodedAsRecorded(t *testing.T) {
	for i, s := range transcripts(t, "esl-outbound.txt")[0] {
		switch {
		case s.isEvent():
			if got := string(s.event(t).frame("json")); got != s.wire {
				t.Errorf("step %d:\n got %q\nwant %q", i, got, s.wire)
			}
		case strings.HasPrefix(s.wire, "Event-Name: CHANNEL_DATA"):
			data, _, _ := strings.Cut(s.wire, "Content-Type:")
			if got := plainEvent(t, data).connectReply(); got != s.wire {
				t.Errorf("answer to connect:\n got %q\nwant %q", got, s.wire)
			}
		}
	}
}

// TestOutboundConnectionAnswersAsRecorded plays the recorded session with a channel of ours, whose events are other ones.
func TestOutboundConnectionAnswersAsRecorded(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	sw := start(t, Options{})
	sw.HandleAPI("uptime", sw.builtinAPIs()["uptime"])
	conversation := transcripts(t, "esl-outbound.txt")[0]
	channel := sw.NewChannel(ChannelOptions{UUID: "915388c5-462c-458a-a144-e7c227ca7588", Name: "loopback/6001-b", Incoming: true})
	if err := channel.Socket(server.Addr().String()); err != nil {
		t.Fatal(err)
	}
	nc, err := server.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = nc.Close() }()
	_ = nc.SetDeadline(time.Now().Add(30 * time.Second))

	frames := &frames{t: t, r: nc}
	for i, s := range conversation {
		switch {
		case s.client:
			_, _ = io.WriteString(nc, s.wire)
		case s.isEvent() || s.wire == "":
		case i == 1:
			if got := frames.next(); !strings.HasSuffix(got, "Reply-Text: %2BOK%0A\nSocket-Mode: async\nControl: full\n\n") {
				t.Errorf("answer to connect ends with %q", got)
			}
		case strings.HasPrefix(s.wire, "Content-Type: api/response"):
			frames.next() // the time of the day
		default:
			if got := frames.next(); got != s.wire {
				t.Errorf("step %d:\n got %q\nwant %q", i, got, s.wire)
			}
		}
	}
}

// frames reads what is not an event.
type frames struct {
	t *testing.T
	r io.Reader
}

func (f *frames) next() string {
	f.t.Helper()
	for {
		head := ""
		for one := make([]byte, 1); !strings.HasSuffix(head, "\n\n"); {
			if _, err := f.r.Read(one); err != nil {
				f.t.Fatal(err)
			}
			head += string(one)
		}
		n := 0
		for line := range strings.Lines(head) {
			if length, ok := strings.CutPrefix(line, "Content-Length: "); ok && !strings.HasPrefix(head, "Event-Name") {
				for _, digit := range strings.TrimSpace(length) {
					n = 10*n + int(digit-'0')
				}
			}
		}
		body := make([]byte, n)
		if _, err := io.ReadFull(f.r, body); err != nil {
			f.t.Fatal(err)
		}
		if !strings.Contains(head, "text/event-") {
			return head + string(body)
		}
	}
}
