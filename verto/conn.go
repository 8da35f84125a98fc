package verto

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"
)

const (
	maxQueue  = 1000 // messages to a page that have not left
	perSecond = 50   // requests of a page; more have to wait
	burst     = 200
	writeTime = 10 * time.Second
	maxAtOnce = 16 // commands of one connection
	maxGhosts = 16
	ghostTime = 10 * time.Second
	closeTime = 2 * time.Second
)

// rhythm is how long pages have for things.
type rhythm struct {
	login   time.Duration // to log in
	ping    time.Duration // between pings
	pong    time.Duration // to answer one
	silence time.Duration // before Verto's own ping
}

var usual = rhythm{login: 20 * time.Second, ping: 20 * time.Second, pong: 10 * time.Second, silence: 30 * time.Second}

// conn is the connection of a page. One goroutine reads and one writes.
type conn struct {
	s      *Server
	ws     *websocket.Conn
	from   netip.Addr
	log    *slog.Logger
	ctx    context.Context // ends with it
	cancel context.CancelFunc
	pace   *rate.Limiter
	speed  speedTest
	busy   chan struct{} // a place for each command that runs
	helped sync.WaitGroup
	heard  atomic.Int64 // when the page last said something, unix

	// of the reading goroutine
	session *Session    // nil: not logged in
	hurry   *time.Timer // closes it if the page does not log in
	tries   int
	ghosts  []ghost // calls that were ended before they began

	mu      sync.Mutex
	queue   [][]byte
	closing *closing // after the queue; nil: not yet
	wake    chan struct{}
}

// closing is why a connection is closed.
type closing struct {
	code  int
	text  string
	until time.Time // for the page to close it, too
}

// ghost is a call that a page ended before it asked for it.
type ghost struct {
	call string
	at   time.Time
}

func newConn(s *Server, from netip.Addr) *conn {
	c := &conn{s: s, from: from, log: s.log.With("from", from), wake: make(chan struct{}, 1), busy: make(chan struct{}, maxAtOnce)}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.pace = rate.NewLimiter(perSecond, burst)
	return c
}

// run has the connection until it is closed, and everything of it has ended.
func (c *conn) run(ws *websocket.Conn) {
	c.mu.Lock()
	c.ws = ws
	c.mu.Unlock()
	c.heard.Store(time.Now().Unix())
	var writing sync.WaitGroup
	writing.Go(c.write)
	c.hurry = time.AfterFunc(c.s.rhythm.login, func() { c.leave(websocket.ClosePolicyViolation, "no login") })
	c.read()
	c.hurry.Stop()
	c.cancel()
	if c.session != nil {
		c.session.lost(c)
	}
	c.helped.Wait()
	writing.Wait()
	_ = ws.Close() // it may be closed
}

// read takes frames until the page is gone.
func (c *conn) read() {
	c.ws.SetReadLimit(maxEarlyFrame)
	c.ws.SetPongHandler(func(text string) error {
		c.speed.pong(c, text)
		return c.expect()
	})
	for c.expect() == nil {
		_, frame, err := c.ws.ReadMessage()
		if err != nil || !c.speed.free(frame) && c.pace.Wait(c.ctx) != nil {
			return
		}
		if c.leaving() {
			continue
		}
		c.heard.Store(time.Now().Unix())
		c.take(frame)
	}
}

// expect gives the page until after the next ping to be heard of, or if it was told to go, time to do so.
func (c *conn) expect() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing != nil {
		return c.ws.SetReadDeadline(c.closing.until)
	}
	return c.ws.SetReadDeadline(time.Now().Add(c.s.rhythm.ping + c.s.rhythm.pong))
}

func (c *conn) leaving() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closing != nil
}

// send queues a message and does not block. A page that does not read loses its connection.
func (c *conn) send(message []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closing != nil:
	case len(c.queue) >= maxQueue:
		c.queue = nil
		c.close(websocket.ClosePolicyViolation, "reads too slowly")
		c.log.Warn("verto: page reads too slowly")
	default:
		c.queue = append(c.queue, message)
	}
	c.rouse()
}

// leave closes the connection when what is queued has left.
func (c *conn) leave(code int, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing == nil {
		c.close(code, text)
		c.rouse()
	}
}

// close has the connection closed. Until the page has done so too, what it says is read, and ignored: otherwise TCP would take back what
// has not reached it (RFC 6455 §7.1.1).
func (c *conn) close(code int, text string) {
	c.closing = &closing{code: code, text: text, until: time.Now().Add(closeTime)}
	if c.ws != nil {
		_ = c.ws.SetReadDeadline(c.closing.until) // or it is gone
	}
}

func (c *conn) rouse() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// write is the one that writes, until the connection is to be closed.
func (c *conn) write() {
	tick := time.NewTicker(c.s.rhythm.ping)
	defer tick.Stop()
	for {
		select {
		case <-c.wake:
			if !c.flush() {
				return
			}
		case <-tick.C:
			if c.ping() != nil {
				_ = c.ws.Close() // read says so
				return
			}
		case <-c.ctx.Done():
			return
		}
	}
}

// flush writes what is queued. False: that was the last.
func (c *conn) flush() bool {
	c.mu.Lock()
	queue, closing := c.queue, c.closing
	c.queue = nil
	c.mu.Unlock()
	for _, message := range queue {
		if c.putNext(message) != nil {
			_ = c.ws.Close() // read says so
			return false
		}
	}
	if closing != nil {
		_ = c.put(websocket.CloseMessage, websocket.FormatCloseMessage(closing.code, closing.text)) // or it is gone
	}
	return closing == nil
}

func (c *conn) put(kind int, message []byte) error {
	if err := c.ws.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return err
	}
	return c.ws.WriteMessage(kind, message)
}

// ping finds out whether the page is there, by the WebSocket's own ping (RFC 6455 §5.5.2), which every browser answers; and by Verto's after
// a silence, which clients may wait for and only the newest answers.
func (c *conn) ping() error {
	now := time.Now()
	if now.Sub(time.Unix(c.heard.Load(), 0)) >= c.s.rhythm.silence {
		if err := c.put(websocket.TextMessage, ask(c.s.nextID(), "verto.ping", object{"serno": now.Unix()})); err != nil {
			return err
		}
	}
	return c.put(websocket.PingMessage, nil)
}

// ask sends a request of ours. No answer is waited for.
func (c *conn) ask(method string, params object) { c.send(ask(c.s.nextID(), method, params)) }

// reply answers a request.
func (c *conn) reply(r *request, result object) {
	if c.session != nil {
		result["sessid"] = c.session.id
	}
	r.answer(answer(r.id(), result))
}

func (c *conn) refuse(r *request, f *fault) { r.answer(refusal(r.id(), f)) }
