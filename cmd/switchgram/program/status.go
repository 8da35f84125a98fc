package program

import (
	"errors"
	"time"

	"switchgram/bridge"
	"switchgram/tgcall/account"
)

// LineStatus is how a line stands. Calls can go through it while both sides are up.
type LineStatus struct {
	Line     string
	Telegram SideStatus
	SIP      SideStatus
	Calls    int // that it carries now
}

// SideStatus is one side of a line.
type SideStatus struct {
	Up    bool
	State string    // in a word or two: "up", "down", "login needed", "revoked", "in use", "registered", "not registered"; "": not yet tried
	Err   error     // why it is not up, as far as known
	Since time.Time // when that began; zero: not yet tried
}

// Lines says how every line stands, in the order of the configuration.
func (p *Program) Lines() []LineStatus {
	var all []LineStatus
	for _, l := range p.config.registry.Lines() {
		p.mu.Lock()
		registered := p.registered[l.Name]
		p.mu.Unlock()
		all = append(all, LineStatus{Line: l.Name, Telegram: p.telegram[l.Name].status(), SIP: registered, Calls: l.Calls()})
	}
	return all
}

// Calls are the calls that are running, in order of their beginning.
func (p *Program) Calls() []bridge.CallStatus { return p.bridge.Calls() }

// changed is the status after another, which may be the same.
func (s SideStatus) changed(to SideStatus) SideStatus {
	to.Since = time.Now()
	if s.State == to.State && !s.Since.IsZero() {
		to.Since = s.Since
	}
	return to
}

// tell is the Telegram side's status as its account sees it. An account that connects again is down until it is there.
func (t *telegramLine) tell(s account.State) {
	if s.Kind == account.Connecting {
		return
	}
	t.set(SideStatus{Up: s.Kind == account.Up, State: s.Kind.String(), Err: s.Err})
}

// ended is the status after the account has ended, as far as it has not told that itself.
func (t *telegramLine) ended(err error) {
	switch {
	case err == nil, errors.Is(err, account.ErrRevoked): // told
	case errors.Is(err, account.ErrLoginNeeded):
		t.set(SideStatus{State: account.LoginNeeded.String(), Err: err})
	case errors.Is(err, ErrInUse):
		t.set(SideStatus{State: "in use", Err: err})
	default:
		t.set(SideStatus{State: account.Down.String(), Err: err})
	}
}

func (t *telegramLine) set(s SideStatus) {
	t.mu.Lock()
	t.side = t.side.changed(s)
	t.mu.Unlock()
	t.p.standing(t.login.Line.Name, telegramSide, s)
}

func (t *telegramLine) status() SideStatus {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.side
}

// missed tells which calls nobody could take.
func (t *telegramLine) missed(m account.Missed) {
	t.log.Info("call missed while the line was away", "from", m.From, "when", m.At)
	t.p.sink.Publish(missedAway(t.login.Line, m))
}
