package gotdcalls

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/calls"
	"github.com/gotd/td/tg"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"switchgram/tgcall/engine"
	"switchgram/tgcall/testnet"
)

// gotd is a person whose client and calls are gotd's, for one call.
type gotd struct {
	t     *testing.T
	api   *tg.Client
	calls *calls.Client
	ctx   context.Context
	ready chan struct{} // closed when the call is made
}

// newGotd logs a user in until the test ends. Whoever calls is answered, and conversed with, by answered.
func newGotd(t *testing.T, n *testnet.Network, u *testnet.User, answered func(*gotdSound)) *gotd {
	t.Helper()
	updates := tg.NewUpdateDispatcher()
	o := n.ClientOptions()
	o.SessionStorage, o.UpdateHandler = u.Session(t.Context()), updates
	client := telegram.NewClient(n.AppID(), n.AppHash(), o)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	g := &gotd{t: t, api: client.API(), ctx: ctx, ready: make(chan struct{})}
	g.calls = calls.NewClient(g.api, calls.Options{})
	g.register(updates)
	var running sync.WaitGroup
	g.calls.OnIncoming(func(in *calls.IncomingCall) {
		running.Go(func() {
			if conn, err := in.Accept(ctx); err != nil {
				t.Errorf("gotd does not accept: %v", err)
			} else {
				answered(g.begin(conn))
			}
		})
	})
	up := make(chan struct{})
	running.Go(func() {
		err := client.Run(ctx, func(ctx context.Context) error {
			close(up)
			<-ctx.Done()
			return nil
		})
		if err != nil {
			t.Errorf("gotd's client: %v", err)
		}
	})
	t.Cleanup(func() { cancel(); running.Wait() })
	<-up
	return g
}

// register forwards updates, as gotd's documentation leaves to the program. Signalling waits for the call to be made: gotd would lose it,
// or read half a call.
func (g *gotd) register(updates tg.UpdateDispatcher) {
	updates.OnPhoneCall(func(ctx context.Context, _ tg.Entities, u *tg.UpdatePhoneCall) error { return g.calls.Handle(ctx, u) })
	updates.OnPhoneCallSignalingData(func(ctx context.Context, _ tg.Entities, u *tg.UpdatePhoneCallSignalingData) error {
		select {
		case <-g.ready:
			return g.calls.HandleSignalingData(ctx, u)
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

// dial calls a person by name, and returns when the other side has answered.
func (g *gotd) dial(username string) *gotdSound {
	g.t.Helper()
	found, err := g.api.ContactsResolveUsername(g.ctx, &tg.ContactsResolveUsernameRequest{Username: username})
	if err != nil {
		g.t.Fatal(err)
	}
	conn, err := g.calls.Request(testContext(g.t), found.Users[0].(*tg.User).AsInput())
	if err != nil {
		g.t.Fatal(err)
	}
	return g.begin(conn)
}

// begin lets signalling in when the call can be listened to.
func (g *gotd) begin(c *calls.Conn) *gotdSound {
	s := newGotdSound(c)
	close(g.ready)
	return s
}

// hangUp ends the call that there is.
func (g *gotd) hangUp() {
	g.t.Helper()
	if err := g.calls.Discard(g.ctx, calls.DiscardHangup); err != nil {
		g.t.Error(err)
	}
}

// gotdSound is that of a call of gotd's, to be used as ours is.
type gotdSound struct {
	*calls.Conn
	listens chan struct{} // closed when it can hear us; of a packet that comes earlier it goes deaf for good
	heard   atomic.Pointer[func(*rtp.Packet)]
}

func newGotdSound(c *calls.Conn) *gotdSound {
	s := &gotdSound{Conn: c, listens: make(chan struct{})}
	c.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		if track.Kind() == webrtc.RTPCodecTypeAudio {
			close(s.listens)
			go s.read(track)
		}
	})
	return s
}

// read ends with the track.
func (s *gotdSound) read(track *webrtc.TrackRemote) {
	for {
		p, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		if f := s.heard.Load(); f != nil && *f != nil {
			(*f)(p)
		}
	}
}

// OnRTP sets who receives packets.
func (s *gotdSound) OnRTP(f func(*rtp.Packet)) { s.heard.Store(&f) }

// WriteRTP sends a packet.
func (s *gotdSound) WriteRTP(p *rtp.Packet) error { return s.AudioTrack().WriteRTP(p) }

// Stats are not kept.
func (s *gotdSound) Stats() engine.Stats { return engine.Stats{} }
