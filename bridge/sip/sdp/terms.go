package sdp

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// fsEvents is the payload type on which FreeSWITCH hears digits whenever it was the one who offered, whatever the answer says.
const fsEvents = 101

// Terms is what an offer and its answer agreed on.
type Terms struct {
	Format    Format
	Payloads  []Payload // all that the answer allows, the one to send first
	Events    []Payload // telephone-events that may come
	Direction Direction // ours
	Addr      netip.AddrPort
	RTCP      netip.AddrPort
	Mux       bool
	Ours      *Keying // what we encrypt with; nil: plain RTP
	Theirs    *Keying
}

// Keyings is what we describe once terms stand.
func (t Terms) Keyings() []*Keying {
	if t.Ours == nil {
		return nil
	}
	return []*Keying{t.Ours}
}

// Accept makes terms of a far end's offer: the first codec of our preference that it has.
func (d *Description) Accept(prefer []Codec, want Direction) (Terms, error) {
	for _, c := range prefer {
		for _, p := range d.Payloads {
			if p.Codec == c {
				t := d.terms([]Payload{p}, d.offeredEvents(p))
				t.Direction, t.Mux = d.Direction.Reverse()&want, d.Mux
				if len(d.Keyings) > 0 { // the first that we know (RFC 4568 §5.1.2)
					t.Theirs = d.Keyings[0]
				}
				return t, nil
			}
		}
	}
	return Terms{}, d.noCodec(prefer)
}

// Accepted makes terms of a far end's answer to our offer of these codecs. Its first codec is what we send.
func (d *Description) Accepted(offered []Codec, ours Local, want Direction) (Terms, error) {
	var allowed []Payload
	for _, p := range d.Payloads {
		if slices.Contains(offered, p.Codec) {
			allowed = append(allowed, p)
		}
	}
	if len(allowed) == 0 {
		return Terms{}, d.noCodec(offered)
	}
	t := d.terms(allowed, matching(d.Events, allowed[0]))
	t.Direction, t.Mux = d.Direction.Reverse()&want, d.Mux && ours.Mux
	return t, t.choose(d, ours.Keyings)
}

// choose finds the key of ours that an answer has chosen (RFC 4568 §5.1.3).
func (t *Terms) choose(d *Description, offered []*Keying) error {
	if len(offered) == 0 {
		return nil
	}
	for _, k := range d.Keyings {
		for _, ours := range offered {
			if k.Tag == ours.Tag && k.suite == ours.suite {
				t.Ours, t.Theirs = ours, k
				return nil
			}
		}
	}
	return fmt.Errorf("sdp line %.120q: none of the offered a=crypto", d.lines[d.audio])
}

func (d *Description) noCodec(ours []Codec) error {
	return fmt.Errorf("sdp line %.120q: no codec of ours, want one of %v", d.lines[d.audio], ours)
}

func (d *Description) terms(payloads, events []Payload) Terms {
	p := payloads[0]
	t := Terms{Payloads: payloads, Events: events, Addr: d.Addr, RTCP: d.RTCP}
	t.Format = Format{Codec: p.Codec, ClockRate: p.Clock, Channels: specs[p.Codec].channels, PayloadType: p.Type, PTime: d.packetTime()}
	if len(events) > 0 {
		t.Format.DTMFPayloadType, t.Format.DTMFClockRate = events[0].Type, events[0].Clock
	}
	return t
}

// offeredEvents puts first the telephone-event to send on when the far end has offered: FreeSWITCH's 101, or the codec's clock.
func (d *Description) offeredEvents(p Payload) []Payload {
	events := matching(d.Events, p)
	slices.SortStableFunc(events, func(a, b Payload) int { return rank(b.Type == fsEvents) - rank(a.Type == fsEvents) })
	return events
}

// matching puts first the telephone-events of the codec's clock (RFC 4733 §2.1).
func matching(events []Payload, p Payload) []Payload {
	events = slices.Clone(events)
	slices.SortStableFunc(events, func(a, b Payload) int { return rank(b.Clock == p.Clock) - rank(a.Clock == p.Clock) })
	return events
}

func rank(b bool) int {
	if b {
		return 1
	}
	return 0
}

// packetTime is what the far end wants to get, within what everybody can: 10 to 60 ms in steps of 10.
func (d *Description) packetTime() time.Duration {
	const step = 10 * time.Millisecond
	t := d.ptime
	if t == 0 {
		t = 2 * step
	}
	if d.maxPTime > 0 {
		t = min(t, d.maxPTime)
	}
	return min(max(t/step*step, step), 6*step)
}
