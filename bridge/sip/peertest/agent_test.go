package peertest

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"testing"

	"switchgram/bridge/sip"
)

// agent is our user agent, run for the length of a test. Calls it gets come out of calls, unanswered.
type agent struct {
	*sip.Agent
	calls chan *call
}

// call is a dialog whose events a test waits for, one after another.
type call struct{ *sip.Dialog }

// newAgent runs one that takes calls from loopback, unless o says otherwise.
func newAgent(t *testing.T, o sip.Options) *agent {
	t.Helper()
	a := &agent{calls: make(chan *call, 10)}
	if o.UDP == "" && o.TCP == "" {
		o.UDP, o.TCP = "127.0.0.1:0", "127.0.0.1:0"
	}
	if o.Allow == nil {
		o.Allow = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	}
	o.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	o.OnInvite = func(ctx context.Context, d *sip.Dialog) {
		a.calls <- &call{d}
		<-ctx.Done()
	}
	var err error
	if a.Agent, err = sip.New(o); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	<-a.Ready()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("agent: %v", err)
		}
	})
	return a
}

// uri is how to call a user of the agent.
func (a *agent) uri(user, transport string) string {
	return sip.UserURI(user, a.Addr(transport).String(), transport)
}

// dial places a call.
func (a *agent) dial(t *testing.T, inv sip.Invite) *call {
	t.Helper()
	d, err := a.Dial(patient(t), inv)
	must(t, err, "dial %s", inv.To)
	return &call{d}
}

// ring returns the next incoming call.
func (a *agent) ring(t *testing.T) *call {
	t.Helper()
	select {
	case c := <-a.calls:
		return c
	case <-patient(t).Done():
		t.Fatal("nobody called")
		return nil
	}
}

// wait returns the call's next event of type E, and passes over others.
func wait[E sip.Event](t *testing.T, c *call) E {
	t.Helper()
	ctx := patient(t)
	for {
		select {
		case ev, open := <-c.Events():
			if !open {
				t.Fatalf("the call is over, without %T", *new(E))
			}
			if e, ok := ev.(E); ok {
				return e
			}
			if end, ok := ev.(sip.Ended); ok {
				t.Fatalf("the call ended (%v), without %T", end, *new(E))
			}
		case <-ctx.Done():
			t.Fatalf("no %T", *new(E))
		}
	}
}

// must fails the test if something that the agent was asked for went wrong.
func must(t *testing.T, err error, what string, args ...any) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", fmt.Sprintf(what, args...), err)
	}
}
