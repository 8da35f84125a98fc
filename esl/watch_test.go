package esl_test

import (
	"errors"
	"fmt"
	"testing"

	"switchgram/esl"
	"switchgram/esl/esltest"
)

// TestWatchBeforeTheChannelExists: whoever chooses the UUID sees the channel from its first event to its last, in order.
func TestWatchBeforeTheChannelExists(t *testing.T) {
	for _, plain := range []bool{false, true} {
		t.Run(fmt.Sprint("plain ", plain), func(t *testing.T) {
			s := startSwitch(t, esltest.Options{})
			c, ctx := dial(t, s, esl.Options{Plain: plain}), testContext(t)
			subscribe(t, c, "ALL")
			w := c.Watch("my-own-uuid")
			defer w.Close()

			uuid, err := c.Originate(ctx, esl.Originate{To: "user/1000", UUID: "my-own-uuid"})
			if err != nil || uuid != "my-own-uuid" {
				t.Fatalf("%q, %v", uuid, err)
			}
			s.NewChannel(esltest.ChannelOptions{}) // somebody else's
			next(t, w, "CHANNEL_CREATE")
			next(t, w, "CHANNEL_ANSWER")
			next(t, w, "CHANNEL_EXECUTE")

			must(t, c.Kill(ctx, uuid, "USER_BUSY"))
			for _, name := range []string{"CHANNEL_HANGUP", "CHANNEL_HANGUP_COMPLETE", "CHANNEL_DESTROY"} {
				if e := next(t, w, name); e.Cause() != "USER_BUSY" {
					t.Errorf("%s: cause %q", name, e.Cause())
				}
			}
		})
	}
}

func TestBridgeIsToldToBothChannels(t *testing.T) {
	s := startSwitch(t, esltest.Options{})
	c, ctx := dial(t, s, esl.Options{}), testContext(t)
	subscribe(t, c, "CHANNEL_BRIDGE")
	s.NewChannel(esltest.ChannelOptions{UUID: "a"})
	s.NewChannel(esltest.ChannelOptions{UUID: "b"})
	a, b := c.Watch("a"), c.Watch("b")

	must(t, c.Bridge(ctx, "a", "b"))

	next(t, a, "CHANNEL_BRIDGE")
	next(t, b, "CHANNEL_BRIDGE")
}

// TestWatchNobodyReads: it ends with an error after the events it could hold; those who read lose nothing.
func TestWatchNobodyReads(t *testing.T) {
	s := startSwitch(t, esltest.Options{})
	c := dial(t, s, esl.Options{})
	subscribe(t, c, "my::event")
	lazy := c.Listen(func(*esl.Event) bool { return true })
	keen := c.Listen(func(e *esl.Event) bool { return e.Subclass() == "my::event" })
	const events = 300
	for i := range events {
		s.FireNamed("CUSTOM", esltest.Header{Name: "Event-Subclass", Value: "my::event"}, esltest.Header{Name: "Number", Value: fmt.Sprint(i)})
		if got := next(t, keen, "CUSTOM").Get("number"); got != fmt.Sprint(i) {
			t.Fatalf("event %d is number %q", i, got)
		}
	}

	held := 0
	for range lazy.Events() {
		held++
	}
	if held != 256 || !errors.Is(lazy.Err(), esl.ErrOverflow) {
		t.Errorf("held %d events, then %v", held, lazy.Err())
	}
	if keen.Err() != nil {
		t.Error(keen.Err())
	}
}

func TestClosedWatch(t *testing.T) {
	s := startSwitch(t, esltest.Options{})
	c, ctx := dial(t, s, esl.Options{}), testContext(t)
	one, other := c.Watch("u"), c.Watch("u")
	subscribe(t, c, "CHANNEL_CREATE")
	one.Close()
	one.Close()
	s.NewChannel(esltest.ChannelOptions{UUID: "u"})
	next(t, other, "CHANNEL_CREATE")
	if _, err := one.Next(ctx); !errors.Is(err, esl.ErrClosed) {
		t.Errorf("closed watch: %v", err)
	}
	must(t, c.Close())
	if _, err := other.Next(ctx); !errors.Is(err, esl.ErrClosed) {
		t.Errorf("watch of a closed connection: %v", err)
	}
}

// TestEventsWhileACommandRuns come after its answer: FreeSWITCH does one thing at a time.
func TestEventsWhileACommandRuns(t *testing.T) {
	s := startSwitch(t, esltest.Options{})
	c, ctx := dial(t, s, esl.Options{}), testContext(t)
	subscribe(t, c, "CHANNEL_CREATE", "CHANNEL_HANGUP")
	w := c.Watch("u")
	s.NewChannel(esltest.ChannelOptions{UUID: "u"})
	must(t, c.Kill(ctx, "u", ""))
	next(t, w, "CHANNEL_CREATE")
	if e := next(t, w, "CHANNEL_HANGUP"); e.Cause() != esl.NormalClearing {
		t.Errorf("cause %q", e.Cause())
	}
}

func TestSubscriptionPutsSubclassesLast(t *testing.T) {
	s := startSwitch(t, esltest.Options{})
	c, ctx := dial(t, s, esl.Options{}), testContext(t)
	subscribe(t, c, "sofia::register", "HEARTBEAT", "CUSTOM", "verto::login", "DTMF")
	must(t, c.Unsubscribe(ctx, "verto::login", "DTMF"))
	must(t, c.AddFilter(ctx, esl.Filter{Header: "Unique-ID", Value: "a b"}))
	must(t, c.DeleteFilters(ctx))
	want := []string{"event json HEARTBEAT DTMF CUSTOM sofia::register verto::login", "nixevent DTMF CUSTOM verto::login",
		"filter Unique-ID a b", "filter Event-Name BACKGROUND_JOB", "filter delete all"}
	for i, got := range s.Received()[1:] {
		if got != want[i] {
			t.Errorf("sent %q, want %q", got, want[i])
		}
	}
	if err := c.Subscribe(ctx, "A\nB"); !errors.Is(err, esl.ErrUnsafe) {
		t.Errorf("a name with a line break: %v", err)
	}
	if err := c.Subscribe(ctx, "NO_SUCH_EVENT"); err == nil {
		t.Error("an unknown event is no error")
	}
}

// TestFilterLetsJobsThrough: a filter would otherwise keep back the results of our own commands.
func TestFilterLetsJobsThrough(t *testing.T) {
	s := startSwitch(t, esltest.Options{})
	c, ctx := dial(t, s, esl.Options{}), testContext(t)
	subscribe(t, c, "ALL")
	must(t, c.AddFilter(ctx, esl.Filter{Header: "Unique-ID", Value: "mine"}))
	all := c.Listen(func(e *esl.Event) bool { return e.Name() != "BACKGROUND_JOB" })
	s.NewChannel(esltest.ChannelOptions{UUID: "other"})
	s.NewChannel(esltest.ChannelOptions{UUID: "mine"})
	if _, err := c.Job(ctx, "uptime"); err != nil {
		t.Error(err)
	}
	if e := next(t, all, "CHANNEL_CREATE"); e.UUID() != "mine" {
		t.Errorf("event of %s came through the filter", e.UUID())
	}
}
