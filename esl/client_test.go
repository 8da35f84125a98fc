package esl_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"switchgram/esl"
	"switchgram/esl/esltest"
)

// run keeps a client connected; ups is told of every connection.
func run(t *testing.T, o esl.ClientOptions) (c *esl.Client, ups <-chan struct{}) {
	t.Helper()
	up := make(chan struct{}, 100)
	o.OnChange = func(err error) {
		if err == nil {
			up <- struct{}{}
		}
	}
	o.Password, o.MinWait, o.MaxWait = "ClueCon", time.Millisecond, 20*time.Millisecond
	c, err := esl.NewClient(o)
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- c.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return c, up
}

func wait[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-testContext(t).Done():
		t.Fatal("nothing came")
		panic("not reached")
	}
}

// TestFreeSWITCHIsAwayForAWhile: watches go on, and are told what they could not see.
func TestFreeSWITCHIsAwayForAWhile(t *testing.T) {
	s := startSwitch(t, esltest.Options{})
	c, ups := run(t, esl.ClientOptions{Address: s.Addr(), Events: []string{"ALL"}})
	wait(t, ups)
	ctx := testContext(t)
	lives, ends, comes := c.Watch("lives"), c.Watch("ends"), c.Watch("comes")
	all := c.Listen(func(*esl.Event) bool { return false })
	s.NewChannel(esltest.ChannelOptions{UUID: "lives"})
	s.NewChannel(esltest.ChannelOptions{UUID: "ends"})
	next(t, lives, "CHANNEL_CREATE")
	next(t, ends, "CHANNEL_CREATE")

	s.Down()
	s.Channel("lives").Answer()
	s.Channel("ends").Hangup("USER_BUSY")
	for c.Connected() {
		_, _ = c.API(ctx, "uptime")
	}
	if _, err := c.API(ctx, "uptime"); !errors.Is(err, esl.ErrDown) {
		t.Errorf("command without a connection: %v", err)
	}
	if _, err := c.Job(ctx, "uptime"); !errors.Is(err, esl.ErrDown) {
		t.Errorf("job without a connection: %v", err)
	}
	must(t, s.Up())
	wait(t, ups)

	e := next(t, lives, "CHANNEL_DATA")
	if e.Resync == nil || e.Resync.Gone || e.Resync.Restarted || e.Resync.Since.IsZero() || e.Get("Answer-State") != "answered" {
		t.Errorf("the channel that lives: %+v %+v", e, e.Resync)
	}
	for _, w := range []*esl.Watch{ends, comes} {
		if e := next(t, w, ""); e.Resync == nil || !e.Resync.Gone || e.UUID() == "" {
			t.Errorf("a channel that is not there: %+v", e.Resync)
		}
	}
	if e := next(t, all, ""); len(e.Resync.Channels) != 1 || e.Resync.Channels[0].UUID != "lives" || e.Resync.Channels[0].CallState != "ACTIVE" {
		t.Errorf("all channels: %+v", e.Resync)
	}
	s.NewChannel(esltest.ChannelOptions{UUID: "comes"})
	next(t, comes, "CHANNEL_CREATE") // subscribed again
}

func TestFreeSWITCHRestarts(t *testing.T) {
	s := startSwitch(t, esltest.Options{})
	c, ups := run(t, esl.ClientOptions{Address: s.Addr(), Events: []string{"CHANNEL_CREATE"}, Filters: []esl.Filter{{Header: "Unique-ID", Value: "u"}}})
	wait(t, ups)
	w := c.Watch("u")
	s.NewChannel(esltest.ChannelOptions{UUID: "u"})
	next(t, w, "CHANNEL_CREATE")

	s.Down()
	s.Restart()
	must(t, s.Up())

	if e := next(t, w, ""); !e.Resync.Gone || !e.Resync.Restarted {
		t.Errorf("after the restart: %+v", e.Resync)
	}
}

// TestManyWatchesAreResynced, a thousand of them, without a round trip for each.
func TestManyWatchesAreResynced(t *testing.T) {
	s := startSwitch(t, esltest.Options{})
	c, ups := run(t, esl.ClientOptions{Address: s.Addr()})
	wait(t, ups)
	var watches []*esl.Watch
	for i := range 1000 {
		watches = append(watches, c.Watch(fmt.Sprint("channel-", i)))
	}
	s.Down()
	must(t, s.Up())
	for i, w := range watches {
		if e := next(t, w, ""); !e.Resync.Gone || e.UUID() != fmt.Sprint("channel-", i) {
			t.Fatalf("channel %d: %v %+v", i, e, e.Resync)
		}
	}
}

func TestStartsWithoutFreeSWITCH(t *testing.T) {
	s := startSwitch(t, esltest.Options{})
	s.Down()
	c, ups := run(t, esl.ClientOptions{Address: s.Addr()})
	if c.Connected() {
		t.Error("connected to nobody")
	}
	must(t, s.Up())
	wait(t, ups)
	if got, err := c.API(testContext(t), "global_getvar core_uuid"); err != nil || got != s.CoreUUID() {
		t.Errorf("%q, %v", got, err)
	}
}

// TestAttemptsAreSpaced: soon at first, then less often.
func TestAttemptsAreSpaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tries []time.Duration
		began := time.Now()
		c, err := esl.NewClient(esl.ClientOptions{Address: "nowhere", Options: esl.Options{
			Dialer: func(context.Context, string, string) (net.Conn, error) {
				tries = append(tries, time.Since(began))
				return nil, errors.New("no route")
			}}})
		must(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		must(t, c.Run(ctx))
		pause := 250 * time.Millisecond
		for i := 1; i < len(tries); i++ {
			if got := tries[i] - tries[i-1]; got > pause || got < pause*3/4 {
				t.Errorf("pause %d is %v, want up to %v", i, got, pause)
			}
			pause = min(2*pause, 4*time.Second)
		}
		if len(tries) < 8 {
			t.Errorf("%d attempts in 30 s", len(tries))
		}
	})
}

func TestRefusedClientWaitsAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		c, err := esl.NewClient(esl.ClientOptions{Address: "refuses", Options: esl.Options{
			Dialer: func(context.Context, string, string) (net.Conn, error) {
				tries++
				ours, theirs := net.Pipe()
				go func() {
					_, _ = theirs.Write([]byte("Content-Type: text/rude-rejection\n\n"))
					_ = theirs.Close()
				}()
				return ours, nil
			}}})
		must(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 150*time.Second)
		defer cancel()
		must(t, c.Run(ctx))
		if tries != 3 {
			t.Errorf("%d attempts in 150 s, want 3", tries)
		}
	})
}

func TestClientOptions(t *testing.T) {
	for name, o := range map[string]esl.ClientOptions{
		"no address":       {},
		"event of 2 lines": {Address: "a:1", Events: []string{"A\nB"}},
		"password":         {Address: "a:1", Options: esl.Options{Password: "a\nb"}},
		"user":             {Address: "a:1", Options: esl.Options{User: "a:b"}},
		"negative time":    {Address: "a:1", Options: esl.Options{Silence: -1}},
	} {
		if _, err := esl.NewClient(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
