package esl_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"switchgram/esl"
	"switchgram/esl/esltest"
)

// serve runs a server with this handler.
func serve(t *testing.T, o esl.ServerOptions) (address string, stop func()) {
	t.Helper()
	o.Address = "127.0.0.1:0"
	s, err := esl.NewServer(o)
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- s.Run(ctx) }()
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(stop)
	return s.Addr().String(), stop
}

// handOver hands a new channel to a server whose handler is this, and returns when it has returned.
func handOver(t *testing.T, s *esltest.Switch, handle func(ctx context.Context, s *esl.Session)) *esltest.Channel {
	t.Helper()
	done := make(chan struct{})
	address, stop := serve(t, esl.ServerOptions{Handle: func(ctx context.Context, s *esl.Session) {
		defer close(done)
		handle(ctx, s)
	}})
	c := s.NewChannel(esltest.ChannelOptions{Incoming: true, Variables: []esltest.Header{{Name: "sip_from_user", Value: "a b"}}})
	must(t, c.Socket(address))
	wait(t, done)
	stop()
	return c
}

func TestSessionRunsApplications(t *testing.T) {
	s := startSwitch(t, esltest.Options{})
	s.HandleApp("digits", func(context.Context, *esltest.Channel, string) string { return "42" })
	c := handOver(t, s, func(ctx context.Context, x *esl.Session) {
		if x.UUID() != x.Data().UUID() || x.Data().Variable("sip_from_user") != "a b" {
			t.Errorf("handed over %v", x.Data())
		}
		w := x.Watch()
		e, err := x.Execute(ctx, "answer", "")
		if err != nil || e.Get("Application-Response") != "_none_" {
			t.Errorf("answer: %v, %v", e, err)
		}
		next(t, w, "CHANNEL_EXECUTE")
		next(t, w, "CHANNEL_ANSWER")
		next(t, w, "CHANNEL_EXECUTE_COMPLETE")
		if e, err = x.Execute(ctx, "digits", ""); err != nil || e.Get("Application-Response") != "42" {
			t.Errorf("digits: %v, %v", e, err)
		}
		if _, err = x.Execute(ctx, "set", "two_lines= a\nb "); err != nil {
			t.Error(err)
		}
		if got, err := x.Job(ctx, "uuid_getvar "+x.UUID()+" two_lines"); err != nil || got != " a\nb " {
			t.Errorf("argument of two lines arrived as %q, %v", got, err)
		}
	})
	if e := s.Channel(c.UUID()); e == nil {
		t.Error("the channel should live on when the handler returns")
	}
}

// TestExecuteEndsWithTheChannel, however that ends: it never waits for what will not come.
// TestForeignTextRunsNothing: neither as part of an application's argument, nor later, when a dialplan refers to the variable it became. What
// is not made harmless runs, so that the test would see it.
func TestForeignTextRunsNothing(t *testing.T) {
	s := startSwitch(t, esltest.Options{})
	var ran atomic.Int32
	for _, name := range []string{"system", "create_uuid"} {
		s.HandleAPI(name, func(context.Context, string) string { ran.Add(1); return "caught" })
	}
	handOver(t, s, func(ctx context.Context, x *esl.Session) {
		run := func(arg string) string {
			e, err := x.Execute(ctx, "set", arg)
			must(t, err)
			return e.Get("Application-Data")
		}
		for _, name := range append(random(100), hostile...) {
			must(t, x.SetVariable(ctx, x.UUID(), "tg_name", name))
			if got, want := run("greeting=Hello "+esl.AppText(name)+"!"), "greeting=Hello "+esl.Text(name)+"!"; !strings.ContainsAny(name, `$'\`) && got != want {
				t.Errorf("%q: %q, want %q", name, got, want)
			}
			run("copy=${tg_name}{x}")
		}
		if n := ran.Load(); n != 0 {
			t.Errorf("%d commands of strangers were run", n)
		}
		run("bare=${system(reboot)}")
		if n := ran.Load(); n != 1 {
			t.Errorf("the switch ran %d commands, so nothing is shown", n)
		}
	})
}

func TestExecuteEndsWithTheChannel(t *testing.T) {
	for name, end := range map[string]func(s *esltest.Switch, c *esltest.Channel){
		"hangup":                func(_ *esltest.Switch, c *esltest.Channel) { c.Hangup("USER_BUSY") },
		"the connection is cut": func(s *esltest.Switch, _ *esltest.Channel) { s.Down() },
	} {
		t.Run(name, func(t *testing.T) {
			s := startSwitch(t, esltest.Options{})
			begun := make(chan *esltest.Channel, 1)
			s.HandleApp("wait", func(ctx context.Context, c *esltest.Channel, _ string) string {
				begun <- c
				<-ctx.Done()
				return ""
			})
			handOver(t, s, func(ctx context.Context, x *esl.Session) {
				go func() { end(s, <-begun) }()
				_, err := x.Execute(context.WithoutCancel(ctx), "wait", "")
				var hangup *esl.HangupError
				if name == "hangup" && (!errors.As(err, &hangup) || hangup.Q850() != 17) || name != "hangup" && !errors.Is(err, esl.ErrDisconnected) {
					t.Errorf("got %v", err)
				}
				if name == "hangup" && ctx.Err() != nil {
					t.Error("the context should live for as long as FreeSWITCH lingers")
				} else if name != "hangup" {
					wait(t, ctx.Done())
				}
			})
		})
	}
}

func TestUnknownApplicationEndsTheChannel(t *testing.T) {
	s := startSwitch(t, esltest.Options{})
	handOver(t, s, func(ctx context.Context, x *esl.Session) {
		_, err := x.Execute(ctx, "no_such_app", "")
		var hangup *esl.HangupError
		if !errors.As(err, &hangup) || hangup.Cause != "DESTINATION_OUT_OF_ORDER" {
			t.Errorf("got %v", err)
		}
		wait(t, x.HungUp())
		if _, err := x.Execute(ctx, "playback", "x"); !errors.As(err, &hangup) {
			t.Errorf("afterwards: %v", err)
		}
		must(t, x.Hangup(ctx, ""))
	})
}

func TestSessionSeesTheEnd(t *testing.T) {
	s := startSwitch(t, esltest.Options{})
	handOver(t, s, func(ctx context.Context, x *esl.Session) {
		must(t, x.Hangup(ctx, "CALL_REJECTED"))
		e, err := x.Wait(ctx)
		if err != nil || e.Name() != "CHANNEL_HANGUP_COMPLETE" || e.Cause() != "CALL_REJECTED" {
			t.Errorf("%v, %v", e, err)
		}
	})
}

// TestHangupBehindAFilter: the notice that FreeSWITCH lingers ends Execute even if no event comes.
func TestHangupBehindAFilter(t *testing.T) {
	s := startSwitch(t, esltest.Options{})
	begun := make(chan *esltest.Channel, 1)
	s.HandleApp("wait", func(ctx context.Context, c *esltest.Channel, _ string) string {
		begun <- c
		<-ctx.Done()
		return ""
	})
	handOver(t, s, func(ctx context.Context, x *esl.Session) {
		_, err := x.Send(ctx, esl.Command{Line: "filter Unique-ID nobody"})
		must(t, err)
		go func() { (<-begun).Hangup("USER_BUSY") }()
		var hangup *esl.HangupError
		if _, err := x.Execute(ctx, "wait", ""); !errors.As(err, &hangup) || hangup.Cause != "" {
			t.Errorf("got %v", err)
		}
	})
}

func TestServerStops(t *testing.T) {
	s := startSwitch(t, esltest.Options{})
	entered := make(chan struct{})
	address, stop := serve(t, esl.ServerOptions{Handle: func(ctx context.Context, x *esl.Session) {
		close(entered)
		_, err := x.Execute(ctx, "park", "")
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}})
	c := s.NewChannel(esltest.ChannelOptions{})
	must(t, c.Socket(address))
	wait(t, entered)
	stop()
	if s.Channel(c.UUID()) == nil {
		t.Error("the channel should live on")
	}
}

func TestServerTurnsAway(t *testing.T) {
	handle := func(context.Context, *esl.Session) { t.Error("handed over") }
	elsewhere := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	address, _ := serve(t, esl.ServerOptions{Handle: handle, Allow: elsewhere})
	stranger, err := net.Dial("tcp", address)
	must(t, err)
	defer func() { _ = stranger.Close() }()
	if _, err := stranger.Read(make([]byte, 1)); err == nil {
		t.Error("a stranger got an answer")
	}

	inside, done := make(chan struct{}), make(chan struct{})
	full, _ := serve(t, esl.ServerOptions{MaxSessions: 1, Handle: func(context.Context, *esl.Session) { close(inside); <-done }})
	s := startSwitch(t, esltest.Options{})
	must(t, s.NewChannel(esltest.ChannelOptions{}).Socket(full))
	wait(t, inside)
	second, err := net.Dial("tcp", full)
	must(t, err)
	defer func() { _ = second.Close() }()
	if _, err := second.Read(make([]byte, 1)); err == nil {
		t.Error("one too many got an answer")
	}
	close(done)
}

// TestPeerThatIsNoFreeSWITCH: garbage, or a channel without a name, costs that connection only.
func TestPeerThatIsNoFreeSWITCH(t *testing.T) {
	address, _ := serve(t, esl.ServerOptions{Handle: func(context.Context, *esl.Session) { t.Error("handed over") }})
	for _, wire := range []string{"GET / HTTP/1.1\r\n\r\n", "Content-Type: command/reply\nReply-Text: +OK\n\n", "\x00\x01\n\n"} {
		nc, err := net.Dial("tcp", address)
		must(t, err)
		_, _ = nc.Write([]byte(wire))
		_ = nc.SetReadDeadline(time.Now().Add(patience))
		for b := make([]byte, 100); err == nil; {
			_, err = nc.Read(b)
		}
		if ne := net.Error(nil); errors.As(err, &ne) && ne.Timeout() {
			t.Errorf("%q: still connected", wire)
		}
		_ = nc.Close()
	}
}

func TestServerOptions(t *testing.T) {
	if _, err := esl.NewServer(esl.ServerOptions{}); err == nil {
		t.Error("no handler is no error")
	}
	if _, err := esl.NewServer(esl.ServerOptions{Handle: func(context.Context, *esl.Session) {}, Address: "nowhere"}); err == nil {
		t.Error("an address without a port is no error")
	}
	s, err := esl.NewServer(esl.ServerOptions{Handle: func(context.Context, *esl.Session) {}, Address: "127.0.0.1:0"})
	must(t, err)
	must(t, s.Close())
	if err := s.Run(t.Context()); err == nil {
		t.Error("a closed server runs")
	}
}
