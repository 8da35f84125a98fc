package sip

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"slices"
)

// Offers and answers of a dialog (RFC 3264). All of these hold the dialog's lock unless they say otherwise.

// describeAs sets what our descriptions have in common. ours is our address towards the far end.
func (d *Dialog) describeAs(ours netip.Addr) {
	at, advertised := d.sound.port.addr(), d.a.o.Advertise
	switch {
	case advertised.IsValid() && advertised.Is4() == at.Addr().Is4():
		ours = advertised
	case !at.Addr().IsUnspecified():
		ours = at.Addr()
	}
	d.sdp = local{addr: netip.AddrPortFrom(ours, at.Port()), session: uint64(rand.Uint32()), version: uint64(rand.Uint32())}
}

// UseSRTP chooses whether the sound of an incoming call is encrypted. The error is what is wrong with the far end's offer then; whoever gets it
// refuses the call. No effect after EarlyMedia or Answer.
func (d *Dialog) UseSRTP(how SRTP) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.agreed != nil {
		return nil
	}
	if d.offered != nil {
		offer, err := parseSDP(d.invite.Body(), how)
		if err != nil {
			return err
		}
		d.offered = offer
	}
	d.srtp = how
	return nil
}

// SRTP is the crypto-suite that the sound is encrypted with; empty: it is not, or nothing is agreed yet.
func (d *Dialog) SRTP() string {
	if t := d.sound.agreed.Load(); t != nil && t.theirs != nil {
		return t.theirs.suite.name
	}
	return ""
}

// codecs in the order in which an offer is answered: the present one, then the preferred, then the others.
func (d *Dialog) codecs() (order []Codec) {
	if d.agreed != nil {
		order = append(order, d.agreed.format.Codec)
	}
	for _, c := range slices.Concat(d.prefer, d.offers) {
		if !slices.Contains(order, c) && slices.Contains(d.offers, c) {
			order = append(order, c)
		}
	}
	return order
}

// want is the direction that we would like.
func (d *Dialog) want() direction {
	if d.holding {
		return sendonly
	}
	return sendrecv
}

// ourOffer is what we offer: everything, or once terms stand the same again.
func (d *Dialog) ourOffer(dir direction) []byte {
	d.sdp.version++
	d.sdp.noEvents = !d.dtmf.events()
	if d.agreed != nil {
		return d.sdp.again(*d.agreed, dir)
	}
	if d.srtp == RequireSRTP && d.sdp.keyings == nil {
		d.sdp.keyings = newKeyings()
	}
	d.sdp.mux = true
	return d.sdp.offer(d.codecs())
}

// ourAnswer answers a far end's offer and puts the terms in force. On an error nothing has changed.
func (d *Dialog) ourAnswer(offer *description) (body []byte, changes []Event, err error) {
	t, err := offer.accept(d.codecs(), d.want())
	if err != nil {
		return nil, nil, err
	}
	t.ours = d.ownKeying(t.theirs)
	if err := d.prepare(&t); err != nil {
		return nil, nil, err
	}
	d.sdp.version++
	d.sdp.mux, d.sdp.noEvents, d.sdp.keyings = t.mux, !d.dtmf.events(), t.keyings()
	body = d.sdp.answer(offer, t)
	return body, d.settle(offer, t), nil
}

// takeAnswer puts the far end's answer to our offer in force.
func (d *Dialog) takeAnswer(body []byte) (changes []Event, err error) {
	answer, err := parseSDP(body, d.srtp)
	if err != nil {
		return nil, err
	}
	t, err := answer.accepted(d.codecs(), d.sdp, d.want())
	if err != nil {
		return nil, err
	}
	if err := d.prepare(&t); err != nil {
		return nil, err
	}
	return d.settle(answer, t), nil
}

// ownKeying is our key for a far end's: another for each of its own, so that nobody who takes a call over knows the keys from before.
func (d *Dialog) ownKeying(theirs *keying) *keying {
	switch {
	case theirs == nil:
		return nil
	case d.agreed != nil && d.agreed.theirs.same(theirs):
		ours := *d.agreed.ours
		ours.tag = theirs.tag
		return &ours
	default:
		return newKeying(theirs.tag, theirs.suite)
	}
}

// prepare makes what the keys of terms are used with, or says why they cannot be put in force. A key that stays keeps its counts of packets.
func (d *Dialog) prepare(t *terms) (err error) {
	if err := d.reaches(t.addr); err != nil {
		return err
	}
	if d.agreed != nil && d.agreed.theirs.same(t.theirs) {
		t.in = d.agreed.in
	} else if t.in, err = newCrypt(t.theirs); err != nil {
		return err
	}
	if d.agreed != nil && d.agreed.ours.same(t.ours) {
		t.out = d.agreed.out
	} else if t.out, err = newCrypt(t.ours); err != nil {
		return err
	}
	return nil
}

// keyings is what we describe once terms stand.
func (t *terms) keyings() []*keying {
	if t.ours == nil {
		return nil
	}
	return []*keying{t.ours}
}

// settle puts terms in force and returns the events that tell of them.
func (d *Dialog) settle(theirs *description, t terms) (changes []Event) {
	if d.sound.agree(t) {
		changes = append(changes, FormatChanged{})
	}
	d.agreed, d.sdp.mux, d.sdp.keyings = &t, t.mux, t.keyings()
	if held := !theirs.direction.receives(); held != d.held {
		d.held = held
		changes = append(changes, Held{On: held})
	}
	return changes
}

// takeEarly takes the SDP of a provisional response to our INVITE; it may come several times.
func (d *Dialog) takeEarly(body []byte) (changes []Event, err error) {
	if len(body) == 0 || bytes.Equal(body, d.early) {
		return nil, nil
	}
	first := d.early == nil
	changes, err = d.takeAnswer(body)
	if err != nil {
		return nil, err
	}
	d.early = bytes.Clone(body)
	if first {
		changes = append(changes, EarlyMedia{})
	}
	return changes, nil
}

// tell emits events; the lock must not be held.
func (d *Dialog) tell(events []Event) {
	for _, e := range events {
		d.emit(e)
	}
}
