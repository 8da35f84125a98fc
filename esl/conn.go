package esl

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// writeTimeout is how long FreeSWITCH may take no byte from us. It does not read while an "api" command runs.
const writeTimeout = time.Minute

// Conn is one connection to an event socket. Dial makes one; Close ends it.
type Conn struct {
	Commands
	o      Options
	nc     net.Conn
	frames *frameReader
	pipe   *pipeline
	jobs   jobs

	router     *router
	ownsRouter bool // its watches end with the connection

	// Hooks of a Session, nil without one; set before start.
	observe func(*Event)
	notice  func() // the channel has ended, and FreeSWITCH lingers
	ended   func(error)

	trusted atomic.Bool  // it may be silent for as long as it likes
	heard   atomic.Int64 // when the last frame came, in nanoseconds since began
	began   time.Time
	gone    chan struct{} // closed when the connection has ended
	end     sync.Once
	err     error // why; written before gone is closed
	running sync.WaitGroup
}

// Dial connects to an event socket and logs in. The context bounds that, not the connection. Errors: ErrAuth, ErrRejected, ErrProtocol, and
// the network's.
func Dial(ctx context.Context, address string, o Options) (*Conn, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	c, err := connect(ctx, address, o, newRouter())
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", address, err)
	}
	c.ownsRouter = true
	c.start()
	return c, nil
}

// connect is Dial up to the login; start does the rest. The router gets the events.
func connect(ctx context.Context, address string, o Options, r *router) (*Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	nc, err := o.Dialer(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	c := newConn(nc, o, r)
	stop := context.AfterFunc(ctx, func() { _ = nc.SetDeadline(time.Unix(1, 0)) })
	err = c.login()
	if !stop() && ctx.Err() != nil {
		err = context.Cause(ctx) // what the network says is only that we interrupted it
	}
	if err != nil {
		_ = nc.Close()
		return nil, err
	}
	return c, nil
}

func newConn(nc net.Conn, o Options, r *router) *Conn {
	c := &Conn{o: o, nc: nc, frames: newFrameReader(nc), pipe: newPipeline(), router: r, began: time.Now(), gone: make(chan struct{})}
	c.Commands = Commands{c}
	return c
}

// login does what precedes the first command, without any goroutine.
func (c *Conn) login() error {
	f, err := c.frames.next()
	if err != nil {
		return err
	}
	switch kind := f.get("Content-Type"); kind {
	case "auth/request":
	case "text/rude-rejection":
		return ErrRejected
	default:
		return fmt.Errorf("%w: greeted with %.40q", ErrProtocol, kind)
	}
	wire, err := c.o.login().encode()
	if err != nil {
		return err
	}
	if _, err := c.nc.Write(wire); err != nil {
		return err
	}
	if f, err = c.frames.next(); err != nil {
		return err
	}
	if refusal("auth", f.get("Reply-Text")) != nil {
		return ErrAuth
	}
	return nil
}

// start starts the connection's three goroutines; Close waits for them.
func (c *Conn) start() {
	c.running.Go(c.read)
	c.running.Go(c.write)
	c.running.Go(c.guard)
}

// Done is closed when the connection has ended, for whatever reason.
func (c *Conn) Done() <-chan struct{} { return c.gone }

// Err says why the connection has ended; nil while it has not.
func (c *Conn) Err() error {
	select {
	case <-c.gone:
		return c.err
	default:
		return nil
	}
}

// Close ends the connection, and its watches with it. Commands without an answer fail with ErrDisconnected. It may be called more than once.
func (c *Conn) Close() error {
	c.fail(ErrClosed)
	c.running.Wait()
	return nil
}

// fail ends the connection; the first reason counts.
func (c *Conn) fail(err error) {
	c.end.Do(func() {
		c.err = err
		close(c.gone)
		_ = c.nc.Close()
		if c.ended != nil {
			c.ended(err)
		}
	})
}

// Send sends any command and waits for its answer. The error is a *ReplyError if FreeSWITCH refused; it wraps ErrDisconnected if the
// connection ended before the answer. When the context ends first, a command already on its way is still carried out.
func (c *Conn) Send(ctx context.Context, cmd Command) (Reply, error) {
	wire, err := cmd.encode()
	if err != nil {
		return Reply{}, err
	}
	s := &slot{wire: wire, api: cmd.isAPI(), answer: make(chan *frame, 1)}
	if err := c.pipe.add(ctx, s, c.gone); err != nil {
		return Reply{}, c.explain(cmd, err)
	}
	f, err := c.pipe.wait(ctx, s, c.gone)
	if err != nil {
		return Reply{}, c.explain(cmd, err)
	}
	r := f.reply()
	return r, refusal(cmd.verb(), r.Text)
}

// explain says which command failed, and why the connection ended if that was it.
func (c *Conn) explain(cmd Command, err error) error {
	if why := c.Err(); errors.Is(err, ErrDisconnected) && why != nil && !errors.Is(why, ErrDisconnected) {
		return fmt.Errorf("%s: %w: %w", cmd.verb(), err, why)
	}
	return fmt.Errorf("%s: %w", cmd.verb(), err)
}

// Watch opens a watch on one channel, which need not exist yet. Subscribe decides which events FreeSWITCH sends at all.
func (c *Conn) Watch(uuid string) *Watch { return c.router.watch(uuid) }

// Listen opens a watch on all events that match. The function must be quick, and call nothing of the connection: it is waited for.
func (c *Conn) Listen(match func(*Event) bool) *Watch { return c.router.listen(match) }

// write is the only goroutine that writes.
func (c *Conn) write() {
	for {
		select {
		case <-c.gone:
			return
		case <-c.pipe.ready:
		}
		wire := c.pipe.take()
		if wire == nil {
			continue
		}
		_ = c.nc.SetWriteDeadline(time.Now().Add(writeTimeout))
		if _, err := c.nc.Write(wire); err != nil {
			c.fail(fmt.Errorf("%w: %w", ErrDisconnected, err))
			return
		}
	}
}
