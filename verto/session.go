package verto

import (
	"crypto/rand"
	"encoding/json"
	"net/netip"
	"sync/atomic"

	"github.com/gorilla/websocket"
)

// Session is a page whose user has logged in. It lives as long as the page is connected or has a call that waits for it to come back, and
// is known by an id that the page chose and that counts only together with the user's password.
type Session struct {
	s         *Server
	id        string
	number    uint64 // in order of logins
	user      User
	from      netip.Addr
	variables atomic.Pointer[map[string]string]
	conn      atomic.Pointer[conn] // nil: the page is lost
}

// User is whose page it is.
func (v *Session) User() User { return v.user }

// Address is where the page has logged in from first.
func (v *Session) Address() netip.Addr { return v.from }

// Connected tells whether the page is there.
func (v *Session) Connected() bool { return v.conn.Load() != nil }

// Tell sends the page an event of its own, that nobody else sees and that needs no subscription (in verto.js: onPvtEvent). The data must be
// what JSON can hold; the error is encoding/json's. A page that is not there misses it.
func (v *Session) Tell(data any) error {
	raw, err := json.Marshal(data)
	if err == nil {
		v.ask("verto.event", object{"eventChannel": v.id, "eventType": "channelPvtData", "pvtData": json.RawMessage(raw)})
	}
	return err
}

// Write sends the page a text that somebody has written to its user, outside of calls.
func (v *Session) Write(from Party, body string) {
	v.ask("verto.info", object{"msg": v.message(from, body)})
}

func (v *Session) message(from Party, body string) object {
	return object{"from": from.Number, "from_msg_name": from.Name, "from_msg_number": from.Number, "to": v.user.ID, "body": body}
}

// ask sends a request, if the page is there.
func (v *Session) ask(method string, params object) {
	if c := v.conn.Load(); c != nil {
		c.ask(method, params)
	}
}

// open finds or makes the session that a page logs in to. Lost are the calls that it comes back for. Not ok: the id is another user's.
func (s *Server) open(id string, user User, c *conn) (v *Session, lost []*Call, ok bool) {
	s.mu.Lock()
	v, back := s.sessions[id]
	if back && v.user.ID != user.ID || !s.running {
		s.mu.Unlock()
		return nil, nil, false
	}
	if !back {
		v = &Session{s: s, id: id, number: s.asked.Add(1), user: user, from: c.from}
		v.variables.Store(&map[string]string{})
		s.sessions[id] = v
	}
	before := v.conn.Swap(c)
	s.mu.Unlock()
	if before != nil { // another tab has taken the session's id with it
		before.ask("verto.punt", object{})
		before.leave(websocket.CloseNormalClosure, "")
		v.detach()
	}
	if !back && s.o.OnSession != nil {
		s.o.OnSession(v, true)
	}
	return v, v.calls(), true
}

// lost is the end of the page's connection.
func (v *Session) lost(c *conn) {
	if v.conn.CompareAndSwap(c, nil) {
		v.detach()
		v.settle()
	}
}

// detach leaves the page's calls waiting for it, and ends those that cannot wait.
func (v *Session) detach() {
	v.s.hub.leave(v)
	for _, c := range v.calls() {
		c.detach()
	}
}

// settle forgets a session that has neither page nor calls.
func (v *Session) settle() {
	v.s.mu.Lock()
	gone := v.conn.Load() == nil && v.s.sessions[v.id] == v && !v.busy()
	if gone {
		delete(v.s.sessions, v.id)
	}
	v.s.mu.Unlock()
	if gone {
		v.s.log.Info("verto: page has left", "user", v.user.ID, "from", v.from)
		if v.s.o.OnSession != nil {
			v.s.o.OnSession(v, false)
		}
	}
}

// busy tells whether the session has calls, under the server's lock.
func (v *Session) busy() bool {
	for _, c := range v.s.calls {
		if c.session == v {
			return true
		}
	}
	return false
}

// calls are the session's that have not ended.
func (v *Session) calls() (all []*Call) {
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	for _, c := range v.s.calls {
		if c.session == v {
			all = append(all, c)
		}
	}
	return all
}

// punt sends the page away for good: verto.js does not connect again.
func (v *Session) punt() {
	for _, c := range v.calls() {
		c.end(Ended{Cause: NormalClearing}, true)
	}
	if c := v.conn.Load(); c != nil {
		c.ask("verto.punt", object{})
		c.leave(websocket.CloseNormalClosure, "")
	}
}

// resume offers the page the calls again that it had, and then says that it may begin.
func (v *Session) resume(c *conn, calls []*Call) {
	ids := []string{}
	for _, call := range calls {
		if call.attach(c.ctx) {
			ids = append(ids, call.id)
		}
	}
	if v.conn.Load() == c {
		c.ask("verto.clientReady", object{"reattached_sessions": ids})
	}
}

// newCallID is one that cannot be guessed.
func newCallID() string { return rand.Text() }
