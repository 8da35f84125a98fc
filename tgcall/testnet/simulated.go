package testnet

import (
	"context"
	"fmt"
	"sync"

	"github.com/gotd/td/telegram"
	"github.com/pion/rtp"

	"switchgram/tgcall"
	"switchgram/tgcall/account"
	"switchgram/tgcall/engine/port"
)

// PhoneOptions of a simulated person. The zero value dials, and lets other devices answer.
type PhoneOptions struct {
	OnCall    func(ctx context.Context, c *tgcall.Call) // as in tgcall.Options; Echo is one
	Versions  []string                                  // as in tgcall.Options
	MaxCalls  int                                       // as in tgcall.Options
	RelayOnly bool                                      // tell the peer no addresses but the relay's
	Outside   bool                                      // meet the peer on the machine's networks, not on loopback, which engines of others ignore
	Port      port.Joiner                               // as in tgcall.EngineOptions; nil: each call has sockets of its own
	Timeouts  tgcall.Timeouts                           // as in tgcall.Options
}

// Phone is a simulated person with a device in hand: a real client of this network with the call engine of this project.
type Phone struct {
	account *account.Account
	o       PhoneOptions
	n       *Network

	up      chan struct{} // closed once the following two are set
	session *account.Session
	calls   *tgcall.Client

	cancel context.CancelFunc
	done   chan struct{} // closed when nothing is left of the phone
	err    error         // why; written before done is closed
}

// Phone makes a new device of u and returns when it is connected and would ring. It lives until ctx ends, or Close, or the end of the network.
func (u *User) Phone(ctx context.Context, o PhoneOptions) (*Phone, error) {
	a, err := account.New(account.Options{
		AppID: u.n.AppID(), AppHash: u.n.AppHash(), Session: u.Session(ctx), Device: account.Device{Model: "Simulated phone"},
		DC: firstDC, DCList: u.n.DCList(), PublicKeys: []telegram.PublicKey{u.n.PublicKey()}, Log: u.n.log})
	if err != nil {
		return nil, fmt.Errorf("phone of user %d: %w", u.o.ID, err)
	}
	p := &Phone{account: a, o: o, n: u.n, up: make(chan struct{}), done: make(chan struct{})}
	ctx, p.cancel = context.WithCancel(ctx)
	if !u.n.phones.add(p) {
		p.cancel()
		return nil, fmt.Errorf("phone of user %d: the network is closed", u.o.ID)
	}
	go p.run(ctx)
	select {
	case <-p.up:
		return p, nil
	case <-p.done:
		return nil, fmt.Errorf("phone of user %d: %w", u.o.ID, p.err)
	}
}

// run owns the phone. Its calls end before its connection, so that the network hears of their end.
func (p *Phone) run(ctx context.Context) {
	defer close(p.done)
	defer p.n.phones.remove(p)
	defer p.cancel()
	connected, hangUp := context.WithCancel(context.WithoutCancel(ctx))
	defer hangUp()
	giveUp := context.AfterFunc(ctx, hangUp)
	p.err = p.account.Run(connected, func(alive context.Context, s *account.Session) error {
		if !giveUp() { // too late
			return ctx.Err()
		}
		defer context.AfterFunc(alive, p.cancel)()
		return p.serve(ctx, s)
	})
	if p.err == nil {
		p.err = ctx.Err()
	}
}

func (p *Phone) serve(ctx context.Context, s *account.Session) error {
	p.session = s
	p.calls = tgcall.New(s.API(), tgcall.Options{
		Self: s.Self().ID, OnCall: p.o.OnCall, Versions: p.o.Versions, MaxCalls: p.o.MaxCalls, Timeouts: p.o.Timeouts,
		Engine:  tgcall.EngineOptions{Port: p.o.Port, Loopback: !p.o.Outside, RelayOnly: p.o.RelayOnly},
		DHCache: p.n.dhCache, Log: p.n.log})
	s.OnUpdate(p.calls.Handle)
	var calls sync.WaitGroup
	calls.Go(func() { _ = p.calls.Run(ctx) }) // returns nil
	close(p.up)
	calls.Wait()
	return nil
}

// Dial calls a person: "@username", "+phone", or whatever else account.Session.Resolve understands. It returns when the network has the
// call; errors are those of Resolve and of tgcall.Client.Dial.
func (p *Phone) Dial(ctx context.Context, to string) (*tgcall.Call, error) {
	person, err := p.session.Resolve(ctx, to)
	if err != nil {
		return nil, err
	}
	return p.calls.Dial(ctx, person.Input())
}

// Session is the phone's account, to write messages with and to see updates.
func (p *Phone) Session() *account.Session { return p.session }

// Close hangs up, disconnects and waits until both are done. It is safe to repeat.
func (p *Phone) Close() {
	p.cancel()
	<-p.done
}

// Echo is an OnCall that answers at once and gives back what it hears until the call ends.
func Echo(ctx context.Context, c *tgcall.Call) {
	c.OnRTP(func(packet *rtp.Packet) { _ = c.WriteRTP(packet) }) // what cannot be sent is lost, as it would be on the way
	if c.Accept(ctx) == nil {
		<-ctx.Done()
	}
}

// phones are those that the network must close before itself.
type phones struct {
	mu     sync.Mutex
	all    map[*Phone]struct{}
	closed bool
}

func newPhones() phones { return phones{all: map[*Phone]struct{}{}} }

func (s *phones) add(p *Phone) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.all[p] = struct{}{}
	}
	return !s.closed
}

func (s *phones) remove(p *Phone) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, p)
}

func (s *phones) close() {
	s.mu.Lock()
	s.closed = true
	var all []*Phone
	for p := range s.all {
		p.cancel()
		all = append(all, p)
	}
	s.mu.Unlock()
	for _, p := range all {
		<-p.done
	}
}
