package mtproto

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/proto/codec"
	"github.com/gotd/td/transport"
)

const (
	outgoingSize = 512              // messages waiting for a client that reads slowly; more, and it is cut off: it will ask for what it missed
	maxRequests  = 32               // requests of one connection being handled; the reader waits for the next free place
	writeTimeout = 10 * time.Second // for one message
)

// conn is one TCP connection. Its reader handles what comes in, its writer encrypts and sends what goes out.
type conn struct {
	s      *Server
	t      transport.Conn
	cancel context.CancelFunc // ends the connection

	out      chan outgoing
	requests chan struct{} // one element per request being handled
	handlers sync.WaitGroup

	mu   sync.Mutex // orders message ids as they are queued
	seen map[*Session]struct{}
}

// outgoing is a message that has its number, but is not encrypted yet. Code, if not zero, is a transport error instead.
type outgoing struct {
	x    *Session
	msg  sent
	code int32
}

func newConn(s *Server, t transport.Conn, cancel context.CancelFunc) *conn {
	return &conn{s: s, t: t, cancel: cancel, out: make(chan outgoing, outgoingSize),
		requests: make(chan struct{}, maxRequests), seen: map[*Session]struct{}{}}
}

// run reads until the connection or ctx ends, and returns when nothing of the connection is left.
func (c *conn) run(ctx context.Context) error {
	var writer sync.WaitGroup
	writer.Go(func() { c.write(ctx) })
	err := c.read(ctx)
	c.cancel()
	writer.Wait()
	c.handlers.Wait()
	for _, x := range c.sessions() {
		x.detach(c)
	}
	return err
}

func (c *conn) sessions() []*Session {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []*Session
	for x := range c.seen {
		all = append(all, x)
	}
	return all
}

// read handles frame after frame. What panics in there ends this connection only: gotd's full transport does on a frame shorter than its own
// header, so it is the peer's doing as much as ours.
func (c *conn) read(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			c.s.o.Log.Warn("connection handler panicked", "err", p)
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	b := new(bin.Buffer)
	for {
		if err := c.receive(ctx, b); err != nil {
			return err
		}
		if err := c.frame(ctx, b); err != nil {
			return err
		}
	}
}

func (c *conn) receive(ctx context.Context, b *bin.Buffer) error {
	ctx, cancel := context.WithTimeout(ctx, c.s.o.Idle)
	defer cancel()
	b.Reset()
	return c.t.Recv(ctx, b)
}

// frame handles what came in one transport frame. Its first eight bytes name the key, 0 for a message in the clear.
func (c *conn) frame(ctx context.Context, b *bin.Buffer) error {
	var id KeyID
	if err := b.PeekN(id[:], len(id)); err != nil {
		return fmt.Errorf("frame without key id: %w", err)
	}
	if id == (KeyID{}) {
		return c.exchange(ctx, b)
	}
	k, ok := c.s.keys.get(id)
	if !ok {
		return c.refuse(codec.CodeAuthKeyNotFound)
	}
	var sealed crypto.EncryptedMessage
	if err := sealed.DecodeWithoutCopy(b); err != nil {
		return fmt.Errorf("encrypted message: %w", err)
	}
	// Messages that do not decrypt close the connection, https://core.telegram.org/mtproto/security_guidelines
	msg, err := c.s.cipher.Decrypt(k.key, &sealed)
	if err != nil {
		return fmt.Errorf("encrypted message: %w", err)
	}
	return c.message(ctx, k, msg)
}

// message handles one decrypted message. Its body is a fresh slice, as the cipher made it.
func (c *conn) message(ctx context.Context, k entry, msg *crypto.EncryptedMessageData) error {
	x := c.s.session(k, msg.SessionID)
	if code := checkMessageID(time.Now(), msg.MessageID); code != 0 {
		return c.send(x, badMessage(msg, code))
	}
	if err := c.attach(x, msg.MessageID); err != nil {
		return err
	}
	if msg.Salt != k.salt {
		return c.send(x, badSalt(msg, k.salt))
	}
	in := incoming{c: c, x: x, msgID: msg.MessageID, seqNo: msg.SeqNo}
	return in.handle(ctx, &bin.Buffer{Buf: msg.Data()})
}

// attach makes c the connection that x's messages leave by. A session that moved here gets again what it has not acknowledged.
func (c *conn) attach(x *Session, firstMsgID int64) error {
	c.mu.Lock()
	c.seen[x] = struct{}{}
	c.mu.Unlock()
	first, unacked := x.attach(c)
	if first {
		return c.send(x, sessionCreated(firstMsgID, x.salt()))
	}
	for _, m := range unacked {
		if err := c.queue(outgoing{x: x, msg: m}); err != nil {
			return err
		}
	}
	return nil
}

// errSlow ends a connection whose client does not read.
var errSlow = errors.New("client reads too slowly")

// queue never blocks.
func (c *conn) queue(o outgoing) error {
	select {
	case c.out <- o:
		return nil
	default:
		c.cancel()
		return errSlow
	}
}

// send numbers m and queues it; both under one lock, so that ids leave in order.
func (c *conn) send(x *Session, m message) error {
	body, err := encode(m.body)
	if err != nil {
		return fmt.Errorf("encode %T: %w", m.body, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	numbered := sent{id: c.s.ids.New(m.kind), body: body}
	numbered.seqNo = x.number(m.content)
	if m.content {
		x.keep(numbered)
	}
	return c.queue(outgoing{x: x, msg: numbered})
}

// refuse answers with a transport error.
func (c *conn) refuse(code int32) error { return c.queue(outgoing{code: code}) }

func (c *conn) write(ctx context.Context) {
	defer c.cancel() // a connection that cannot be written to is of no use
	for {
		select {
		case <-ctx.Done():
			return
		case o := <-c.out:
			if err := c.transmit(ctx, o); err != nil {
				return
			}
		}
	}
}

func (c *conn) transmit(ctx context.Context, o outgoing) error {
	var b bin.Buffer
	if o.code != 0 {
		b.PutInt32(-o.code)
	} else if err := o.x.seal(o.msg, &b); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	return c.t.Send(ctx, &b)
}
