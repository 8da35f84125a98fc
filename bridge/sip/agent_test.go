package sip_test

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/sip"
)

// patience is how long a test waits for what must happen; only a broken test waits that long.
const patience = 2 * time.Minute

// everybody on this machine may call.
var everybody = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// start runs an agent for the test's life, on UDP and TCP.
func start(t *testing.T, o sip.Options) *sip.Agent {
	t.Helper()
	if o.UDP == "" {
		o.UDP = "127.0.0.1:0"
	}
	if o.TCP == "" {
		o.TCP = "127.0.0.1:0"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	a, err := sip.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := a.Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(func() {
		cancel()
		wg.Wait()
	})
	<-a.Ready()
	return a
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(b []byte) (int, error) {
	w.t.Logf("%s", b)
	return len(b), nil
}

// callee is an agent that hands its incoming calls to the test.
func callee(t *testing.T, o sip.Options) (*sip.Agent, <-chan *sip.Dialog) {
	t.Helper()
	calls := make(chan *sip.Dialog, 16)
	if o.Allow == nil {
		o.Allow = everybody
	}
	o.OnInvite = func(ctx context.Context, d *sip.Dialog) {
		calls <- d
		<-ctx.Done()
	}
	return start(t, o), calls
}

// uri is how to call user at an agent.
func uri(a *sip.Agent, user, transport string) string {
	return sip.UserURI(user, a.Addr(transport).String(), transport)
}

func dial(t *testing.T, a *sip.Agent, inv sip.Invite) *sip.Dialog {
	t.Helper()
	d, err := a.Dial(deadline(t), inv)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// next waits for something to come out of a channel.
func next[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v, ok := <-c:
		if !ok {
			t.Fatalf("%T: closed", c)
		}
		return v
	case <-time.After(patience):
		t.Fatalf("%T: nothing came", c)
		panic("unreachable")
	}
}

// expect waits for an event of type E, with others before it skipped.
func expect[E sip.Event](t *testing.T, d *sip.Dialog) E {
	t.Helper()
	for {
		e := next(t, d.Events())
		if want, ok := e.(E); ok {
			return want
		}
		if ended, ok := e.(sip.Ended); ok {
			t.Fatalf("call ended while waiting for %T: %v", *new(E), ended)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// pair is an answered call between two agents.
func pair(t *testing.T, caller *sip.Agent, inv sip.Invite, calls <-chan *sip.Dialog) (out, in *sip.Dialog) {
	t.Helper()
	out = dial(t, caller, inv)
	in = next(t, calls)
	must(t, in.Answer(deadline(t)))
	expect[sip.Answered](t, out)
	expect[sip.Answered](t, in)
	for _, d := range []*sip.Dialog{out, in} {
		sip.KeepKeys(d, patience)
	}
	return out, in
}

// listen collects the packets of a dialog.
func listen(d *sip.Dialog) <-chan *rtp.Packet {
	c := make(chan *rtp.Packet, 256)
	d.OnRTP(func(p *rtp.Packet) {
		select {
		case c <- p.Clone():
		default:
		}
	})
	return c
}

func packet(seq uint16, payload string) *rtp.Packet {
	return &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: seq, Timestamp: uint32(seq) * 960}, Payload: []byte(payload)}
}

func TestCallCarriesSoundBothWays(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			// given two agents
			caller := start(t, sip.Options{})
			answerer, calls := callee(t, sip.Options{})

			// when one calls the other, which rings and answers
			out := dial(t, caller, sip.Invite{To: uri(answerer, "1000", transport), FromUser: "ann", FromName: `A "q" \ n`})
			in := next(t, calls)
			must(t, in.Ring(deadline(t)))
			expect[sip.Ringing](t, out)
			must(t, in.Answer(deadline(t)))
			expect[sip.Answered](t, out)

			// then each knows who the other is
			if in.RemoteUser() != "ann" || in.RemoteName() != `A "q" \ n` || in.RequestUser() != "1000" || in.CallID() != out.CallID() {
				t.Errorf("got %q %q %q %q", in.RemoteUser(), in.RemoteName(), in.RequestUser(), in.CallID())
			}
			// and sound goes both ways
			heardOut, heardIn := listen(out), listen(in)
			must(t, out.WriteRTP(packet(1, "there")))
			if p := next(t, heardIn); string(p.Payload) != "there" || !p.Marker || p.PayloadType != 102 {
				t.Errorf("got %v", p)
			}
			must(t, in.WriteRTP(packet(7, "back")))
			if p := next(t, heardOut); string(p.Payload) != "back" || p.SequenceNumber != 7 {
				t.Errorf("got %v", p)
			}
			// and when one hangs up, both have ended
			must(t, out.Hangup(deadline(t), sip.Hangup{Q850: 16, Text: "bye"}))
			if e := expect[sip.Ended](t, in); !e.Remote || e.Cause != 16 || e.Text != "bye" {
				t.Errorf("got %v", e)
			}
			if e := expect[sip.Ended](t, out); e.Remote || e.Err != nil {
				t.Errorf("got %v", e)
			}
		})
	}
}
