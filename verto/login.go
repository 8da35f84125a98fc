package verto

import (
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

const (
	maxName     = 128 // of a user, a session, a channel
	maxPassword = 1024
	maxParams   = 64 // loginParams, userVariables
	maxValue    = 1024
)

// loginParams are what a page says to log in.
type loginParams struct {
	Session   text            `json:"sessid"`
	Login     text            `json:"login"`
	Password  *text           `json:"passwd"`
	Params    map[string]text `json:"loginParams"`
	Variables map[string]text `json:"userVariables"`
}

// login lets a page in. Clients first send a login without a name, and send theirs when that is refused with -32000; one that succeeded
// would leave them waiting. A page that is in may log in again, as the same user.
func (c *conn) login(r *request) {
	var p loginParams
	r.read(&p)
	if p.Login == "" {
		c.refuse(r, errLoginFirst)
		return
	}
	if c.session == nil {
		c.hurry.Stop() // what follows may take its time
	}
	user, f := c.identify(p)
	if f != nil {
		c.refuse(r, f)
		c.tried()
		return
	}
	if c.session != nil {
		if c.session.user.ID != user.ID {
			c.refuse(r, &fault{code: codeRefused, text: "Already logged in"})
			return
		}
		c.reply(r, object{"message": "logged in"})
		return
	}
	c.enter(r, p, user)
}

// identify asks Users who that is.
func (c *conn) identify(p loginParams) (User, *fault) {
	wrong := &fault{code: codeRefused, text: "Authentication Failure"}
	name, domain, _ := strings.Cut(string(p.Login), "@")
	switch {
	case p.Password == nil:
		return User{}, &fault{code: codeRefused, text: "Missing passwd"}
	case len(p.Login) > maxName || len(*p.Password) > maxPassword || len(p.Session) > maxName:
		return User{}, wrong
	}
	if wait, banned := c.s.guard.wait(c.from, name); banned || !c.wait(wait) {
		return User{}, wrong
	}
	l := Login{Name: name, Domain: domain, Password: string(*p.Password), Params: known(p.Params, nil), Address: c.from}
	user, err := c.s.o.Users.Login(c.ctx, l)
	switch {
	case err == nil:
		c.s.guard.succeeded(name)
		return user, nil
	case errors.Is(err, ErrUser), errors.Is(err, ErrPassword):
		c.s.guard.failed(c.from, name)
		c.log.Warn("verto: login refused", "user", name, "err", err)
	case c.ctx.Err() == nil:
		c.log.Error("verto: login", "user", name, "err", err)
		return User{}, &fault{code: codeSession, text: "Login is not possible now"} // with codeRefused a page would give up
	}
	return User{}, wrong
}

// wait lets time pass; nothing else that the page asks for is looked at meanwhile. False: it has left.
func (c *conn) wait(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-c.s.stopped:
		return false
	}
}

// tried gives a page time for another login, and closes its connection after some in vain.
func (c *conn) tried() {
	if c.session != nil {
		return
	}
	c.hurry.Reset(c.s.rhythm.login)
	if c.tries++; c.tries >= socketTries {
		c.leave(websocket.ClosePolicyViolation, "too many attempts")
	}
}

// enter makes the connection that of a session, new or one that comes back.
func (c *conn) enter(r *request, p loginParams, user User) {
	id := string(p.Session)
	if id == "" {
		id = rand.Text()
	}
	v, lost, ok := c.s.open(id, user, c)
	if !ok {
		c.refuse(r, &fault{code: codeRefused, text: "Session in use"})
		c.leave(websocket.CloseNormalClosure, "")
		return
	}
	c.s.guard.left(c.from)
	c.ws.SetReadLimit(maxFrame)
	c.session = v
	v.variables.Store(ptr(known(p.Variables, c.s.names)))
	c.log.Info("verto: logged in", "user", user.ID, "again", lost != nil)
	c.reply(r, object{"message": "logged in"})
	c.helped.Go(func() { v.resume(c, lost) })
}

// known are the texts with the names, or with any if names is nil, as far as they are short.
func known(all map[string]text, names map[string]bool) map[string]string {
	few := map[string]string{}
	for name, value := range all {
		if len(few) < maxParams && len(name) <= maxName && len(value) <= maxValue && (names == nil || names[name]) {
			few[name] = string(value)
		}
	}
	return few
}

func ptr[T any](v T) *T { return &v }
