package sip

import (
	"fmt"
)

// enter lets a goroutine work for the agent until it calls leave; ok false: the agent does not run.
func (a *Agent) enter() (leave func(), ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.state != running {
		return nil, false
	}
	a.busy.Add(1)
	return a.busy.Done, true
}

// spawn runs f on a goroutine of the agent's.
func (a *Agent) spawn(f func()) bool {
	leave, ok := a.enter()
	if ok {
		go func() {
			defer leave()
			f()
		}()
	}
	return ok
}

// admit makes room for a dialog: its key must be new, and there must not be too many.
func (a *Agent) admit(d *Dialog) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.state != running:
		return ErrClosed
	case a.draining:
		return ErrDraining
	case len(a.calls) >= a.o.MaxCalls:
		return fmt.Errorf("%w: %d calls already", ErrDraining, len(a.calls))
	}
	for key := range a.calls {
		if key.callID == d.callID && key != d.key() && !d.incoming {
			return fmt.Errorf("call-id %q: taken by another call", d.callID)
		}
	}
	a.calls[d.key()] = d
	return nil
}

func (a *Agent) forget(d *Dialog) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.calls, d.key())
	if d.incoming {
		delete(a.invites, d.inviteKey())
		return
	}
	a.remember(d.key())
}

func (a *Agent) dialogs() []*Dialog {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := make([]*Dialog, 0, len(a.calls))
	for _, d := range a.calls {
		all = append(all, d)
	}
	return all
}
