package account

import (
	"context"
	"sync"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/telegram/dcs"
	"github.com/gotd/td/transport"
)

// order restores the wire order of updates, which gotd gives up: its read loop starts a goroutine for each message it has read
// (mtproto.Conn.readLoop), and these decrypt, decode and call the update handler in whatever order they are scheduled. Updates of calls
// carry no sequence number by which they could be sorted again, and whoever sees the handler's calls sees neither message ids nor
// which messages are still on their way. So order is kept where it is still known: in the read loop.
//
// Each connection gotd makes goes through a wrapped resolver. The wrapped Recv looks into the message it returns and counts the
// updates objects in it; the next Recv reads on only when the handler has been called as often. For looking it needs the
// authorisation key, which the session storage is given whenever it changes. All checks stay with gotd: a message of which gotd
// makes less than we counted costs the patience below, and nothing else.
//
// That is right because gotd calls the handler in the message's own goroutine, once per updates object, in the order they have in
// a container (mtproto.Conn.handleContainer, telegram.Client.processUpdates; v0.161.0). It costs a second decryption: 4 µs for a
// signalling packet of 1000 bytes. An answer to a request is handled after the updates sent before it, but maybe not before those sent
// after it.
type order struct {
	keys keyring

	mu      sync.Mutex
	handled uint64        // calls of the update handler so far
	moved   chan struct{} // closed and replaced when handled grows
}

// orderPatience bounds the wait for updates that gotd read and did not hand on, because it refused the message as a replay or could
// not decode it. It is long: a machine may be busy, and to stop waiting too early is to lose the order.
const orderPatience = 5 * time.Second

func newOrder() *order { return &order{moved: make(chan struct{})} }

// pass counts one call of the update handler.
func (o *order) pass() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.handled++
	close(o.moved)
	o.moved = make(chan struct{})
}

func (o *order) passed() (uint64, <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.handled, o.moved
}

// wait returns when the handler has been called want times in all, when patience is over or ctx is.
func (o *order) wait(ctx context.Context, want uint64) {
	handled, moved := o.passed()
	if handled >= want {
		return
	}
	patience := time.NewTimer(orderPatience)
	defer patience.Stop()
	for handled < want {
		select {
		case <-moved:
			handled, moved = o.passed()
		case <-patience.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// wireResolver makes connections into which we look. Only primary ones receive updates.
type wireResolver struct {
	dcs.Resolver
	order        *order
	pulse        *pulse
	move         *move
	onNewSession func() // the server forgot our session, and with it what it had yet to send
}

// Primary implements dcs.Resolver.
func (r wireResolver) Primary(ctx context.Context, dc int, list dcs.List) (transport.Conn, error) {
	r.move.expect(r.order.keys.home(), dc)
	conn, err := r.Resolver.Primary(ctx, dc, list)
	if err != nil {
		return nil, err
	}
	r.pulse.carry(conn)
	return &wireConn{Conn: conn, wireResolver: r}, nil
}

// wireConn is one connection. gotd calls its Recv from one goroutine at a time.
type wireConn struct {
	transport.Conn
	wireResolver
	want  uint64 // calls of the handler before the next message may be read
	begun bool   // the session is there
}

// Recv implements transport.Conn.
func (c *wireConn) Recv(ctx context.Context, b *bin.Buffer) error {
	c.order.wait(ctx, c.want)
	if err := c.Conn.Recv(ctx, b); err != nil {
		return err
	}
	c.pulse.hear()
	seen := c.order.keys.look(b.Buf)
	if seen.updates > 0 {
		handled, _ := c.order.passed()
		c.want = handled + uint64(seen.updates)
	}
	if seen.newSession && c.begun {
		c.onNewSession() // https://core.telegram.org/mtproto/service_messages#new-session-creation-notification
	}
	c.begun = c.begun || seen.newSession
	return nil
}
