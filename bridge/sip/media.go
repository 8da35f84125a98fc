package sip

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"slices"

	"switchgram/bridge/sip/sdp"
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
	d.sdp = sdp.Local{Addr: netip.AddrPortFrom(ours, at.Port()), Session: uint64(rand.Uint32()), Version: uint64(rand.Uint32())}
}

// UseSRTP chooses whether the sound of an incoming call is encrypted. The error is what is wrong with the far end's offer then; whoever gets it
// refuses the call. No effect after EarlyMedia or Answer.
func (d *Dialog) UseSRTP(how sdp.SRTP) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.agreed != nil {
		return nil
	}
	if d.offered != nil {
		offer, err := sdp.Parse(d.invite.Body(), how)
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
	if t := d.sound.agreed.Load(); t != nil && t.Theirs != nil {
		return t.Theirs.Suite()
	}
	return ""
}

// codecs in the order in which an offer is answered: the present one, then the others.
func (d *Dialog) codecs() (order []sdp.Codec) {
	if d.agreed != nil {
		order = append(order, d.agreed.Format.Codec)
	}
	for _, c := range d.offers {
		if !slices.Contains(order, c) {
			order = append(order, c)
		}
	}
	return order
}

// want is the direction that we would like.
func (d *Dialog) want() sdp.Direction {
	if d.holding {
		return sdp.SendOnly
	}
	return sdp.SendRecv
}

// ourOffer is what we offer: everything, or once terms stand the same again.
func (d *Dialog) ourOffer(dir sdp.Direction) []byte {
	d.sdp.Version++
	d.sdp.NoEvents = !d.dtmf.events()
	if d.agreed != nil {
		return d.sdp.Again(d.agreed.Terms, dir)
	}
	if d.srtp == sdp.RequireSRTP && d.sdp.Keyings == nil {
		d.sdp.Keyings = sdp.NewKeyings()
	}
	d.sdp.Mux = true
	return d.sdp.Offer(d.codecs())
}

// ourAnswer answers a far end's offer and puts the terms in force. On an error nothing has changed.
func (d *Dialog) ourAnswer(offer *sdp.Description) (body []byte, changes []Event, err error) {
	t, err := offer.Accept(d.codecs(), d.want())
	if err != nil {
		return nil, nil, err
	}
	t.Ours = d.ownKeying(t.Theirs)
	ready, err := d.prepare(t)
	if err != nil {
		return nil, nil, err
	}
	d.sdp.Version++
	d.sdp.Mux, d.sdp.NoEvents, d.sdp.Keyings = t.Mux, !d.dtmf.events(), t.Keyings()
	body = d.sdp.Answer(offer, t)
	return body, d.settle(offer, ready), nil
}

// takeAnswer puts the far end's answer to our offer in force.
func (d *Dialog) takeAnswer(body []byte) (changes []Event, err error) {
	answer, err := sdp.Parse(body, d.srtp)
	if err != nil {
		return nil, err
	}
	t, err := answer.Accepted(d.codecs(), d.sdp, d.want())
	if err != nil {
		return nil, err
	}
	ready, err := d.prepare(t)
	if err != nil {
		return nil, err
	}
	return d.settle(answer, ready), nil
}

// ownKeying is our key for a far end's: another for each of its own, so that nobody who takes a call over knows the keys from before.
func (d *Dialog) ownKeying(theirs *sdp.Keying) *sdp.Keying {
	switch {
	case theirs == nil:
		return nil
	case d.agreed != nil && d.agreed.Theirs.Same(theirs):
		ours := *d.agreed.Ours
		ours.Tag = theirs.Tag
		return &ours
	default:
		return theirs.Reply()
	}
}

// prepare makes what the keys of terms are used with, or says why they cannot be put in force. A key that stays keeps its counts of packets.
func (d *Dialog) prepare(agreed sdp.Terms) (t terms, err error) {
	t.Terms = agreed
	if err := d.reaches(t.Addr); err != nil {
		return t, err
	}
	if d.agreed != nil && d.agreed.Theirs.Same(t.Theirs) {
		t.in = d.agreed.in
	} else if t.in, err = newCrypt(t.Theirs); err != nil {
		return t, err
	}
	if d.agreed != nil && d.agreed.Ours.Same(t.Ours) {
		t.out = d.agreed.out
	} else if t.out, err = newCrypt(t.Ours); err != nil {
		return t, err
	}
	return t, nil
}

// settle puts terms in force and returns the events that tell of them.
func (d *Dialog) settle(theirs *sdp.Description, t terms) (changes []Event) {
	if d.sound.agree(t) {
		changes = append(changes, FormatChanged{})
	}
	d.agreed, d.sdp.Mux, d.sdp.Keyings = &t, t.Mux, t.Keyings()
	if held := !theirs.Direction.Receives(); held != d.held {
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
