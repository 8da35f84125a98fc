package sip

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/pion/sdp/v3"
)

// fsEvents is the payload type on which FreeSWITCH hears digits whenever it was the one who offered, whatever the answer says.
const fsEvents = 101

// terms is what an offer and its answer agreed on.
type terms struct {
	format    Format
	payloads  []payload // all that the answer allows, the one to send first
	events    []payload // telephone-events that may come
	direction direction // ours
	addr      netip.AddrPort
	rtcp      netip.AddrPort
	mux       bool
	ours      *keying // what we encrypt with; nil: plain RTP
	theirs    *keying
	in, out   *crypt    // of these
	since     time.Time // in force
}

// local is what our side of a description says.
type local struct {
	addr     netip.AddrPort // of our RTP
	session  uint64         // of o=, for the dialog's life
	version  uint64         // of o=, one more with each change
	mux      bool
	noEvents bool      // telephone-events are not described
	keyings  []*keying // offered, or the one agreed on; none: plain RTP
}

// accept makes terms of a far end's offer: the first codec of our preference that it has.
func (d *description) accept(prefer []Codec, want direction) (terms, error) {
	for _, c := range prefer {
		for _, p := range d.payloads {
			if p.codec == c {
				t := d.terms([]payload{p}, d.offeredEvents(p))
				t.direction, t.mux = d.direction.reverse()&want, d.mux
				if len(d.keyings) > 0 { // the first that we know (RFC 4568 §5.1.2)
					t.theirs = d.keyings[0]
				}
				return t, nil
			}
		}
	}
	return terms{}, d.noCodec(prefer)
}

// accepted makes terms of a far end's answer to our offer of these codecs. Its first codec is what we send.
func (d *description) accepted(offered []Codec, ours local, want direction) (terms, error) {
	var allowed []payload
	for _, p := range d.payloads {
		if slices.Contains(offered, p.codec) {
			allowed = append(allowed, p)
		}
	}
	if len(allowed) == 0 {
		return terms{}, d.noCodec(offered)
	}
	t := d.terms(allowed, matching(d.events, allowed[0]))
	t.direction, t.mux = d.direction.reverse()&want, d.mux && ours.mux
	return t, t.choose(d, ours.keyings)
}

// choose finds the key of ours that an answer has chosen (RFC 4568 §5.1.3).
func (t *terms) choose(d *description, offered []*keying) error {
	if len(offered) == 0 {
		return nil
	}
	for _, k := range d.keyings {
		for _, ours := range offered {
			if k.tag == ours.tag && k.suite == ours.suite {
				t.ours, t.theirs = ours, k
				return nil
			}
		}
	}
	return fmt.Errorf("sdp line %q: none of the offered a=crypto", d.lines[d.audio])
}

func (d *description) noCodec(ours []Codec) error {
	return fmt.Errorf("sdp line %q: no codec of ours, want one of %v", d.lines[d.audio], ours)
}

func (d *description) terms(payloads, events []payload) terms {
	p := payloads[0]
	t := terms{payloads: payloads, events: events, addr: d.addr, rtcp: d.rtcp}
	t.format = Format{Codec: p.codec, ClockRate: p.clock, Channels: specs[p.codec].channels, PayloadType: p.pt, PTime: d.packetTime()}
	if len(events) > 0 {
		t.format.DTMFPayloadType, t.format.DTMFClockRate = events[0].pt, events[0].clock
	}
	return t
}

// offeredEvents puts first the telephone-event to send on when the far end has offered: FreeSWITCH's 101, or the codec's clock.
func (d *description) offeredEvents(p payload) []payload {
	events := matching(d.events, p)
	slices.SortStableFunc(events, func(a, b payload) int { return rank(b.pt == fsEvents) - rank(a.pt == fsEvents) })
	return events
}

// matching puts first the telephone-events of the codec's clock (RFC 4733 §2.1).
func matching(events []payload, p payload) []payload {
	events = slices.Clone(events)
	slices.SortStableFunc(events, func(a, b payload) int { return rank(b.clock == p.clock) - rank(a.clock == p.clock) })
	return events
}

func rank(b bool) int {
	if b {
		return 1
	}
	return 0
}

// packetTime is what the far end wants to get, within what everybody can: 10 to 60 ms in steps of 10.
func (d *description) packetTime() time.Duration {
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

// offer describes our side before the far end has said anything.
func (l local) offer(codecs []Codec) []byte {
	var payloads []payload
	for _, c := range codecs {
		s := specs[c]
		payloads = append(payloads, payload{pt: s.offerPT, codec: c, clock: s.clock, fmtp: s.fmtp})
	}
	return l.describe(payloads, offerEvents(codecs), sendrecv, 0)
}

// offerEvents are telephone-events as FreeSWITCH offers them: 101 has the clock of the telephone codecs, or Opus's where it is alone.
func offerEvents(codecs []Codec) []payload {
	opus, other := slices.Contains(codecs, Opus), len(codecs) > 1 || !slices.Contains(codecs, Opus)
	switch {
	case opus && other:
		return []payload{{pt: 103, clock: 48000}, {pt: fsEvents, clock: 8000}}
	case opus:
		return []payload{{pt: fsEvents, clock: 48000}}
	default:
		return []payload{{pt: fsEvents, clock: 8000}}
	}
}

// again describes our side once terms stand: the same codec under the same number (RFC 3264 §8.3.2).
func (l local) again(t terms, dir direction) []byte {
	return l.describe(own(t.payloads[:1]), t.events, dir, t.format.PTime)
}

// answer describes our side for the far end's offer, every line of which must be answered (RFC 3264 §6).
func (l local) answer(d *description, t terms) []byte {
	s := l.header()
	for i, m := range d.lines {
		if i == d.audio {
			audio := l.audio(own(t.payloads[:1]), first(t.events), t.direction, t.format.PTime)
			audio.MediaName.Protos = []string{m.proto}
			s.MediaDescriptions = append(s.MediaDescriptions, audio)
			continue
		}
		s.MediaDescriptions = append(s.MediaDescriptions, &sdp.MediaDescription{MediaName: sdp.MediaName{
			Media: or(m.media, "audio"), Protos: []string{or(m.proto, "RTP/AVP")}, Formats: first(m.formats)}})
	}
	return marshal(s)
}

// own replaces the far end's parameters by ours.
func own(payloads []payload) []payload {
	out := slices.Clone(payloads)
	for i, p := range out {
		out[i].fmtp = specs[p.codec].fmtp
	}
	return out
}

func first[T any](s []T) []T { return s[:min(1, len(s))] }

func (l local) describe(payloads, events []payload, dir direction, ptime time.Duration) []byte {
	s := l.header()
	s.MediaDescriptions = []*sdp.MediaDescription{l.audio(payloads, events, dir, ptime)}
	return marshal(s)
}

func (l local) header() *sdp.SessionDescription {
	kind := "IP4"
	if l.addr.Addr().Is6() {
		kind = "IP6"
	}
	address := l.addr.Addr().String()
	return &sdp.SessionDescription{
		Origin: sdp.Origin{Username: "-", SessionID: l.session, SessionVersion: l.version, NetworkType: "IN", AddressType: kind,
			UnicastAddress: address},
		SessionName:           "switchgram",
		ConnectionInformation: &sdp.ConnectionInformation{NetworkType: "IN", AddressType: kind, Address: &sdp.Address{Address: address}},
		TimeDescriptions:      []sdp.TimeDescription{{}},
	}
}

func (l local) audio(payloads, events []payload, dir direction, ptime time.Duration) *sdp.MediaDescription {
	m := &sdp.MediaDescription{MediaName: sdp.MediaName{Media: "audio", Port: sdp.RangedPort{Value: int(l.addr.Port())},
		Protos: []string{"RTP/AVP"}}}
	for _, k := range l.keyings {
		m.MediaName.Protos = []string{"RTP/SAVP"}
		m.WithValueAttribute("crypto", k.line())
	}
	for _, p := range payloads {
		s := specs[p.codec]
		encoding := fmt.Sprintf("%d %s/%d", p.pt, s.name, s.clock)
		if s.channels > 1 {
			encoding += "/" + strconv.Itoa(s.channels)
		}
		addPayload(m, p, encoding)
	}
	if l.noEvents {
		events = nil
	}
	for _, p := range events {
		p.fmtp = "0-15"
		addPayload(m, p, fmt.Sprintf("%d telephone-event/%d", p.pt, p.clock))
	}
	if ptime == 0 {
		ptime = 20 * time.Millisecond
	}
	m.WithValueAttribute("ptime", strconv.Itoa(int(ptime/time.Millisecond)))
	if l.mux {
		m.WithPropertyAttribute("rtcp-mux") // RFC 5761 §5.1.1
	}
	return m.WithPropertyAttribute(dir.String())
}

func addPayload(m *sdp.MediaDescription, p payload, encoding string) {
	number := strconv.Itoa(int(p.pt))
	m.MediaName.Formats = append(m.MediaName.Formats, number)
	m.WithValueAttribute("rtpmap", encoding)
	if p.fmtp != "" {
		m.WithValueAttribute("fmtp", number+" "+p.fmtp)
	}
}

// marshal cannot fail on what we describe ourselves; an empty body would be refused by the far end.
func marshal(s *sdp.SessionDescription) []byte {
	b, err := s.Marshal()
	if err != nil {
		return nil
	}
	return b
}
