package verto

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
)

// methods are what a page that has logged in may ask for.
var methods = map[string]func(c *conn, r *request){
	"login":             (*conn).login,
	"verto.ping":        (*conn).pong,
	"verto.invite":      (*conn).invite,
	"verto.answer":      (*conn).answer,
	"verto.attach":      (*conn).attach,
	"verto.bye":         (*conn).bye,
	"verto.modify":      (*conn).modify,
	"verto.info":        (*conn).info,
	"verto.subscribe":   (*conn).subscribe,
	"verto.unsubscribe": (*conn).unsubscribe,
	"verto.broadcast":   (*conn).broadcast,
	"jsapi":             (*conn).command,
}

// take does what a frame asks for. Every request is answered once, in its turn unless it takes time.
func (c *conn) take(frame []byte) {
	switch {
	case bytes.HasPrefix(frame, []byte("#SP")):
		if c.session != nil {
			c.speed.take(c, frame)
		}
	case bytes.HasPrefix(bytes.TrimLeft(frame, " \t\r\n"), []byte("[")):
		c.takeBatch(frame)
	default:
		c.obey(frame, c.send)
	}
}

// obey does what a message asks for, and has it answered. False: it is an answer itself.
func (c *conn) obey(message []byte, answer func([]byte)) bool {
	r, f := parse(message)
	r.answer = answer
	switch {
	case f != nil:
		c.refuse(&r, f)
	case r.Method == "" && (r.Result != nil || r.Error != nil):
		return false
	case c.session == nil && r.Method != "login":
		c.refuse(&r, errLoginFirst)
	default:
		do, ok := methods[r.Method]
		if !ok {
			do = (*conn).unknown
		}
		do(c, &r)
	}
	return true
}

func (c *conn) unknown(r *request) { c.refuse(r, errMethod) }

func (c *conn) pong(r *request) { c.reply(r, object{"message": "PONG"}) }

// help does something that takes time, beside other requests of the page, and answers with what it returns.
func (c *conn) help(r *request, do func(ctx context.Context) (object, error)) {
	select {
	case c.busy <- struct{}{}:
	default:
		c.refuse(r, &fault{code: codeSession, text: "too many at once"})
		return
	}
	c.helped.Go(func() {
		defer func() { <-c.busy }()
		result, err := do(c.ctx)
		if err != nil {
			c.refuse(r, c.faultOf(r, err))
			return
		}
		c.reply(r, result)
	})
}

// faultOf is what a page is told of an error of those who use the package.
func (c *conn) faultOf(r *request, err error) *fault {
	if told := (*CommandError)(nil); errors.As(err, &told) {
		or(&told.Code, codeSession)
		return &fault{code: told.Code, text: told.Text}
	}
	c.log.Warn("verto: "+r.Method, "user", c.session.user.ID, "err", err)
	return &fault{code: codeSession, text: "it did not work"}
}

// command runs one of Options.Commands.
func (c *conn) command(r *request) {
	var p struct {
		Command text            `json:"command"`
		Data    json.RawMessage `json:"data"`
	}
	r.read(&p)
	run, ok := c.s.o.Commands[string(p.Command)]
	if !ok {
		c.refuse(r, errForbidden)
		return
	}
	c.help(r, func(ctx context.Context) (object, error) {
		v, err := run(ctx, c.session, p.Data)
		if err != nil {
			return nil, err
		}
		raw, err := json.Marshal(v)
		return object{"message": json.RawMessage(raw)}, err
	})
}
