package path

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/logging"
	"github.com/pion/stun/v3"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is a safety net; everything below happens at once on an idle machine.
const patience = 60 * time.Second

// end is one side of a path in a test.
type end struct {
	*Path
	conn       net.Conn
	candidates chan string
	connected  chan bool
	packets    chan string
}

func open(t *testing.T, controlling bool, servers ...Server) *end {
	t.Helper()
	return openOther(t, controlling, nil, servers...)
}

// openOther opens a peer whose agent is not quite like ours.
func openOther(t *testing.T, controlling bool, otherwise []ice.AgentOption, servers ...Server) *end {
	t.Helper()
	e := &end{candidates: make(chan string, 100), connected: make(chan bool, 100), packets: make(chan string, 100)}
	p, err := Open(Options{
		Controlling: controlling, Loopback: true, Servers: servers,
		Timing:      Timing{Keepalive: 50 * time.Millisecond, Disconnected: time.Second},
		Log:         slog.New(slog.DiscardHandler),
		PionLogs:    &logging.DefaultLoggerFactory{Writer: io.Discard},
		OnCandidate: func(c string) { e.candidates <- c },
		OnConnected: func(on bool) { e.connected <- on },
		OnPair:      func(string, string) {},
		otherwise:   otherwise,
	})
	if err != nil {
		t.Fatal(err)
	}
	e.Path = p
	t.Cleanup(p.Close)
	return e
}

// gather looks for candidates of an end, and returns the first: there is no relay in these tests, so it does.
func (e *end) gather(t *testing.T) []string {
	t.Helper()
	if err := e.Gather(t.Context()); err != nil {
		t.Fatal(err)
	}
	return e.gathering(t)
}

func (e *end) gathering(t *testing.T) []string {
	t.Helper()
	select {
	case c := <-e.candidates:
		return []string{c}
	case <-time.After(patience):
		t.Fatal("no candidate")
		return nil
	}
}

// connect joins two ends and reads from both until the test ends.
func connect(t *testing.T, a, b *end) {
	t.Helper()
	var group sync.WaitGroup
	for _, e := range []struct{ here, there *end }{{a, b}, {b, a}} {
		conn, err := e.here.Connect(e.there.Credentials())
		if err != nil {
			t.Fatal(err)
		}
		e.here.conn = conn
		group.Go(func() { e.here.read() })
	}
	t.Cleanup(func() {
		for _, e := range []*end{a, b} {
			_ = e.conn.SetReadDeadline(time.Unix(0, 1))
		}
		group.Wait()
	})
	for _, c := range a.gather(t) {
		if err := b.Add(c); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range b.gather(t) {
		if err := a.Add(c); err != nil {
			t.Fatal(err)
		}
	}
	a.await(t, true)
	b.await(t, true)
}

func (e *end) read() {
	buf := make([]byte, 100)
	for {
		n, err := e.conn.Read(buf)
		if err != nil {
			return
		}
		select {
		case e.packets <- string(buf[:n]):
		default:
		}
	}
}

func (e *end) await(t *testing.T, want bool) {
	t.Helper()
	giveUp := time.After(patience)
	for {
		select {
		case got := <-e.connected:
			if got == want {
				return
			}
		case <-giveUp:
			t.Fatalf("never connected %v", want)
		}
	}
}

// says sends a packet until the other end has heard it.
func (e *end) says(t *testing.T, text string, to *end) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	giveUp := time.After(patience)
	for {
		select {
		case got := <-to.packets:
			if got == text {
				return
			}
		case <-tick.C:
			_, _ = e.conn.Write([]byte(text))
		case <-giveUp:
			t.Fatalf("%q was not heard", text)
		}
	}
}

func TestPacketsFindTheirWay(t *testing.T) {
	a, b := open(t, true), open(t, false)
	connect(t, a, b)
	a.says(t, "\x80hello", b)
	b.says(t, "\x80and you", a)
}

// TestBrowserRestartsICE: it takes new credentials in mid-call and expects ours to stay.
func TestBrowserRestartsICE(t *testing.T) {
	for name, controlling := range map[string]bool{"browser is controlled": true, "browser controls": false} {
		t.Run(name, func(t *testing.T) {
			gatherOnce := []ice.AgentOption{ice.WithContinualGatheringPolicy(ice.GatherOnce)} // pion's does not bear its own restart
			us, browser := open(t, controlling), openOther(t, !controlling, gatherOnce)
			connect(t, us, browser)

			ufrag, pwd := us.Credentials()
			if err := browser.agent.Restart("", ""); err != nil {
				t.Fatal(err)
			}
			if err := browser.agent.SetRemoteCredentials(ufrag, pwd); err != nil {
				t.Fatal(err)
			}
			browser.ufrag, browser.pwd, _ = browser.agent.GetLocalUserCredentials()
			if err := browser.agent.GatherCandidates(); err != nil {
				t.Fatal(err)
			}
			followRestart(t, us, browser, browser.gathering(t))
			stop := repairing(us)
			defer stop()
			us.says(t, "\x80still there?", browser)
			browser.says(t, "\x80yes", us)
		})
	}
}

// TestBrowserThatRestartsICETakesControl: Chromium does, also of a call that we placed. Which of the two keeps it is decided by lot
// (RFC 8445 §7.3.1.1), so this is played until each has won.
func TestBrowserThatRestartsICETakesControl(t *testing.T) {
	for won := map[bool]bool{}; len(won) < 2; {
		us, before, after := open(t, true), open(t, false), open(t, true)
		connect(t, us, before)
		before.Close()
		conn, err := after.Connect(us.Credentials())
		if err != nil {
			t.Fatal(err)
		}
		after.conn = conn
		var reading sync.WaitGroup
		reading.Go(after.read)
		followRestart(t, us, after, after.gather(t))
		stop := repairing(us)
		us.says(t, "\x80still there?", after)
		after.says(t, "\x80yes", us)
		won[us.follow.isTold()] = true
		stop()
		_ = conn.SetReadDeadline(time.Unix(0, 1))
		reading.Wait()
	}
}

// followRestart tells us of a browser's new credentials and candidates, and the browser, which has forgotten them, of our candidates.
func followRestart(t *testing.T, us, browser *end, candidates []string) {
	t.Helper()
	if err := us.Restart(browser.Credentials()); err != nil {
		t.Fatal(err)
	}
	for _, c := range candidates {
		if err := us.Add(c); err != nil {
			t.Fatal(err)
		}
	}
	locals, err := us.agent.GetLocalCandidates()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range locals {
		if err := browser.Add(format(c, c.Address(), us.ufrag)); err != nil {
			t.Fatal(err)
		}
	}
}

// repairing calls Repair as the engine does, but sooner.
func repairing(e *end) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case now := <-tick.C:
				e.Repair(now, false)
			case <-ctx.Done():
				return
			}
		}
	})
	return func() { cancel(); group.Wait() }
}

func TestTooManyCandidatesOfThePeer(t *testing.T) {
	p := open(t, true)
	for n := range maxRemote {
		if err := p.Add("1 1 udp 5 127.0.0.1 " + string(rune('1'+n%9)) + "000 typ host"); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Add("1 1 udp 5 127.0.0.1 9 typ host"); !errors.Is(err, errTooMany) {
		t.Errorf("one more: %v", err)
	}
}

// TestServerThatDoesNotAnswerDelaysNothing: neither the direct candidates nor the end.
func TestServerThatDoesNotAnswerDelaysNothing(t *testing.T) {
	hole, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer hole.Close()
	port := hole.LocalAddr().(*net.UDPAddr).Port
	p := open(t, true, Server{Host: "127.0.0.1", Port: port, Username: "u", Password: "p", TURN: true}, Server{Host: "127.0.0.1", Port: port})
	if err := p.Gather(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-p.candidates
	start := time.Now()
	p.Close()
	if took := time.Since(start); took > 4*time.Second {
		t.Errorf("closing took %v", took)
	}
}

func TestNamesThatLeadNowhereAreLeftOut(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	servers := resolve(ctx, []Server{{Host: "does.not.exist.invalid", Port: 1}}, slog.New(slog.DiscardHandler))
	if len(servers) != 0 {
		t.Errorf("%v", servers)
	}
}

func TestServersBecomeURLs(t *testing.T) {
	addresses, names := split([]Server{{Host: "192.0.2.1", Port: 3478}, {Host: "stun.example.org", Port: 3478}})
	if len(addresses) != 1 || len(names) != 1 {
		t.Fatalf("%v %v", addresses, names)
	}
	all := urls([]Server{addresses[0], {Host: "2001:db8::1", Port: 1400, Username: "u", Password: "p", TURN: true}})
	if all[0].Scheme != stun.SchemeTypeSTUN || all[1].Scheme != stun.SchemeTypeTURN || all[1].Username != "u" {
		t.Errorf("%v", all)
	}
}

// TestRenominationIsFollowedOnceThePairWorks: the peer says it once, and pion forgets what it had not checked itself by then.
func TestRenominationIsFollowedOnceThePairWorks(t *testing.T) {
	at := func(port uint16) route {
		return route{netip.MustParseAddrPort("192.0.2.1:1"), netip.AddrPortFrom(netip.MustParseAddr("192.0.2.2"), port)}
	}
	var f follow
	now := time.Now()
	f.selected(at(1), kinds{})
	f.nominate(at(2), 5, now)
	f.nominate(at(3), 4, now) // was underway longer
	f.nominate(at(3), 0, now) // the same check has both attributes, or it is old
	if r, ok := f.pending(now); !ok || r != at(2) {
		t.Errorf("pending %v, %v", r, ok)
	}
	if f.check(at(3), time.Second, now) || !f.check(at(2), time.Second, now) {
		t.Error("another pair is taken than was nominated")
	}
	if _, ok := f.pending(now.Add(time.Minute)); ok {
		t.Error("a pair that never worked is still tried")
	}
	f.selected(at(2), kinds{})
	if _, ok := f.pending(now); ok {
		t.Error("still pending when it was taken")
	}
}

// TestAnyPairWillDoWhenTheOneInUseIsLost: what we send is heard by whatever pair it comes.
func TestAnyPairWillDoWhenTheOneInUseIsLost(t *testing.T) {
	at := func(port uint16) route {
		return route{remote: netip.AddrPortFrom(netip.MustParseAddr("192.0.2.2"), port)}
	}
	var f follow
	f.selected(at(1), kinds{})
	now := time.Now()
	f.nominate(at(1), 7, now)
	if f.unheard(time.Second, now) || !f.unheard(time.Second, now.Add(time.Minute)) {
		t.Error("the pair in use is unheard of at once, or never")
	}
	f.loses(true)
	if f.check(at(1), time.Second, now) || !f.check(at(2), time.Second, now) {
		t.Error("not the other pair is taken")
	}
	f.selected(at(2), kinds{})
	if f.check(at(3), time.Second, now) {
		t.Error("and another one")
	}
	if r, ok := f.pending(now); ok {
		t.Errorf("back to %v, which is dead", r)
	}
}

// TestBrowserThatLeavesADeadPathIsFollowed: it nominates with USE-CANDIDATE alone, which pion obeys only towards higher priority.
func TestBrowserThatLeavesADeadPathIsFollowed(t *testing.T) {
	var f follow
	at := func(port int) ice.Candidate {
		c, err := ice.NewCandidateHost(&ice.CandidateHostConfig{Network: "udp", Address: "192.0.2.1", Port: port, Component: 1})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	here, dead, alive := at(1), at(2), at(3)
	const limit = 5 * time.Second
	now := time.Now()
	f.nominate(routeOf(here, alive), 0, now)
	if f.check(routeOf(here, alive), limit, now.Add(time.Hour)) {
		t.Error("followed before anything was selected: that is pion's to do")
	}
	f.selected(routeOf(here, dead), kinds{})
	for name, c := range map[string]struct {
		nominated ice.Candidate
		remote    ice.Candidate // of a later check, by the pair that was nominated or by another
		after     time.Duration
		want      bool
	}{
		"selected pair is alive":   {alive, alive, time.Second, false},
		"a check, no nomination":   {dead, alive, time.Minute, false},
		"the selected pair itself": {dead, dead, time.Minute, false},
		"selected pair is dead":    {alive, alive, time.Minute, true},
	} {
		f.selected(routeOf(here, dead), kinds{})
		f.nominate(routeOf(here, c.nominated), 0, now)
		if got := f.check(routeOf(here, c.remote), limit, time.Now().Add(c.after)); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
