package mtproto

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/exchange"
	"github.com/gotd/td/transport"
)

// exchangeTimeout is how long the client may take for each step.
const exchangeTimeout = 30 * time.Second

// exchange agrees on a new key, https://core.telegram.org/mtproto/auth_key. b holds the client's first message. It may be done more than once on
// a connection: clients that use temporary keys do.
func (c *conn) exchange(ctx context.Context, b *bin.Buffer) error {
	t := &returned{Conn: c.t, first: b.Copy()}
	r, err := exchange.NewExchanger(t, c.s.o.DC).WithRand(rand.Reader).WithTimeout(exchangeTimeout).Server(c.s.key).Run(ctx)
	var early *exchange.UnexpectedEncryptedError
	if errors.As(err, &early) { // the client changed its mind, and uses a key it has
		return c.frame(ctx, &bin.Buffer{Buf: early.Frame})
	}
	var refused *exchange.ServerExchangeError
	if errors.As(err, &refused) {
		return c.refuse(refused.Code)
	}
	if err != nil {
		return fmt.Errorf("key exchange: %w", err)
	}
	if r.Key.Value.Zero() {
		return errors.New("key exchange: g_b is a multiple of the prime")
	}
	c.s.keys.add(r.Key, r.ServerSalt)
	return nil
}

// returned is a connection to which one frame has been given back.
type returned struct {
	transport.Conn
	first []byte
}

// Recv reads the returned frame, then the others.
func (t *returned) Recv(ctx context.Context, b *bin.Buffer) error {
	if t.first != nil {
		b.ResetTo(t.first)
		t.first = nil
		return nil
	}
	return t.Conn.Recv(ctx, b)
}
