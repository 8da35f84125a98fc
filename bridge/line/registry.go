package line

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"switchgram/bridge"
)

// Registry knows every line and user, and answers who may do what. It is a bridge.Gate.
type Registry struct {
	lines map[string]*Line
	order []*Line
	users map[string]*User
	decoy func() Hash // checked for logins of nobody, so that they take as long

	mu     sync.RWMutex
	guests map[string]*guest // by name
}

var _ bridge.Gate = (*Registry)(nil)

// FieldError is something wrong with one value of the configuration.
type FieldError struct {
	Key     string // "lines[0].sip.user"
	Problem string
}

// Error is "lines[0].sip.user: …".
func (e *FieldError) Error() string { return e.Key + ": " + e.Problem }

// NewRegistry checks lines and users and completes what they leave out. Its error joins a *FieldError for everything wrong.
func NewRegistry(lines []Config, users []User) (*Registry, error) {
	r := &Registry{lines: map[string]*Line{}, users: map[string]*User{}, guests: map[string]*guest{}, decoy: sync.OnceValue(decoy)}
	var wrong []error
	for i, c := range lines {
		say := reporter(&wrong, fmt.Sprintf("lines[%d]", i))
		c.check(say)
		r.checkUnique(c, say)
		l := &Line{Config: c}
		r.lines[c.Name] = l
		r.order = append(r.order, l)
	}
	for i, u := range users {
		say := reporter(&wrong, fmt.Sprintf("users[%d]", i))
		u.Lines, u.Roles = slices.Clone(u.Lines), slices.Clone(u.Roles)
		u.check(r.lines, say)
		if r.users[u.Name] != nil {
			say("name", "%q: there is another user of that name", u.Name)
		}
		r.users[u.Name] = &u
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	return r, nil
}

func decoy() Hash {
	h, _ := HashPassword("nobody's") // only an empty one is refused
	return h
}

// reporter appends what is wrong with the fields of one line or user.
func reporter(wrong *[]error, key string) func(field, format string, args ...any) {
	return func(field, format string, args ...any) {
		*wrong = append(*wrong, &FieldError{Key: key + "." + field, Problem: fmt.Sprintf(format, args...)})
	}
}

// checkUnique finds lines that would take each other's calls: a switch keeps one registration for a user, and a Telegram account
// is in one call at a time.
func (r *Registry) checkUnique(c Config, say func(field, format string, args ...any)) {
	for _, other := range r.order {
		switch {
		case other.Name == c.Name:
			say("name", "%q: there is another line of that name", c.Name)
		case other.Account == c.Account:
			say("account", "%q: line %s has it", c.Account, other.Name)
		case other.SIP.Registrar == c.SIP.Registrar && other.SIP.User == c.SIP.User:
			say("sip.user", "%q: line %s registers so, too", c.SIP.User, other.Name)
		}
	}
}

// Line finds a line by name; nil: there is none.
func (r *Registry) Line(name string) *Line { return r.lines[name] }

// Lines are all lines, in the order of the configuration.
func (r *Registry) Lines() []*Line { return slices.Clone(r.order) }

// User finds a user by name.
func (r *Registry) User(name string) (User, bool) {
	u := r.user(name)
	if u == nil {
		return User{}, false
	}
	return *u, true
}

// Uses tells whether the user may use the line at all; "*" is all lines.
func (r *Registry) Uses(user, line string) bool {
	u := r.user(user)
	return u != nil && u.uses(line)
}

// Share tells whether two users have a line in common.
func (r *Registry) Share(user, other string) bool {
	a, b := r.user(user), r.user(other)
	return a != nil && b != nil && slices.ContainsFunc(r.order, func(l *Line) bool { return a.uses(l.Name) && b.uses(l.Name) })
}

// Login finds the user with that name and password. The error is ErrPassword.
func (r *Registry) Login(name, password string) (User, error) {
	u := r.users[name]
	if u == nil || u.Password == (Hash{}) {
		r.decoy().Check(password)
		return User{}, ErrPassword
	}
	if !u.Password.Check(password) {
		return User{}, ErrPassword
	}
	return *u, nil
}

// Decision says whether somebody may do something, and why.
type Decision struct {
	Allowed bool
	Reason  string       // for the log and for whoever set the rules, not for the caller
	Cause   bridge.Cause // with which a call is refused; 0: it is not
}

// Err is a *Refusal, or nil if it is allowed.
func (d Decision) Err() error {
	if d.Allowed {
		return nil
	}
	return &Refusal{Cause: d.Cause, Reason: d.Reason}
}

// Refusal is why a call is not to be.
type Refusal struct {
	Cause  bridge.Cause
	Reason string
}

// Error is the reason.
func (r *Refusal) Error() string { return "line: " + r.Reason }

// Q850 is the cause's value.
func (r *Refusal) Q850() int { return int(r.Cause) }

func yes(format string, args ...any) Decision {
	return Decision{Allowed: true, Reason: fmt.Sprintf(format, args...)}
}

func no(c bridge.Cause, format string, args ...any) Decision {
	return Decision{Cause: c, Reason: fmt.Sprintf(format, args...)}
}

// May answers whether the user may call the number by the line. The user "" is the switch that the line is registered with,
// whose dialplan has asked its own questions: for it the line's list alone counts.
func (r *Registry) May(user, line string, number bridge.Address) Decision {
	l := r.lines[line]
	if l == nil {
		return no(bridge.NoRouteDestination, "no line %q", line)
	}
	if number.Scheme == "tg" && number.User == "" {
		return no(bridge.OutgoingCallBarred, "the rules of line %s stop the number", line)
	}
	if d := listed(l.Allow, number, "line "+line); !d.Allowed || user == "" {
		return d
	}
	u := r.user(user)
	switch {
	case u == nil:
		return no(bridge.OutgoingCallBarred, "no user %q", user)
	case !u.uses(line):
		return no(bridge.OutgoingCallBarred, "user %s has not got line %s", user, line)
	default:
		return listed(u.Numbers, number, "user "+user)
	}
}

// listed asks the list of a line or user; an empty one allows everything.
func listed(list Patterns, number bridge.Address, whose string) Decision {
	if len(list) == 0 {
		return yes("%s has no list", whose)
	}
	ok, by := list.Allow(number)
	switch {
	case ok:
		return yes("%s allows %s", whose, by)
	case by.Deny():
		return no(bridge.OutgoingCallBarred, "%s forbids %s", whose, by)
	default:
		return no(bridge.OutgoingCallBarred, "nothing on the list of %s allows it", whose)
	}
}

// MayJoin answers whether the user may join calls of the line in the role.
func (r *Registry) MayJoin(user, line string, as Role) Decision {
	u := r.user(user)
	switch {
	case u == nil:
		return no(bridge.CallRejected, "no user %q", user)
	case r.lines[line] == nil:
		return no(bridge.NoRouteDestination, "no line %q", line)
	case !u.uses(line):
		return no(bridge.CallRejected, "user %s has not got line %s", user, line)
	case !slices.Contains(u.Roles, as):
		return no(bridge.CallRejected, "user %s may not %s", user, as)
	default:
		return yes("user %s may %s on line %s", user, as, line)
	}
}

// Follow implements bridge.Gate: whoever sends calls on may send them to whom the line may call, and to whom it lets ring anyway. A user
// may send them no further than to whom the user may call.
func (r *Registry) Follow(_ context.Context, name, user string, to bridge.Address) error {
	if l := r.lines[name]; l != nil && to == l.To {
		return nil
	}
	return r.May(user, name, to).Err()
}

// Admit implements bridge.Gate: it asks whether the switch may call somebody on Telegram by the line, and counts the line's calls with
// Telegram.
func (r *Registry) Admit(_ context.Context, name string, from, to bridge.Address) (release func(), err error) {
	l := r.lines[name]
	if l == nil {
		return nil, no(bridge.NoRouteDestination, "no line %q", name).Err()
	}
	if to.Scheme == "tg" {
		if err := r.May("", name, to).Err(); err != nil {
			return nil, err
		}
	}
	if from.Scheme != "tg" && to.Scheme != "tg" { // the account has nothing to do with it
		return func() {}, nil
	}
	if err := l.Acquire(); err != nil {
		return nil, err
	}
	return sync.OnceFunc(l.Release), nil
}
