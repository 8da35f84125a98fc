package browsertest

import (
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"

	"switchgram/tgcall/engine"
)

// TestTelegramWeb has one browser for all that follows, and a tab for each.
func TestTelegramWeb(t *testing.T) {
	w := serve(t)
	for _, test := range []struct {
		name string
		run  func(t *testing.T, w *web, o options)
	}{
		{"the path is lost and ICE restarted", restartsWhenThePathIsLost},
		{"the page is closed", isClosed},
		{"RTCP is understood", understandsReports},
		{"both mute", bothMute},
		{"camera and screen are declined", showsCameraAndScreen},
		{"the browser hangs up", hangsUp},
		{"the page is reloaded", isReloaded},
		{"ICE is restarted", restarts},
		{"both talk", bothTalk},
		{"only relays", usesOnlyRelays},
		{"addresses are hidden", hidesItsAddresses},
	} {
		for role, calls := range map[string]bool{"from the browser": true, "to the browser": false} {
			t.Run(test.name+"/"+role, func(t *testing.T) {
				t.Parallel()
				test.run(t, w, options{browserCalls: calls})
			})
		}
	}
}

func bothTalk(t *testing.T, w *web, o options) {
	c := newCall(t, w, o)
	c.talk()
	c.awaitEvent(engine.StateChanged{State: engine.Established})
	c.awaitEvent(engine.RemoteMedia{Muted: false, Video: "inactive"})
	c.Eval(nil, "until(() => call.peerState?.muted === false)")
	if p := c.path(); p.DTLSRole != "client" {
		t.Errorf("the browser is the %s of DTLS; as Telegram Web it wants to be the client", p.DTLSRole)
	}
}

func bothMute(t *testing.T, w *web, o options) {
	c := newCall(t, w, o)
	c.talk()

	c.Eval(nil, "call.mute(true)")
	c.awaitEvent(engine.RemoteMedia{Muted: true, Video: "inactive"})
	c.weHear(0)
	silence := c.engine.Stats().Received
	c.awaitStats("silence in packets", func(s engine.Stats) bool { return s.Received > silence+20 })
	c.Eval(nil, "call.mute(false)")
	c.talk()

	c.engine.Mute(true)
	c.Eval(nil, "until(() => call.peerState.muted)")
	c.browserHears(0)
	c.engine.Mute(false)
	c.Eval(nil, "until(() => !call.peerState.muted)")
	c.talk()
}

// showsCameraAndScreen: each is an offer of sound and video, of which we take the sound.
func showsCameraAndScreen(t *testing.T, w *web, o options) {
	c := newCall(t, w, o)
	c.talk()
	before := c.engine.Stats().Refused // the browser's first sound can be faster than our keys
	for _, what := range []string{"camera", "screen", "camera"} {
		c.Eval(nil, "call.show('"+what+"').then(() => until(() => call.refused && call.connection.signalingState === 'stable'))")
		if what == "camera" {
			c.awaitLast(engine.RemoteMedia{Video: "active"})
		}
		c.talk()
		c.Eval(nil, "call.show('')")
		c.awaitLast(engine.RemoteMedia{Video: "inactive"})
		c.talk()
	}
	if n := c.engine.Stats().Refused - before; n > 0 {
		t.Errorf("%d packets came that nobody asked for", n)
	}
}

// restarts: the browser has other credentials, and other sockets; we keep ours.
func restarts(t *testing.T, w *web, o options) {
	c := newCall(t, w, o)
	c.talk()
	for range 2 {
		before := c.path()
		c.Eval(nil, "call.restart()")
		c.Eval(nil, "until(async () => { const p = await path(); return p?.state === 'succeeded' && p.ufrag !== '"+before.Ufrag+"'; })")
		c.talk()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if slices.Contains(c.events, engine.Event(engine.StateChanged{State: engine.Reconnecting})) {
		t.Errorf("the call was interrupted: %v", c.events)
	}
}

// restartsWhenThePathIsLost: the browser's way to its relay is gone, as when a telephone leaves its Wi-Fi.
func restartsWhenThePathIsLost(t *testing.T, w *web, o options) {
	o.server = startTURN(t)
	c := newCall(t, w, o)
	c.talk()
	o.server.lose(browserAsks)
	c.awaitLast(engine.StateChanged{State: engine.Reconnecting})
	c.awaitLast(engine.StateChanged{State: engine.Established})
	c.talk()
}

func usesOnlyRelays(t *testing.T, w *web, o options) {
	o.server = startTURN(t)
	c := newCall(t, w, o)
	c.talk()
	if p := c.path(); p.Local != "relay" {
		t.Errorf("the browser sends from %s", p.Local)
	}
	c.await("relay", func(all []engine.Event) bool {
		return slices.ContainsFunc(all, func(e engine.Event) bool { p, ok := e.(engine.PairChanged); return ok && p.Local == "relay" })
	})
}

// hidesItsAddresses: a page that may not use the microphone has candidates with made-up names (mDNS).
func hidesItsAddresses(t *testing.T, w *web, o options) {
	o.strange = true
	c := newCall(t, w, o)
	c.talk()
	c.await("peer reflexive candidate", func(all []engine.Event) bool {
		return slices.ContainsFunc(all, func(e engine.Event) bool { p, ok := e.(engine.PairChanged); return ok && p.Remote == "prflx" })
	})
}

// understandsReports: what the browser's statistics say of our RTCP, and ours of its.
func understandsReports(t *testing.T, w *web, o options) {
	c := newCall(t, w, o)
	c.talk()
	var heard, sent struct {
		PacketsLost   int64   `json:"packetsLost"`
		RoundTripTime float64 `json:"roundTripTime"` // seconds
		PacketsSent   int64   `json:"packetsSent"`
	}
	c.Eval(&heard, "until(() => stat('remote-inbound-rtp', (s) => s.kind === 'audio' && s.roundTripTime > 0))")
	if heard.PacketsLost != 0 || heard.RoundTripTime > 1 {
		t.Errorf("we told the browser: %+v", heard)
	}
	c.Eval(&sent, "until(() => stat('remote-outbound-rtp', (s) => s.kind === 'audio' && s.packetsSent > 0))")
	c.Eval(&heard, "stat('inbound-rtp', (s) => s.kind === 'audio')")
	if heard.PacketsLost != 0 || sent.PacketsSent > int64(c.engine.Stats().Sent) {
		t.Errorf("the browser has %+v of us; we reported %+v and sent %d", heard, sent, c.engine.Stats().Sent)
	}
	c.awaitStats("round trip", func(s engine.Stats) bool { return s.RTT > 0 && s.RTT < time.Second })
	if s := c.engine.Stats(); s.Lost != 0 || s.ReportedLost != 0 {
		t.Errorf("packets were lost on loopback: %+v", s)
	}
}

func hangsUp(t *testing.T, w *web, o options) {
	c := newCall(t, w, o)
	c.talk()
	c.Eval(nil, "call.connection.close()")
	c.awaitEnd(engine.ErrPeerClosed)
}

func isReloaded(t *testing.T, w *web, o options) {
	c := newCall(t, w, o)
	c.talk()
	c.Do(page.Reload())
	c.awaitEnd(engine.ErrPeerClosed)
}

// isClosed: a tab that is closed says nothing.
func isClosed(t *testing.T, w *web, o options) {
	c := newCall(t, w, o)
	c.talk()
	c.Do(page.Close())
	c.awaitLast(engine.StateChanged{State: engine.Reconnecting})
}
