package account

import (
	"errors"
	"sync"

	"github.com/gotd/td/telegram"
)

// report turns what gotd says about the connection, and what we know about the login, into States.
type report struct {
	tell     func(State)
	onReturn func() // the connection is back after a loss

	mu    sync.Mutex // held while tell runs, so that States come one at a time and in order
	ready bool
	was   bool // up before
	self  Person
	why   error // of the last death
}

func newReport(tell func(State)) *report {
	if tell == nil {
		tell = func(State) {}
	}
	return &report{tell: tell}
}

// connection is telegram.Options.OnConnectionState.
func (r *report) connection(s telegram.ConnectionState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ready = s == telegram.ConnectionStateReady
	switch s {
	case telegram.ConnectionStateConnecting:
		r.tell(State{Kind: Connecting})
	case telegram.ConnectionStateReady:
		r.tellUp()
	case telegram.ConnectionStateDisconnected:
		r.tell(State{Kind: Down, Err: r.why})
		r.why = nil
	}
}

// dead is telegram.Options.OnDead: why the connection is lost, which connection says next.
func (r *report) dead(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.why = err
}

// up says that we are logged in, and as whom.
func (r *report) up(self Person) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.self = self
	r.tellUp()
}

func (r *report) tellUp() {
	if !r.ready || r.self.ID == 0 {
		return
	}
	r.tell(State{Kind: Up, Self: r.self})
	if r.was {
		r.onReturn()
	}
	r.was = true
}

// ended is the last State of a Run.
func (r *report) ended(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kind := Down
	switch {
	case errors.Is(err, ErrRevoked):
		kind = Revoked
	case errors.Is(err, ErrLoginNeeded):
		kind = LoginNeeded
	}
	r.tell(State{Kind: kind, Err: err})
}
