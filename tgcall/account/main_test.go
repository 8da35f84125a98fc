package account_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/gotd/td/session"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/dcs"
	"github.com/gotd/td/tg"
	"go.uber.org/goleak"

	"switchgram/tgcall/account"
	"switchgram/tgcall/testnet"
)

func TestMain(m *testing.M) {
	if accounts := os.Getenv(apart); accounts != "" {
		if err := serveApart(accounts); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// patience is a safety net: no test waits so long unless something is broken.
const patience = 5 * time.Minute

func testContext(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func network(t testing.TB, o testnet.Options) *testnet.Network {
	t.Helper()
	n, err := testnet.Start(testContext(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	return n
}

// annAndBob are whom most tests are about.
func annAndBob(n *testnet.Network) (ann, bob *testnet.User) {
	ann = n.AddUser(testnet.UserOptions{Phone: "4930111111", Username: "ann", FirstName: "Ann"})
	bob = n.AddUser(testnet.UserOptions{Phone: "4930222222", Username: "bob", FirstName: "Bob", LastName: "Builder"})
	return ann, bob
}

// newAccount is an account on the network.
func newAccount(t testing.TB, n *testnet.Network, s session.Storage, change ...func(*account.Options)) *account.Account {
	t.Helper()
	o := account.Options{
		AppID: n.AppID(), AppHash: n.AppHash(), Session: s,
		DCList: n.DCList(), PublicKeys: []telegram.PublicKey{n.PublicKey()},
	}
	for _, f := range change {
		f(&o)
	}
	a, err := account.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// running is an account while it runs.
type running struct {
	*account.Session
	updates chan tg.UpdateClass
	stop    func() error // ends Run, and returns its error
	ended   chan struct{}
}

// run runs an account until the test ends.
func run(t testing.TB, a *account.Account) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(testContext(t))
	r := &running{updates: make(chan tg.UpdateClass, 4096), ended: make(chan struct{})}
	ready := make(chan struct{})
	var err error
	go func() {
		defer close(r.ended)
		err = a.Run(ctx, func(ctx context.Context, s *account.Session) error {
			r.Session = s
			s.OnUpdate(func(_ context.Context, _ tg.Entities, u tg.UpdateClass) { r.updates <- u })
			close(ready)
			<-ctx.Done()
			return nil
		})
	}()
	r.stop = func() error {
		cancel()
		<-r.ended
		return err
	}
	t.Cleanup(func() { _ = r.stop() })
	select {
	case <-ready:
	case <-r.ended:
		t.Fatalf("account did not come up: %v", err)
	}
	return r
}

// await returns the next value of c that is good, and fails the test when none comes.
func await[T any](t testing.TB, c <-chan T, what string, good func(T) bool) T {
	t.Helper()
	for deadline := time.After(patience); ; {
		select {
		case v := <-c:
			if good(v) {
				return v
			}
		case <-deadline:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// text is what a new message says, or "".
func text(u tg.UpdateClass) string {
	if u, ok := u.(*tg.UpdateNewMessage); ok {
		if m, ok := u.Message.(*tg.Message); ok {
			return m.Message
		}
	}
	return ""
}

func says(want string) func(tg.UpdateClass) bool {
	return func(u tg.UpdateClass) bool { return text(u) == want }
}

// states collects what OnState is told.
func states(c chan account.State) func(*account.Options) {
	return func(o *account.Options) { o.OnState = func(s account.State) { c <- s } }
}

func is(kind account.StateKind) func(account.State) bool {
	return func(s account.State) bool { return s.Kind == kind }
}

// cable is a way to the network that can be cut, pulled and squeezed.
type cable struct {
	mu     sync.Mutex
	cut    bool
	flows  chan struct{} // closed while bytes may flow to the client
	plugs  map[net.Conn]struct{}
	dialed int
	dead   chan struct{} // by what is connected now no byte comes any more, without a sign of it
}

func newCable() *cable {
	c := &cable{flows: make(chan struct{}), plugs: map[net.Conn]struct{}{}, dead: make(chan struct{})}
	close(c.flows)
	return c
}

// use makes an account connect by the cable.
func (c *cable) use(o *account.Options) {
	o.Resolver = dcs.Plain(dcs.PlainOptions{Dial: c.dial})
}

var errCut = errors.New("the cable is cut")

func (c *cable) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dialed++
	if c.cut {
		return nil, errCut
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
	if err == nil {
		c.plugs[conn] = struct{}{}
		conn = &plug{Conn: conn, c: c, dead: c.dead, closed: make(chan struct{})}
	}
	return conn, err
}

// setCut cuts all connections and refuses new ones, or allows them again.
func (c *cable) setCut(cut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = cut
	if cut {
		for p := range c.plugs {
			_ = p.Close()
		}
		clear(c.plugs)
	}
}

// squeeze keeps what the network sends until release is called.
func (c *cable) squeeze() (release func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	flows := make(chan struct{})
	c.flows = flows
	return sync.OnceFunc(func() { close(flows) })
}

// rot makes the connections of now dead: nothing that the network sends arrives, and nobody is told.
func (c *cable) rot() {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.dead)
	c.dead = make(chan struct{})
}

func (c *cable) dials() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dialed
}

type plug struct {
	net.Conn
	c      *cable
	dead   <-chan struct{}
	once   sync.Once
	closed chan struct{}
}

func (p *plug) Read(b []byte) (int, error) {
	n, err := p.Conn.Read(b)
	p.c.mu.Lock()
	flows := p.c.flows
	p.c.mu.Unlock()
	<-flows
	select {
	case <-p.dead:
		<-p.closed
		return 0, net.ErrClosed
	default:
		return n, err
	}
}

func (p *plug) Close() error {
	p.once.Do(func() { close(p.closed) })
	return p.Conn.Close()
}
