package account

import (
	"errors"
	"log/slog"
	"sync"

	"github.com/gotd/td/telegram"
)

// report turns what gotd says about the connection, and what we know about the login, into States.
type report struct {
	onState  func(State)
	onReturn func() // the connection is back after a loss
	log      *slog.Logger

	mu    sync.Mutex // held while onState runs, so that States come one at a time and in order
	last  StateKind  // that was told, other than Connecting
	ready bool
	was   bool // up before
	self  Person
	why   error // of the last death
}

func newReport(onState func(State), log *slog.Logger) *report {
	return &report{onState: onState, log: log}
}

// tell also logs what is new: that a server is still away is known after the first attempt. What ends a Run is its error.
func (r *report) tell(s State) {
	switch {
	case s.Kind == Connecting, s.Kind == LoginNeeded, s.Kind == Revoked:
	case s.Kind == r.last:
		r.log.Debug("telegram account is still "+s.Kind.String(), "err", s.Err)
	case s.Err != nil:
		r.log.Warn("telegram account is "+s.Kind.String(), "err", s.Err)
	default:
		r.log.Info("telegram account is "+s.Kind.String(), "self", r.self)
	}
	if s.Kind != Connecting {
		r.last = s.Kind
	}
	r.onState(s)
}

// connection is telegram.Options.OnConnectionState.
func (r *report) connection(s telegram.ConnectionState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := r.ready
	r.ready = s == telegram.ConnectionStateReady
	switch s {
	case telegram.ConnectionStateConnecting:
		r.tell(State{Kind: Connecting})
	case telegram.ConnectionStateReady:
		if !known {
			r.tellUp()
		}
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

// up says that we are logged in, and as whom. That was Telegram's answer, so there is a connection, though gotd may say so only later.
func (r *report) up(self Person) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.self, r.ready = self, true
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
