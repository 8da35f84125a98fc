// Package negotiation agrees with a Telegram peer on the audio of a call. There is no SDP: each side offers the channels it
// will send, the other answers with those it accepts, and the two directions know nothing of each other.
//
// The main type is Negotiation. It is pure state: messages go in, messages come out, and one goroutine at a time may use it. It
// keeps to the letter of what Telegram's own engine does (ContentNegotiation in its source), because that engine takes every
// message it did not wait for as an offer: an answer too many silences a direction for the rest of the call.
package negotiation

import (
	"math/rand/v2"

	"switchgram/tgcall/signal"
)

// maxOffers bounds what a peer that provokes conflicts without end makes us remember and send.
const maxOffers = 32

// Negotiation is the offer and answer state of one call.
type Negotiation struct {
	caller    bool
	unordered bool
	ssrc      signal.ID
	newID     func() signal.ID

	offered map[signal.ID]bool // every id we ever offered under
	pending signal.ID          // our unanswered offer
	waiting bool               // pending means something
	kept    *signal.NegotiateChannels
}

// New begins a negotiation in which our audio has the given SSRC. Where unordered signalling carries the messages, the callee's
// offer may overtake its answer.
func New(caller, unordered bool, ssrc uint32) *Negotiation {
	return &Negotiation{
		caller: caller, unordered: unordered, ssrc: signal.ID(ssrc),
		newID:   func() signal.ID { return signal.ID(rand.Uint32()) },
		offered: map[signal.ID]bool{},
	}
}

// Result is what follows from a message: what to send, in this order, and what changed.
type Result struct {
	Send     []signal.NegotiateChannels
	Incoming *Audio // what the peer sends from now on; SSRC 0: nothing we understand
	Outgoing *Audio // our audio as the peer accepted it; SSRC 0: refused
	Note     string // why nothing happened
}

// Offered reports whether we made an offer yet.
func (n *Negotiation) Offered() bool { return len(n.offered) > 0 }

// Offer makes the next offer of our audio. Offer once, and again only when Receive says so.
func (n *Negotiation) Offer() signal.NegotiateChannels {
	n.pending, n.waiting = n.newID(), true
	n.offered[n.pending] = true
	return signal.NegotiateChannels{ExchangeID: n.pending, Contents: []signal.Content{ourAudio(n.ssrc)}}
}

// Receive takes an offer or answer of the peer. An answer repeats the id of our pending offer; everything else is an offer,
// unless it has the id of an offer of ours that is over.
func (n *Negotiation) Receive(m signal.NegotiateChannels) Result {
	switch {
	case n.waiting && m.ExchangeID == n.pending:
		return n.answered(m)
	case n.offered[m.ExchangeID]:
		return Result{Note: "stale answer dropped"}
	case n.waiting && n.caller:
		return n.conflict(m)
	default:
		return n.answer(m)
	}
}

// conflict: both sides offered. The caller wins and ignores the callee's offer. On unordered signalling it may be no conflict at
// all but an offer that overtook the answer before it, so it waits for that answer.
func (n *Negotiation) conflict(m signal.NegotiateChannels) Result {
	if !n.unordered {
		return Result{Note: "conflicting offer ignored"}
	}
	n.kept = &m
	return Result{Note: "offer kept until ours is answered"}
}

func (n *Negotiation) answered(m signal.NegotiateChannels) Result {
	n.waiting = false
	var r Result
	if kept := n.kept; kept != nil {
		n.kept = nil
		r = n.answer(*kept)
	}
	r.Outgoing = &Audio{}
	if c := accepted(m.Contents, n.ssrc); c != nil {
		*r.Outgoing = audioOf(*c, uint32(n.ssrc))
	}
	return r
}

// answer answers an offer. The callee's own offer follows the first answer, and any answer that made it forget its pending one.
func (n *Negotiation) answer(m signal.NegotiateChannels) Result {
	offer := !n.caller && (n.waiting || !n.Offered()) && len(n.offered) < maxOffers
	n.waiting = false
	a := signal.NegotiateChannels{ExchangeID: m.ExchangeID}
	incoming := &Audio{}
	for _, c := range m.Contents {
		if c, ok := accept(c); ok {
			a.Contents = []signal.Content{c}
			*incoming = audioOf(c, uint32(c.SSRC))
			break
		}
	}
	r := Result{Send: []signal.NegotiateChannels{a}, Incoming: incoming}
	if offer {
		r.Send = append(r.Send, n.Offer())
	}
	return r
}
