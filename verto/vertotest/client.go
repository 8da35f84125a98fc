// Package vertotest is a client of Verto for tests and measurements: Client speaks as a page does, and Browser is the sound of one of its
// calls. It works with FreeSWITCH's mod_verto as with package verto, and knows neither codec nor microphone.
//
// All methods may be called concurrently.
package vertotest

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Options of a Client. The zero value is a page of no origin that listens to nothing.
type Options struct {
	Session   string // the page's id, sent with every request; empty: one is made
	NoSession bool   // none is sent, as by some clients
	Origin    string // the web page's; empty: none

	// Handle is told what the server asks, in order, before the next message is read; it may ask in turn only in another goroutine.
	Handle func(Request)

	TLS *tls.Config // of wss; nil: the system's

	// Silent has requests of the server not answered, as some clients do. Otherwise those of calls are.
	Silent bool

	// Watch is shown every message, ours as well; nil: nobody is. It is called from several goroutines.
	Watch func(ours bool, message []byte)
}

// Request is what the server asks.
type Request struct {
	Method string
	ID     json.RawMessage
	Params json.RawMessage
}

// Read puts the params into a struct; what does not fit is left out.
func (r Request) Read(params any) { _ = json.Unmarshal(r.Params, params) }

// Error is a refusal of the server's.
type Error struct {
	Method  string          `json:"-"`
	Code    int             `json:"code"`
	Message string          `json:"message"`
	Data    json.RawMessage `json:"-"` // the whole object: errors of calls say more
}

// Error names the method and what the server says.
func (e *Error) Error() string {
	return fmt.Sprintf("%s: %d %s", e.Method, e.Code, e.Message)
}

// ErrOver says that the connection is over.
var ErrOver = errors.New("verto: connection is over")

const handshake = 30 * time.Second

// Client is a page's connection. It must be closed.
type Client struct {
	o       Options
	socket  *websocket.Conn
	reading sync.WaitGroup
	over    chan struct{}

	mu      sync.Mutex // and around writing
	last    int
	waiting map[int]chan<- message
	end     error
}

// message is what goes over the socket, either way.
type message struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   json.RawMessage `json:"error,omitempty"`
}

// Dial connects to a server: ws://127.0.0.1:8081. It does not log in.
func Dial(ctx context.Context, url string, o Options) (*Client, error) {
	header := http.Header{}
	if o.Origin != "" {
		header.Set("Origin", o.Origin)
	}
	switch {
	case o.NoSession:
		o.Session = ""
	case o.Session == "":
		o.Session = rand.Text()
	}
	dialer := websocket.Dialer{TLSClientConfig: o.TLS, HandshakeTimeout: handshake}
	socket, _, err := dialer.DialContext(ctx, url, header)
	if err != nil {
		return nil, fmt.Errorf("verto %s: %w", url, err)
	}
	c := &Client{o: o, socket: socket, over: make(chan struct{}), waiting: map[int]chan<- message{}}
	c.reading.Go(c.read)
	return c, nil
}

// Login logs in by name and password.
func (c *Client) Login(ctx context.Context, name, password string) error {
	_, err := c.Ask(ctx, "login", map[string]any{"login": name, "passwd": password})
	return err
}

// Session is the page's id; empty: it sends none.
func (c *Client) Session() string { return c.o.Session }

// Ask sends a request and waits for its result. A refusal is an *Error. The params are changed: the session's id is added.
func (c *Client) Ask(ctx context.Context, method string, params map[string]any) (json.RawMessage, error) {
	if params == nil {
		params = map[string]any{}
	}
	if c.o.Session != "" {
		params["sessid"] = c.o.Session
	}
	text, err := json.Marshal(params)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	answer, err := c.send(method, text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	select {
	case m, ok := <-answer:
		if !ok {
			return nil, fmt.Errorf("%s: %w", method, ErrOver)
		}
		return m.result(method)
	case <-ctx.Done():
		return nil, fmt.Errorf("%s: %w", method, context.Cause(ctx))
	}
}

func (m message) result(method string) (json.RawMessage, error) {
	if m.Error == nil {
		return m.Result, nil
	}
	refused := &Error{Method: method, Data: m.Error}
	if err := json.Unmarshal(m.Error, refused); err != nil {
		return nil, fmt.Errorf("%s: error: %w", method, err)
	}
	return nil, refused
}

func (c *Client) send(method string, params json.RawMessage) (<-chan message, error) {
	answer := make(chan message, 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end != nil {
		return nil, ErrOver
	}
	c.last++
	c.waiting[c.last] = answer
	return answer, c.write(message{Version: "2.0", ID: fmt.Append(nil, c.last), Method: method, Params: params})
}

// Send sends a frame as it is.
func (c *Client) Send(frame []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.socket.WriteMessage(websocket.TextMessage, frame)
}

// write sends a message, under the lock.
func (c *Client) write(m message) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if c.o.Watch != nil {
		c.o.Watch(true, text)
	}
	return c.socket.WriteMessage(websocket.TextMessage, text)
}

// read takes what comes, until the connection is over.
func (c *Client) read() {
	for {
		_, text, err := c.socket.ReadMessage()
		if err != nil {
			c.finish(err)
			return
		}
		if c.o.Watch != nil {
			c.o.Watch(false, text)
		}
		var m message
		if json.Unmarshal(text, &m) != nil {
			continue // a frame of the speed test
		}
		if m.Method == "" {
			c.answered(m)
		} else {
			c.asked(m)
		}
	}
}

// answered hands an answer to who waits for it. Requests of the server can have the ids of ours: it is the method that tells them apart.
func (c *Client) answered(m message) {
	var id int
	if json.Unmarshal(m.ID, &id) != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if answer := c.waiting[id]; answer != nil {
		answer <- m
		delete(c.waiting, id)
	}
}

// asked takes a request. Clients answer those of calls.
func (c *Client) asked(m message) {
	r := Request{Method: m.Method, ID: m.ID, Params: m.Params}
	var p struct {
		Call string `json:"callID"`
	}
	if r.Read(&p); p.Call != "" && !c.o.Silent {
		c.mu.Lock()
		_ = c.write(message{Version: "2.0", ID: m.ID, Result: fmt.Appendf(nil, `{"method":%q}`, m.Method)}) // read says so
		c.mu.Unlock()
	}
	if c.o.Handle != nil {
		c.o.Handle(r)
	}
}

// finish tells everybody who waits that nothing comes any more.
func (c *Client) finish(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end = err
	for id, answer := range c.waiting {
		close(answer)
		delete(c.waiting, id)
	}
	close(c.over)
}

// Over is closed when the connection is over.
func (c *Client) Over() <-chan struct{} { return c.over }

// Err is how the connection ended: a *websocket.CloseError if the server closed it. Nil: it has not.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.end
}

// Close cuts the connection, as a page does that is closed, and waits for what is being handled.
func (c *Client) Close() error {
	err := c.socket.Close()
	c.reading.Wait()
	return err
}
