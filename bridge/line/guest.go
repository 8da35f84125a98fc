package line

import (
	"errors"
	"fmt"
)

// guest is a user whom the configuration does not have, while he is there.
type guest struct {
	User
	times int // that he has entered and not left
}

// Configured finds a user of the configuration, and no guest.
func (r *Registry) Configured(name string) (User, bool) {
	if u := r.users[name]; u != nil {
		return *u, true
	}
	return User{}, false
}

// Guest checks a user whom the configuration does not have, and completes what he leaves out. The error joins a *FieldError for everything wrong.
func (r *Registry) Guest(u User) (User, error) {
	var wrong []error
	u.check(r.lines, reporter(&wrong, fmt.Sprintf("user %.40q", u.Name)))
	return u, errors.Join(wrong...)
}

// Enter has a user that Guest has returned be one until Leave is called as often. What he may is what was said last. Users of the configuration stay
// what they are.
func (r *Registry) Enter(u User) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.guests[u.Name]
	if g == nil {
		g = new(guest)
		r.guests[u.Name] = g
	}
	g.User = u
	g.times++
}

// Leave takes one Enter back.
func (r *Registry) Leave(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if g := r.guests[name]; g != nil {
		if g.times--; g.times == 0 {
			delete(r.guests, name)
		}
	}
}

// user finds a user, of the configuration or a guest; nil: there is none.
func (r *Registry) user(name string) *User {
	if u := r.users[name]; u != nil {
		return u
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	if g := r.guests[name]; g != nil {
		u := g.User
		return &u
	}
	return nil
}
