package testnet

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"switchgram/tgcall/testnet/mtproto"
)

// request is one request being answered. It lives under the network's lock.
type request struct {
	n       *Network
	centre  *centre // where it was asked
	device  *device
	session *mtproto.Session
	user    *User    // who asks; nil before the login
	after   []func() // what is to be sent once the answer has left
}

// method answers one method of the API.
type method struct {
	anonymous bool // may be called before the login
	do        func(r *request, body *bin.Buffer) (bin.Encoder, error)
}

// on makes a method of a function that takes the decoded request.
func on[T any, P interface {
	*T
	bin.Decoder
}](f func(r *request, q P) (bin.Encoder, error)) method {
	return method{do: func(r *request, body *bin.Buffer) (bin.Encoder, error) {
		q := P(new(T))
		if err := q.Decode(body); err != nil {
			return nil, tgerr.New(400, "INPUT_FETCH_ERROR")
		}
		return f(r, q)
	}}
}

// anyone lets a method be called before the login.
func anyone(m method) method {
	m.anonymous = true
	return m
}

// constant answers a method that this network does nothing about.
func constant[T any, P interface {
	*T
	bin.Decoder
}](v func() bin.Encoder) method {
	return on(func(*request, P) (bin.Encoder, error) { return v(), nil })
}

// Request implements mtproto.Handler: everything happens under one lock, and what others are told is queued after the answer.
func (h handler) Request(ctx context.Context, q *mtproto.Request) {
	n := h.n
	method := n.nameOf(q.Method)
	if !h.admit(q, method) {
		return
	}
	n.held(ctx, method)
	if late := h.answer(q, method); late != nil {
		select {
		case <-late.until:
			late.send()
		case <-ctx.Done():
		}
	}
}

// admit counts a request, unless it comes from a device that is to be off the network.
func (h handler) admit(q *mtproto.Request, method string) bool {
	h.n.mu.Lock()
	defer h.n.mu.Unlock()
	d := h.n.deviceOf(h.centre, q.Session)
	if h.n.faults.away[d.user] > 0 {
		h.centre.srv.Disconnect(d.key)
		return false
	}
	h.n.faults.asked[method]++
	return true
}

// answer does what is asked and answers it, unless the answer is to be late.
func (h handler) answer(q *mtproto.Request, method string) *lateAnswer {
	n := h.n
	n.mu.Lock()
	defer n.mu.Unlock()
	r := &request{n: n, centre: h.centre, session: q.Session, device: n.deviceOf(h.centre, q.Session)}
	r.user = r.device.user
	answer, err := r.do(q)
	send := func() { q.Answer(answer) }
	if err != nil {
		n.log.Debug("request refused", "method", method, "err", err)
		send = func() { q.Fail(err) }
	}
	late := n.faults.lateAnswer(method, send)
	if late == nil {
		send()
	}
	for _, f := range r.after {
		f()
	}
	return late
}

// Closed implements mtproto.Handler. The session may be back by now, on another connection.
func (h handler) Closed(s *mtproto.Session) {
	h.n.mu.Lock()
	defer h.n.mu.Unlock()
	if d := h.n.devices[s.Key()]; d != nil && !s.Connected() {
		delete(d.sessions, s)
	}
}

// handler is a data centre's mtproto.Handler.
type handler struct {
	n      *Network
	centre *centre
}

func (r *request) do(q *mtproto.Request) (bin.Encoder, error) {
	if err := r.n.faults.check(r.n.nameOf(q.Method), time.Now()); err != nil {
		return nil, err
	}
	m, ok := r.n.methods[q.Method]
	switch {
	case !ok:
		return nil, r.n.unknown(q.Method)
	case r.user == nil && !m.anonymous && r.device.revoked:
		return nil, tgerr.New(401, "SESSION_REVOKED")
	case r.user == nil && !m.anonymous && r.device.pending != nil:
		return nil, tgerr.New(401, "SESSION_PASSWORD_NEEDED")
	case r.user == nil && !m.anonymous:
		return nil, tgerr.New(401, "AUTH_KEY_UNREGISTERED")
	}
	if err := r.astray(q.Method); err != nil {
		return nil, err
	}
	return m.do(r, &bin.Buffer{Buf: q.Body})
}

// unknown tells methods of Telegram that are not here from what is no method at all.
func (n *Network) unknown(id uint32) error {
	if _, ok := n.names[id]; ok {
		return tgerr.New(400, "METHOD_NOT_IMPLEMENTED")
	}
	return tgerr.New(400, fmt.Sprintf("INPUT_METHOD_INVALID_%d", id))
}

func (n *Network) nameOf(id uint32) string { return n.names[id] }

// methodNames maps constructors to names without their number.
func methodNames() map[uint32]string {
	names := tg.TypesMap()
	for id, name := range names {
		names[id], _, _ = strings.Cut(name, "#")
	}
	return names
}

// then queues f to run after the answer has been sent.
func (r *request) then(f func()) { r.after = append(r.after, f) }

// viewer is r's own point of view.
func (r *request) viewer() viewer { return viewer{n: r.n, user: r.user, layer: r.session.Layer()} }
