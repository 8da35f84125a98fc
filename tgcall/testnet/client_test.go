package testnet_test

import (
	"context"
	"testing"
	"time"

	"github.com/gotd/td/session"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"switchgram/tgcall/testnet"
)

// patience is a safety net: no test waits so long unless something is broken.
const patience = 3 * time.Minute

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func start(t *testing.T, o testnet.Options) *testnet.Network {
	t.Helper()
	n, err := testnet.Start(testContext(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	return n
}

// two people whom most tests are about.
func annAndBob(n *testnet.Network) (ann, bob *testnet.User) {
	ann = n.AddUser(testnet.UserOptions{Phone: "4930111111", Username: "ann", FirstName: "Ann", LastName: "Archer"})
	bob = n.AddUser(testnet.UserOptions{Phone: "4930222222", Username: "bob", FirstName: "Bob"})
	return ann, bob
}

// client is a real gotd client, connected.
type client struct {
	*telegram.Client
	api     *tg.Client
	updates chan tg.UpdateClass // in no order: gotd handles each message on its own goroutine
	stop    func()
}

// connect runs a gotd client until the test ends. It returns when the network knows the client.
func connect(t *testing.T, n *testnet.Network, s session.Storage, change ...func(*telegram.Options)) *client {
	t.Helper()
	ctx, cancel := context.WithCancel(testContext(t))
	c := &client{updates: make(chan tg.UpdateClass, 1024)}
	o := n.ClientOptions()
	o.SessionStorage = s
	o.UpdateHandler = telegram.UpdateHandlerFunc(c.handle)
	for _, f := range change {
		f(&o)
	}
	c.Client = telegram.NewClient(n.AppID(), n.AppHash(), o)
	c.api = c.API()
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() {
		done <- c.Run(ctx, func(ctx context.Context) error {
			close(ready)
			<-ctx.Done()
			return nil
		})
	}()
	stopped := false
	c.stop = func() {
		cancel()
		if !stopped {
			<-done
			stopped = true
		}
	}
	t.Cleanup(c.stop)
	select {
	case <-ready:
	case err := <-done:
		stopped = true
		t.Fatalf("client ended before it was connected: %v", err)
	}
	return c
}

func (c *client) handle(_ context.Context, u tg.UpdatesClass) error {
	switch u := u.(type) {
	case *tg.Updates:
		for _, one := range u.Updates {
			c.updates <- one
		}
	case *tg.UpdateShort:
		c.updates <- u.Update
	}
	return nil
}

// device connects a new device of u.
func device(t *testing.T, n *testnet.Network, u *testnet.User) *client {
	t.Helper()
	return connect(t, n, u.Session(testContext(t)))
}

// next waits for an update of type T and drops others.
func next[T tg.UpdateClass](t *testing.T, c *client) T {
	t.Helper()
	for {
		select {
		case u := <-c.updates:
			if v, ok := u.(T); ok {
				return v
			}
		case <-testContext(t).Done():
			var want T
			t.Fatalf("no %T came", want)
		}
	}
}

// person resolves a username.
func person(t *testing.T, c *client, username string) *tg.User {
	t.Helper()
	r, err := c.api.ContactsResolveUsername(testContext(t), &tg.ContactsResolveUsernameRequest{Username: username})
	if err != nil {
		t.Fatal(err)
	}
	return r.Users[0].(*tg.User)
}

func wantError(t *testing.T, err error, code int, name string) {
	t.Helper()
	e, ok := tgerr.As(err)
	if !ok || e.Code != code || e.Message != name {
		t.Fatalf("got %v, want %d %s", err, code, name)
	}
}
