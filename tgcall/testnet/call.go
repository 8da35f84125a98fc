package testnet

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/gotd/td/tg"
)

// callState is how far a call has come, https://core.telegram.org/api/end-to-end/voice-calls
type callState int

const (
	callRequested callState = iota // the callee's devices have been told
	callReceived                   // one of them rings
	callAccepted                   // one of them has answered
	callActive                     // the caller has confirmed: both have the key
	callOver
)

// side is one of the two people in a call.
type side struct {
	user   *User
	access int64   // the call's access hash, as this side knows it
	device *device // the caller's; the callee's once one has answered
	offer  tg.PhoneCallProtocol
}

// call is one call. The network's lock guards it.
type call struct {
	n              *Network
	id             int64
	random         int // random_id of the request
	video          bool
	state          callState
	caller, callee side
	versions       []string // what both speak; empty until accepted

	requested, received, started, ended time.Time

	gaHash, ga, gb []byte
	fingerprint    int64
	turnUser       string
	turnPassword   string
	peerTag        [16]byte // of the caller, at the reflector

	reason   tg.PhoneCallDiscardReasonClass // nil: none
	duration int
}

// callTable has the live calls, and some that are over: late requests for those are refused by the right name.
type callTable struct {
	byID map[int64]*call
	over []*call    // oldest first
	dice *rand.Rand // decides what happens to signalling
}

// maxOver ended calls are remembered.
const maxOver = 256

func newCallTable(seed uint64) callTable {
	return callTable{byID: map[int64]*call{}, dice: rand.New(rand.NewPCG(seed, seed))}
}

func (t *callTable) bury(c *call) {
	t.over = append(t.over, c)
	if len(t.over) > maxOver {
		delete(t.byID, t.over[0].id)
		t.over = slices.Delete(t.over, 0, 1)
	}
}

// protocol is what side s is told: its own flags, with the versions that both have once that is known.
func (c *call) protocol(s *side) tg.PhoneCallProtocol {
	p := s.offer
	if len(c.versions) > 0 {
		p.LibraryVersions = slices.Clone(c.versions)
	}
	return p
}

func (c *call) other(s *side) *side {
	if s == &c.caller {
		return &c.callee
	}
	return &c.caller
}

// waiting is the call as s sees it before the key is there. A receive date means that it rings.
func (c *call) waiting(s *side) *tg.PhoneCallWaiting {
	w := &tg.PhoneCallWaiting{Video: c.video, ID: c.id, AccessHash: s.access, Date: unix(c.requested),
		AdminID: c.caller.user.o.ID, ParticipantID: c.callee.user.o.ID, Protocol: c.protocol(s)}
	if !c.received.IsZero() {
		w.SetReceiveDate(unix(c.received))
	}
	return w
}

// asked is the call as a device of the callee first sees it.
func (c *call) asked() *tg.PhoneCallRequested {
	return &tg.PhoneCallRequested{Video: c.video, ID: c.id, AccessHash: c.callee.access, Date: unix(c.requested),
		AdminID: c.caller.user.o.ID, ParticipantID: c.callee.user.o.ID, GAHash: c.gaHash, Protocol: c.protocol(&c.caller)}
}

// accepted is the call as the caller sees it once it was answered.
func (c *call) accepted() *tg.PhoneCallAccepted {
	return &tg.PhoneCallAccepted{Video: c.video, ID: c.id, AccessHash: c.caller.access, Date: unix(c.requested),
		AdminID: c.caller.user.o.ID, ParticipantID: c.callee.user.o.ID, GB: c.gb, Protocol: c.protocol(&c.callee)}
}

// active is the call as s sees it once both can have the key: s gets the other's half of it.
func (c *call) active(s *side) *tg.PhoneCall {
	half := c.gb
	if s == &c.callee {
		half = c.ga
	}
	p := &tg.PhoneCall{P2PAllowed: c.p2p(), Video: c.video, ID: c.id, AccessHash: s.access, Date: unix(c.requested),
		AdminID: c.caller.user.o.ID, ParticipantID: c.callee.user.o.ID, GAOrB: half, KeyFingerprint: c.fingerprint,
		Protocol: c.protocol(s), StartDate: unix(c.started),
		Connections: append(c.n.relay.connection(c.turnUser, c.turnPassword), c.reflectors(s)...)}
	if c.n.o.CustomParameters != "" {
		p.SetCustomParameters(tg.DataJSON{Data: c.n.o.CustomParameters})
	}
	return p
}

func (c *call) p2p() bool {
	if c.n.o.P2P != nil {
		return *c.n.o.P2P
	}
	caller, callee := c.caller.user, c.callee.user
	return caller.allows(tg.InputPrivacyKeyPhoneP2PTypeID, callee) && callee.allows(tg.InputPrivacyKeyPhoneP2PTypeID, caller)
}

func (c *call) discarded() *tg.PhoneCallDiscarded {
	d := &tg.PhoneCallDiscarded{Video: c.video, ID: c.id, NeedRating: c.n.o.WantsReport, NeedDebug: c.n.o.WantsReport}
	if c.reason != nil {
		d.SetReason(c.reason)
	}
	if !c.started.IsZero() {
		d.SetDuration(c.duration)
	}
	return d
}

// now is the call as a device of s sees it at the moment; nil: it does not concern that device.
func (c *call) now(s *side, d *device) tg.PhoneCallClass {
	taken := s.device != nil && s.device != d
	switch {
	case c.state == callOver, taken:
		return c.discarded()
	case c.state == callActive:
		return c.active(s)
	case s == &c.callee && c.state == callAccepted:
		return c.waiting(s)
	case s == &c.callee:
		return c.asked()
	case c.state == callAccepted:
		return c.accepted()
	default:
		return c.waiting(s)
	}
}

// action is the service message that a call leaves in both chats.
func (c *call) action() tg.MessageActionClass {
	a := &tg.MessageActionPhoneCall{Video: c.video, CallID: c.id}
	if c.reason != nil {
		a.SetReason(c.reason)
	}
	if !c.started.IsZero() {
		a.SetDuration(c.duration)
	}
	return a
}
