package esl_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"switchgram/esl"
	"switchgram/esl/esltest"
)

func TestLogsIn(t *testing.T) {
	s := startSwitch(t, esltest.Options{Password: "open sesame", Users: map[string]string{"1000@example.org": "secret"}})
	for name, o := range map[string]esl.Options{
		"password": {Password: "open sesame"},
		"user":     {User: "1000@example.org", Password: "secret"},
	} {
		answer, err := dial(t, s, o).API(testContext(t), "version")
		if err != nil || !strings.HasPrefix(answer, "FreeSWITCH Version") {
			t.Errorf("%s: %q, %v", name, answer, err)
		}
	}
}

func TestIsNotLetIn(t *testing.T) {
	s := startSwitch(t, esltest.Options{})
	ctx := testContext(t)
	if _, err := esl.Dial(ctx, s.Addr(), esl.Options{Password: "wrong"}); !errors.Is(err, esl.ErrAuth) {
		t.Errorf("wrong password: %v", err)
	}
	if _, err := esl.Dial(ctx, s.Addr(), esl.Options{Password: "line\nbreak"}); !errors.Is(err, esl.ErrUnsafe) {
		t.Errorf("password of two lines: %v", err)
	}
	s.Refuse(true)
	if _, err := esl.Dial(ctx, s.Addr(), esl.Options{Password: "ClueCon"}); !errors.Is(err, esl.ErrRejected) {
		t.Errorf("refused by the access list: %v", err)
	}
	s.Down()
	if _, err := esl.Dial(ctx, s.Addr(), esl.Options{Password: "ClueCon"}); err == nil {
		t.Error("nobody listens, but there is a connection")
	}
}

// TestPeerThatSaysNothing: whoever accepts and stays silent holds nobody up longer than the context says.
func TestPeerThatSaysNothing(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer func() { _ = l.Close() }()
	ctx, cancel := context.WithCancel(testContext(t))
	go func() {
		if nc, err := l.Accept(); err == nil {
			defer func() { _ = nc.Close() }()
			cancel()
			_, _ = nc.Read(make([]byte, 1)) // until the other side goes
		}
	}()
	if _, err := esl.Dial(ctx, l.Addr().String(), esl.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestRefusalsAreErrors(t *testing.T) {
	s := startSwitch(t, esltest.Options{})
	c, ctx := dial(t, s, esl.Options{}), testContext(t)
	_, err := c.API(ctx, "no_such_command x")
	var refused *esl.ReplyError
	if !errors.As(err, &refused) || refused.Command != "no_such_command" || refused.Q850() != 0 {
		t.Errorf("unknown command: %v", err)
	}
	if _, err = c.Send(ctx, esl.Command{Line: "getvar x"}); !errors.As(err, &refused) || refused.Text != "command not found" {
		t.Errorf("command of the other direction: %v", err)
	}
	_, err = c.Job(ctx, "originate error/USER_BUSY &park()")
	if !errors.As(err, &refused) || refused.Cause() != "USER_BUSY" || refused.Q850() != 17 {
		t.Errorf("busy: %v", err)
	}
}

// TestAbandonedCommandKeepsItsAnswer: the next command does not get the answer of one whose caller gave up.
func TestAbandonedCommandKeepsItsAnswer(t *testing.T) {
	s := startSwitch(t, esltest.Options{})
	begun, release := make(chan struct{}), make(chan struct{})
	s.HandleAPI("slow", func(context.Context, string) string { close(begun); <-release; return "slow answer" })
	s.HandleAPI("echo", func(_ context.Context, args string) string { return args })
	c := dial(t, s, esl.Options{})

	ctx, giveUp := context.WithCancel(testContext(t))
	gaveUp := make(chan error)
	go func() {
		_, err := c.API(ctx, "slow")
		gaveUp <- err
	}()
	<-begun
	giveUp()
	if err := <-gaveUp; !errors.Is(err, context.Canceled) {
		t.Fatalf("gave up: %v", err)
	}
	close(release)
	for i := range 3 {
		want := fmt.Sprint("answer ", i)
		if got, err := c.API(testContext(t), "echo "+want); err != nil || got != want {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
}

// TestAnswersFindTheirCommands: a hundred callers at once, some of which give up, each get their own answer.
func TestAnswersFindTheirCommands(t *testing.T) {
	s := startSwitch(t, esltest.Options{})
	s.HandleAPI("echo", func(_ context.Context, args string) string { return args })
	c, ctx := dial(t, s, esl.Options{}), testContext(t)
	var callers sync.WaitGroup
	for caller := range 100 {
		callers.Go(func() {
			for i := range 20 {
				ctx, cancel := context.WithCancel(ctx)
				if (caller+i)%3 == 0 {
					cancel()
				}
				want := fmt.Sprint(caller, " ", i)
				got, err := c.API(ctx, "echo "+want)
				if err == nil && got != want || err != nil && !errors.Is(err, context.Canceled) {
					t.Errorf("got %q, %v; want %q", got, err, want)
				}
				cancel()
			}
		})
	}
	callers.Wait()
}

func TestConnectionEndsInTheMiddleOfACommand(t *testing.T) {
	s := startSwitch(t, esltest.Options{})
	begun := make(chan struct{})
	s.HandleAPI("slow", func(ctx context.Context, _ string) string { close(begun); <-ctx.Done(); return "" })
	c := dial(t, s, esl.Options{})
	w := c.Watch("u1")
	failed := make(chan error, 2)
	go func() {
		_, err := c.API(context.Background(), "slow")
		failed <- err
	}()
	<-begun
	go func() {
		_, err := c.Job(context.Background(), "uptime")
		failed <- err
	}()

	s.Down()

	for range 2 {
		if err := <-failed; !errors.Is(err, esl.ErrDisconnected) {
			t.Errorf("command: %v", err)
		}
	}
	if _, err := w.Next(testContext(t)); !errors.Is(err, esl.ErrDisconnected) {
		t.Errorf("watch: %v", err)
	}
	if _, err := c.API(testContext(t), "uptime"); !errors.Is(err, esl.ErrDisconnected) {
		t.Errorf("command afterwards: %v", err)
	}
	if _, err := c.Watch("u2").Next(testContext(t)); !errors.Is(err, esl.ErrDisconnected) {
		t.Errorf("watch afterwards: %v", err)
	}
}

// TestJobResultBeforeReply: FreeSWITCH's BACKGROUND_JOB can be there before the answer to bgapi is.
func TestJobResultBeforeReply(t *testing.T) {
	s := startSwitch(t, esltest.Options{})
	c, ctx := dial(t, s, esl.Options{}), testContext(t)
	var jobs sync.WaitGroup
	for i := range 50 {
		jobs.Go(func() {
			if got, err := c.Job(ctx, "global_getvar core_uuid"); err != nil || got != s.CoreUUID() {
				t.Errorf("job %d: %q, %v", i, got, err)
			}
		})
	}
	jobs.Wait()
}

func TestCommandWithALineBreakIsNotSent(t *testing.T) {
	s := startSwitch(t, esltest.Options{})
	c, ctx := dial(t, s, esl.Options{}), testContext(t)
	for _, cmd := range []esl.Command{
		{}, {Line: "api status\n\napi hupall"}, {Line: "api a\rb"}, {Line: "api a\x00b"},
		{Line: "sendmsg", Fields: []esl.Field{{Name: "a", Value: "b\ncall-command: hangup"}}},
		{Line: "sendmsg", Fields: []esl.Field{{Name: "a\nb", Value: ""}}}, {Line: "sendmsg", Fields: []esl.Field{{Name: "a:b", Value: ""}}},
		{Line: "sendmsg", Body: "a\x00b"},
	} {
		if _, err := c.Send(ctx, cmd); !errors.Is(err, esl.ErrUnsafe) {
			t.Errorf("%q: %v", cmd, err)
		}
	}
	if got := s.Received(); len(got) != 1 {
		t.Errorf("FreeSWITCH got %q", got)
	}
}

func TestUnknownFramesAreSkipped(t *testing.T) {
	c, peer := pipe(t, esl.Options{})
	go func() {
		peer.say("Content-Type: log/data\nContent-Length: 5\nLog-Level: 7\n\nhello")
		peer.say("Content-Type: text/of-the-future\n\n")
		peer.expect("api uptime\n\n")
		peer.say("Content-Type: api/response\nContent-Length: 2\n\n42")
	}()
	if got, err := c.API(testContext(t), "uptime"); err != nil || got != "42" {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestOutOfStep: an answer nobody asked for means that every later one would go to the wrong command.
func TestOutOfStep(t *testing.T) {
	for name, wire := range map[string]string{
		"answer to no command":       "Content-Type: command/reply\nReply-Text: +OK\n\n",
		"no content type":            "Reply-Text: +OK\n\n",
		"line without a name":        "Content-Type: command/reply\nReply-Text: a\nb\n\n",
		"two lengths":                "Content-Length: 5\nContent-Length: 50\nContent-Type: text/event-plain\n\n",
		"length that is none":        "Content-Length: -1\nContent-Type: text/event-plain\n\n",
		"event that is not JSON":     "Content-Length: 2\nContent-Type: text/event-json\n\n{]",
		"event shorter than it says": "Content-Length: 35\nContent-Type: text/event-plain\n\nEvent-Name: A\nContent-Length: 99\n\nabc",
	} {
		t.Run(name, func(t *testing.T) {
			c, peer := pipe(t, esl.Options{})
			go peer.say(wire)
			<-c.Done()
			if !errors.Is(c.Err(), esl.ErrProtocol) {
				t.Errorf("ended with %v", c.Err())
			}
		})
	}
}

// peer is the other end of a connection, played by a test.
type peer struct {
	t  testing.TB
	nc net.Conn
}

// pipe makes a logged-in connection to a peer that the test plays.
func pipe(t testing.TB, o esl.Options) (*esl.Conn, *peer) {
	t.Helper()
	ours, theirs := net.Pipe()
	p := &peer{t, theirs}
	o.Dialer = func(context.Context, string, string) (net.Conn, error) { return ours, nil }
	go p.login()
	c, err := esl.Dial(context.Background(), "pipe", o)
	must(t, err)
	t.Cleanup(func() {
		_ = theirs.Close()
		_ = c.Close()
	})
	return c, p
}

func (p *peer) login() {
	p.say("Content-Type: auth/request\n\n")
	p.expect("auth \n\n")
	p.say("Content-Type: command/reply\nReply-Text: +OK accepted\n\n")
}

func (p *peer) say(s string) { _, _ = p.nc.Write([]byte(s)) }

// expect reads what must be said now.
func (p *peer) expect(want string) {
	b := make([]byte, len(want))
	for n := 0; n < len(b); {
		k, err := p.nc.Read(b[n:])
		if err != nil {
			return
		}
		n += k
	}
	if string(b) != want {
		p.t.Errorf("peer got %q, want %q", b, want)
	}
}

// quiet is a time long enough to be noticed under testing/synctest, where it costs nothing.
const quiet = time.Hour

// BenchmarkCommands is the round trip of console commands, in the foreground and in the background, with 50 callers at once.
func BenchmarkCommands(b *testing.B) {
	s, err := esltest.Start(esltest.Options{})
	must(b, err)
	defer s.Close()
	c := dial(b, s, esl.Options{})
	for name, do := range map[string]func(context.Context, string) (string, error){"api": c.API, "bgapi": c.Job} {
		b.Run(name, func(b *testing.B) {
			b.SetParallelism(25)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := do(context.Background(), "uptime"); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
