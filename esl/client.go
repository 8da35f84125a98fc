package esl

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// ClientOptions say which event socket a Client keeps a connection to, and what it asks for there.
type ClientOptions struct {
	Options
	// Address of the event socket, such as "127.0.0.1:8021".
	Address string
	// Events to subscribe to on every connection, as for Conn.Subscribe.
	Events []string
	// Filters to set on every connection.
	Filters []Filter
	// MinWait and MaxWait bound the pause between two attempts: it doubles from one to the other; 250 ms and 4 s if 0. Every pause is made up to
	// a quarter shorter by chance.
	MinWait, MaxWait time.Duration
	// RefusedWait is the pause after ErrAuth and ErrRejected, 1 min if 0: those who try a wrong password fast get banned.
	RefusedWait time.Duration
	// OnChange, if not nil, is told on Run's goroutine when the connection is there (nil) and when it is gone or could not be made (why). A
	// refused or failed attempt is told each time. It must not block.
	OnChange func(err error)
}

// Client keeps a connection to an event socket up. Its watches outlive connections: after each new one, those that are open get an event whose
// Resync field is set, and which tells what became of their channel.
type Client struct {
	Commands
	o      ClientOptions
	router *router

	mu   sync.Mutex
	conn *Conn // nil: not connected
	core string
	lost time.Time
}

// NewClient checks the options; Run connects.
func NewClient(o ClientOptions) (*Client, error) {
	var err error
	if o.Options, err = o.complete(); err != nil {
		return nil, err
	}
	if o.Address == "" {
		return nil, errors.New("esl: client without an address")
	}
	if _, err := subscription("event", o.Events); err != nil {
		return nil, err
	}
	if o.MinWait < 0 || o.MaxWait < 0 || o.RefusedWait < 0 {
		return nil, errors.New("esl: negative time in options")
	}
	o.MinWait = cmp.Or(o.MinWait, 250*time.Millisecond)
	o.MaxWait = max(o.MinWait, cmp.Or(o.MaxWait, 4*time.Second))
	o.RefusedWait = cmp.Or(o.RefusedWait, time.Minute)
	c := &Client{o: o, router: newRouter()}
	c.Commands = Commands{c}
	return c, nil
}

// Run keeps a connection until the context ends; then it returns nil, and all watches have ended. It may be called once.
func (c *Client) Run(ctx context.Context) error {
	defer c.router.close(ErrClosed)
	for wait := c.o.MinWait; ; {
		began := time.Now()
		err := c.serve(ctx)
		if ctx.Err() != nil {
			return nil
		}
		c.changed(err)
		c.o.Log.Debug("no event socket", "address", c.o.Address, "err", err)
		if time.Since(began) > c.o.MaxWait {
			wait = c.o.MinWait // it was up for a while
		}
		pause := jitter(wait)
		if errors.Is(err, ErrAuth) || errors.Is(err, ErrRejected) {
			pause = c.o.RefusedWait
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		wait = min(2*wait, c.o.MaxWait)
	}
}

// jitter spreads those who lost the same FreeSWITCH at the same time.
func jitter(d time.Duration) time.Duration { return d - rand.N(d/4+1) }

func (c *Client) changed(err error) {
	if c.o.OnChange != nil {
		c.o.OnChange(err)
	}
}

// serve makes one connection and returns why it ended.
func (c *Client) serve(ctx context.Context) error {
	conn, err := connect(ctx, c.o.Address, c.o.Options, c.router)
	if err != nil {
		return err
	}
	conn.start()
	defer func() { _ = conn.Close() }()
	defer c.set(nil)
	if err := c.prepare(ctx, conn); err != nil {
		return err
	}
	c.changed(nil)
	select {
	case <-conn.Done():
		return conn.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// prepare subscribes first and looks at the channels then, so that nothing can happen in between unseen.
func (c *Client) prepare(ctx context.Context, conn *Conn) error {
	ctx, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	if err := conn.Subscribe(ctx, append([]string{"BACKGROUND_JOB"}, c.o.Events...)...); err != nil {
		return err
	}
	conn.jobs.enabled.Store(true)
	if len(c.o.Filters) > 0 {
		if err := conn.AddFilter(ctx, c.o.Filters...); err != nil {
			return err
		}
	}
	c.set(conn)
	return c.resync(ctx, conn)
}

func (c *Client) set(conn *Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if conn == nil && c.conn != nil {
		c.lost = time.Now()
	}
	c.conn = conn
}

func (c *Client) current() *Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conn
}

// Connected reports whether there is a connection now.
func (c *Client) Connected() bool { return c.current() != nil }

// Watch opens a watch on one channel, which need not exist yet. It outlives connections.
func (c *Client) Watch(uuid string) *Watch { return c.router.watch(uuid) }

// Listen opens a watch on all events that match, and on every Resync. The function must be quick, and call nothing of the client: it is waited
// for.
func (c *Client) Listen(match func(*Event) bool) *Watch { return c.router.listen(match) }

// Send sends any command, as Conn.Send does. Without a connection the error is ErrDown, at once.
func (c *Client) Send(ctx context.Context, cmd Command) (Reply, error) {
	conn := c.current()
	if conn == nil {
		return Reply{}, fmt.Errorf("%s: %w", cmd.verb(), ErrDown)
	}
	return conn.Send(ctx, cmd)
}

func (c *Client) job(ctx context.Context, line string) (string, error) {
	conn := c.current()
	if conn == nil {
		return "", fmt.Errorf("%s: %w", Command{Line: "bgapi " + line}.verb(), ErrDown)
	}
	return conn.job(ctx, line)
}
