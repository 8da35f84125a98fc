package bridge

import (
	"context"
	"slices"
	"time"
)

// CallStatus is how a call stands, for people who look at it. It belongs to whoever gets it.
type CallStatus struct {
	ID      CallID      `json:"id"`
	Line    string      `json:"line,omitempty"`
	From    Address     `json:"from"`
	To      Address     `json:"to"`
	State   CallState   `json:"state"`
	Since   time.Time   `json:"since"` // of the state
	Started time.Time   `json:"started"`
	Legs    []LegStatus `json:"legs"` // that have not ended: the caller, if it is there, first
}

// LegStatus is how one leg of a call stands.
type LegStatus struct {
	ID      LegID    `json:"id,omitempty"` // empty: being dialled
	Address Address  `json:"address"`
	Party   Party    `json:"-"`
	User    string   `json:"user,omitempty"` // of ours, whose telephone that is
	Role    Role     `json:"role"`
	Joined  bool     `json:"joined,omitempty"` // neither the caller nor called
	State   LegState `json:"state"`
	Held    bool     `json:"held,omitempty"`  // it holds the others
	Muted   bool     `json:"muted,omitempty"` // it has muted itself

	Silenced bool    `json:"silenced,omitempty"`  // what it says is kept from the others: see Bridge.Silence
	Deaf     bool    `json:"deaf,omitempty"`      // what they say is kept from it
	Volume   float64 `json:"volume_db,omitempty"` // 0: as it speaks
	Codec    string  `json:"codec,omitempty"`     // and its rate in Hz, "opus@48000"
	Loudness int     `json:"loudness,omitempty"`  // how loud it speaks, from 5 to 100 in steps of 5 dB; 0: it does not, or while sound is relayed nobody knows

	MOS float64 `json:"mos,omitempty"` // of the direction that sounds worse, so far and some seconds old; 0: not known
}

// CallState names where a call stands.
type CallState string

// The states of a call.
const (
	CallWaiting    CallState = "waiting" // nobody is being called: its controller has it
	CallDialling   CallState = "dialling"
	CallIsRinging  CallState = "ringing"
	CallConnecting CallState = "connecting" // a person took the call; media does not run yet
	CallTalking    CallState = "talking"
	CallEnding     CallState = "ending"
)

// LegState names where a leg stands.
type LegState string

// The states of a leg.
const (
	LegCalling    LegState = "calling" // it calls us, or we call it
	LegRinging    LegState = "ringing"
	LegConnecting LegState = "connecting" // a person took the call; media does not run yet
	LegUp         LegState = "up"
	LegEnding     LegState = "ending"
)

// Calls are those that are running, in order of their beginning. May be asked as often as one likes: no call is held up.
func (b *Bridge) Calls() []CallStatus {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make([]CallStatus, 0, len(b.calls))
	for _, c := range b.calls {
		st := *c.status.Load()
		st.Legs = slices.Clone(st.Legs)
		all = append(all, st)
	}
	slices.SortFunc(all, func(a, b CallStatus) int { return a.Started.Compare(b.Started) })
	return all
}

// Hangup ends a call for the cause. It returns at once; everything of the call is over when its Handle returns. ErrNoCall.
func (b *Bridge) Hangup(ctx context.Context, id CallID, cause Cause) error {
	c := b.find(id)
	if c == nil {
		return ErrNoCall
	}
	return c.Hangup(ctx, cause)
}

// find returns a running call; nil: there is none of that name.
func (b *Bridge) find(id CallID) *Call {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.calls[id]
}

// holder returns the call that has a leg; nil: none has.
func (b *Bridge) holder(leg LegID) *Call {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.calls {
		if slices.ContainsFunc(c.status.Load().Legs, func(l LegStatus) bool { return l.ID == leg && leg != "" }) {
			return c
		}
	}
	return nil
}

// userOf is who of our users has a leg of the call; empty: nobody.
func (c *Call) userOf(leg LegID) string {
	for _, l := range c.status.Load().Legs {
		if l.ID == leg {
			return l.User
		}
	}
	return ""
}

// show lets others see how the call stands.
func (o *owner) show() {
	st := CallStatus{
		ID: o.call.id, Line: o.call.line, From: o.call.from, To: o.call.to,
		State: o.state.name(), Since: time.Now(), Started: o.outcome.Times.Started,
	}
	if was := o.call.status.Load(); was != nil && was.State == st.State {
		st.Since = was.Since
	}
	for leg, p := range o.parties {
		l := o.state.legs[leg]
		if l.at == legEnded || l.at == legMoving {
			continue
		}
		st.Legs = append(st.Legs, LegStatus{
			ID: p.outcome.ID, Address: p.address, Party: p.outcome.Party, User: userOf(p.leg), Role: l.role, Joined: l.joined,
			State: l.name(), Held: p.gauge.held, Muted: p.gauge.muted, MOS: p.opinion,
			Silenced: l.manner.silenced, Deaf: l.manner.deaf, Volume: l.manner.volume, Codec: p.codec, Loudness: p.loudness,
		})
	}
	o.call.status.Store(&st)
}

// name is the phase as people see it.
func (s state) name() CallState {
	switch s.phase {
	case reaching, trying:
		if slices.ContainsFunc(s.legs, func(l legState) bool { return l.at == legRinging }) {
			return CallIsRinging
		}
		return CallDialling
	case taking, answering:
		return CallConnecting
	case talking:
		return CallTalking
	case ending, over:
		return CallEnding
	}
	m := machine{state: s}
	if m.company() {
		return CallTalking
	}
	return CallWaiting
}

func (l legState) name() LegState {
	switch l.at {
	case legRinging:
		return LegRinging
	case legTaken, legAnswering:
		return LegConnecting
	case legUp:
		return LegUp
	case legHanging, legMoving, legEnded:
		return LegEnding
	default:
		return LegCalling
	}
}
