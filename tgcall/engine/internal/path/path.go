// Package path finds the way that the packets of a Telegram call take between the two sides: ICE (RFC 8445, RFC 8838) on pion's
// agent, with what Telegram's peers need beyond it. Candidates are read and written in the one-line form of libwebrtc; a path that
// dies in mid-call is left for a living one (repair, follow, knock), and addresses that the machine gets are used (interfaces).
//
// The main type is Path. Open starts pion's agent, Close ends it; the other methods belong to one goroutine. The callbacks of
// Options come from the agent's goroutines.
package path

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/logging"
	"github.com/pion/transport/v4"

	"switchgram/tgcall/engine/port"
	"switchgram/tgcall/reflector"
)

// Options of a Path. The logs, OnCandidate, OnConnected and OnPair are required.
type Options struct {
	Controlling bool // we are the caller, and decide what is used, as long as the peer does not claim that
	RelayOnly   bool // tell and use no address but those of TURN servers
	Loopback    bool // use loopback addresses, and only these
	Servers     []Server
	Reflectors  []reflector.Server
	Standalone  bool // the ports at reflectors have fixed tags, and nobody signals them
	Timing      Timing
	Port        port.Joiner   // may be shared with other calls; nil: the call has sockets of its own
	Net         transport.Net // in tests, without Port; nil: the machine's
	Log         *slog.Logger
	PionLogs    logging.LoggerFactory

	// The callbacks must not call the Path.
	OnCandidate func(candidate string)     // ours, to be signalled
	OnConnected func(connected bool)       // there is a path, or it went silent
	OnPair      func(local, remote string) // kinds of the candidates used from now on

	otherwise []ice.AgentOption // in tests: what a peer does otherwise
}

// Timing is how fast things are noticed. Zero fields have the values of DefaultTiming.
type Timing struct {
	Check        time.Duration // between two rounds of checks of all pairs, before there is a path; new pairs do not wait
	Keepalive    time.Duration // between checks of all pairs, after
	Disconnected time.Duration // silence until OnConnected(false)
	Overdue      time.Duration // without an answer until the pair in use is in doubt
	Dead         time.Duration // a pair in doubt has to answer within, or others are asked, too
	Alive        time.Duration // a pair that answered within is fit to be taken
	Interfaces   time.Duration // between two looks at the machine's addresses
	Gap          time.Duration // after a change or an answer until silence alone is a reason for doubt again
}

// DefaultTiming leaves a dead path sooner than Telegram's own engine, which takes 3.5 s.
func DefaultTiming() Timing {
	return Timing{
		Check:        100 * time.Millisecond,
		Keepalive:    2 * time.Second,
		Disconnected: 6 * time.Second,
		Overdue:      3 * time.Second,
		Dead:         time.Second,
		Alive:        5 * time.Second,
		Interfaces:   3 * time.Second,
		Gap:          2 * time.Second,
	}
}

func (t Timing) orDefault() Timing {
	d := DefaultTiming()
	for _, f := range []struct{ v, def *time.Duration }{
		{&t.Check, &d.Check}, {&t.Keepalive, &d.Keepalive}, {&t.Disconnected, &d.Disconnected},
		{&t.Overdue, &d.Overdue}, {&t.Dead, &d.Dead}, {&t.Alive, &d.Alive}, {&t.Interfaces, &d.Interfaces}, {&t.Gap, &d.Gap},
	} {
		if *f.v == 0 {
			*f.v = *f.def
		}
	}
	return t
}

// maxRemote bounds the candidates of a peer: each is paired with each of ours and checked.
const maxRemote = 64

// Path is the connection of one call.
type Path struct {
	o       Options
	agent   *ice.Agent
	sockets *sockets
	servers []Server // reachable without asking the DNS first
	names   []Server

	reflectors *reflectors

	ufrag, pwd string
	told       map[netip.AddrPort]bool // candidates; of the agent's goroutine
	remote     int                     // candidates taken
	repair     repair
	follow     follow
	knock      knock
	way        atomic.Pointer[way] // of the pair in use; nil: it goes through the agent
}

// Open starts an agent. It gathers nothing yet.
func Open(o Options) (*Path, error) {
	o.Timing = o.Timing.orDefault()
	p := &Path{o: o, follow: follow{told: !o.Controlling}, ufrag: rand.Text()[:ufragSize], pwd: rand.Text(), told: map[netip.AddrPort]bool{}}
	p.servers, p.names = split(o.Servers)
	var err error
	if p.sockets, err = openSockets(o, p.ufrag); err != nil {
		return nil, err
	}
	if p.reflectors, err = openReflectors(o, p.sockets.member); err != nil {
		p.sockets.close()
		return nil, err
	}
	p.sockets.private = p.reflectors.private()
	if p.agent, err = ice.NewAgentWithOptions(p.options()...); err != nil {
		p.reflectors.close()
		p.sockets.close()
		return nil, fmt.Errorf("open ICE agent: %w", err)
	}
	p.listen()
	return p, nil
}

// ufragSize is the length of our username fragments: of random letters and digits, 80 bits.
const ufragSize = 16

// listen connects the callbacks, which cannot fail on an agent that runs.
func (p *Path) listen() {
	_ = p.agent.OnCandidate(func(c ice.Candidate) {
		if c != nil { // the end never comes: an address may
			p.knock.noted()
			p.tell(c)
		}
	})
	_ = p.agent.OnConnectionStateChange(func(s ice.ConnectionState) {
		p.o.Log.Debug("ice", "state", s.String())
		p.o.OnConnected(s == ice.ConnectionStateConnected || s == ice.ConnectionStateCompleted)
	})
	_ = p.agent.OnSelectedCandidatePairChange(func(local, remote ice.Candidate) {
		p.straighten(local, remote)
		if !p.follow.selected(routeOf(local, remote), kinds{local.Type(), remote.Type()}) {
			return // it was asked whether it is alive
		}
		p.o.Log.Debug("ice", "local", local.Type().String(), "remote", remote.Type().String(), "reflector", reflector.Synthetic(endpoint(local).Addr()))
		p.o.OnPair(local.Type().String(), remote.Type().String())
	})
}

// tell signals a candidate of ours, but no address twice: those of a machine behind a router are told as the one that is advertised.
func (p *Path) tell(c ice.Candidate) {
	at := endpoint(c)
	if m := p.sockets.member; m != nil && c.Type() == ice.CandidateTypeHost && !at.Addr().IsLoopback() {
		at = netip.AddrPortFrom(m.Advertised(at.Addr()), at.Port())
	}
	if !p.told[at] {
		p.told[at] = true
		p.reflectors.tell(c, at.Addr().String(), p.ufrag, p.o.OnCandidate)
	}
}

// Credentials are ours.
func (p *Path) Credentials() (ufrag, pwd string) { return p.ufrag, p.pwd }

// Gather looks for our candidates. It returns when the names of servers were looked up; candidates come for a while after.
func (p *Path) Gather(ctx context.Context) error {
	servers := slices.Concat(p.servers, p.reflectors.servers(), resolve(ctx, p.names, p.o.Log))
	if err := p.agent.UpdateOptions(ice.WithUrls(urls(servers))); err != nil {
		return fmt.Errorf("gather candidates: %w", err)
	}
	if err := p.agent.GatherCandidates(); err != nil {
		return fmt.Errorf("gather candidates: %w", err)
	}
	for _, c := range p.reflectors.peers() {
		if err := p.add(c); err != nil {
			return fmt.Errorf("add the peer's reflectors: %w", err)
		}
	}
	return nil
}

// Connect begins to check pairs with the peer's credentials. The connection carries whole packets and can be used at once:
// what is written before there is a path may be lost. Path closes it.
func (p *Path) Connect(ufrag, pwd string) (net.Conn, error) {
	start := p.agent.StartAccept
	if p.o.Controlling {
		start = p.agent.StartDial
	}
	agent, err := start(ufrag, pwd)
	if err != nil {
		return nil, fmt.Errorf("start ICE: %w", err)
	}
	p.repair.started = time.Now()
	p.knock.times, p.knock.ufrag = map[route]int{}, ufrag
	return Conn{agent, &p.way}, nil
}

// nominations are how often a pair is nominated to a peer that restarted.
const nominations = 3

// Restart follows the peer, a browser, that has new credentials in mid-call. We keep ours, and what runs goes on.
func (p *Path) Restart(ufrag, pwd string) error {
	if err := p.agent.SetRemoteCredentials(ufrag, pwd); err != nil {
		return fmt.Errorf("restart ICE: %w", err)
	}
	p.remote = 0
	p.knock.times, p.knock.ufrag = map[route]int{}, ufrag
	p.repair.restarted, p.repair.tell = time.Now(), nominations
	p.follow.restarted()
	return nil
}

// Add takes a candidate of the peer. The error says why it is of no use; the others still are.
func (p *Path) Add(candidate string) error {
	if p.remote == maxRemote {
		return errTooMany
	}
	c, err := parse(candidate, p.o.Loopback)
	if err != nil {
		return err
	}
	if c, err = p.reflectors.locate(c); err != nil {
		return err
	}
	p.remote++
	p.knock.noted()
	return p.add(c)
}

func (p *Path) add(c candidate) error {
	remote, err := c.remote()
	if err != nil {
		return err
	}
	return p.agent.AddRemoteCandidate(remote)
}

// closing is how long the agent may take to say goodbye to its servers.
const closing = 300 * time.Millisecond

// Close ends everything; when it returns, no callback runs any more. An agent that still waits for servers that do not answer
// loses its sockets.
func (p *Path) Close() {
	stuck := time.AfterFunc(closing, p.sockets.close)
	defer stuck.Stop()
	_ = p.agent.GracefulClose()
	p.reflectors.close()
	p.sockets.close()
}
