package sdp

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"time"

	pion "github.com/pion/sdp/v3"
)

// Local is what our side of a description says.
type Local struct {
	Addr     netip.AddrPort // of our RTP
	Session  uint64         // of o=, for the dialog's life
	Version  uint64         // of o=, one more with each change
	Mux      bool
	NoEvents bool      // telephone-events are not described
	Keyings  []*Keying // offered, or the one agreed on; none: plain RTP
}

// Offer describes our side before the far end has said anything.
func (l Local) Offer(codecs []Codec) []byte {
	var payloads []Payload
	for _, c := range codecs {
		s := specs[c]
		payloads = append(payloads, Payload{Type: s.offerPT, Codec: c, Clock: s.clock, Fmtp: s.fmtp})
	}
	return l.describe(payloads, offerEvents(codecs), SendRecv, 0)
}

// offerEvents are telephone-events as FreeSWITCH offers them: 101 has the clock of the telephone codecs, or Opus's where it is alone.
func offerEvents(codecs []Codec) []Payload {
	opus, other := slices.Contains(codecs, Opus), len(codecs) > 1 || !slices.Contains(codecs, Opus)
	switch {
	case opus && other:
		return []Payload{{Type: 103, Clock: 48000}, {Type: fsEvents, Clock: 8000}}
	case opus:
		return []Payload{{Type: fsEvents, Clock: 48000}}
	default:
		return []Payload{{Type: fsEvents, Clock: 8000}}
	}
}

// Again describes our side once terms stand: the same codec under the same number (RFC 3264 §8.3.2).
func (l Local) Again(t Terms, dir Direction) []byte {
	return l.describe(own(t.Payloads[:1]), t.Events, dir, t.Format.PTime)
}

// Answer describes our side for the far end's offer, every line of which must be answered (RFC 3264 §6).
func (l Local) Answer(d *Description, t Terms) []byte {
	s := l.header()
	for i, m := range d.lines {
		if i == d.audio {
			audio := l.audio(own(t.Payloads[:1]), first(t.Events), t.Direction, t.Format.PTime)
			audio.MediaName.Protos = []string{m.proto}
			s.MediaDescriptions = append(s.MediaDescriptions, audio)
			continue
		}
		s.MediaDescriptions = append(s.MediaDescriptions, &pion.MediaDescription{MediaName: pion.MediaName{
			Media: cmp.Or(m.media, "audio"), Protos: []string{cmp.Or(m.proto, "RTP/AVP")}, Formats: first(m.formats)}})
	}
	return marshal(s)
}

// own replaces the far end's parameters by ours.
func own(payloads []Payload) []Payload {
	out := slices.Clone(payloads)
	for i, p := range out {
		out[i].Fmtp = specs[p.Codec].fmtp
	}
	return out
}

func first[T any](s []T) []T { return s[:min(1, len(s))] }

func (l Local) describe(payloads, events []Payload, dir Direction, ptime time.Duration) []byte {
	s := l.header()
	s.MediaDescriptions = []*pion.MediaDescription{l.audio(payloads, events, dir, ptime)}
	return marshal(s)
}

func (l Local) header() *pion.SessionDescription {
	kind := "IP4"
	if l.Addr.Addr().Is6() {
		kind = "IP6"
	}
	address := l.Addr.Addr().String()
	return &pion.SessionDescription{
		Origin: pion.Origin{Username: "-", SessionID: l.Session, SessionVersion: l.Version, NetworkType: "IN", AddressType: kind,
			UnicastAddress: address},
		SessionName:           "switchgram",
		ConnectionInformation: &pion.ConnectionInformation{NetworkType: "IN", AddressType: kind, Address: &pion.Address{Address: address}},
		TimeDescriptions:      []pion.TimeDescription{{}},
	}
}

func (l Local) audio(payloads, events []Payload, dir Direction, ptime time.Duration) *pion.MediaDescription {
	m := &pion.MediaDescription{MediaName: pion.MediaName{Media: "audio", Port: pion.RangedPort{Value: int(l.Addr.Port())},
		Protos: []string{"RTP/AVP"}}}
	for _, k := range l.Keyings {
		m.MediaName.Protos = []string{"RTP/SAVP"}
		m.WithValueAttribute("crypto", k.line())
	}
	for _, p := range payloads {
		s := specs[p.Codec]
		encoding := fmt.Sprintf("%d %s/%d", p.Type, s.name, s.clock)
		if s.channels > 1 {
			encoding += "/" + strconv.Itoa(s.channels)
		}
		addPayload(m, p, encoding)
	}
	if l.NoEvents {
		events = nil
	}
	for _, p := range events {
		p.Fmtp = "0-15"
		addPayload(m, p, fmt.Sprintf("%d telephone-event/%d", p.Type, p.Clock))
	}
	if ptime == 0 {
		ptime = 20 * time.Millisecond
	}
	m.WithValueAttribute("ptime", strconv.Itoa(int(ptime/time.Millisecond)))
	if l.Mux {
		m.WithPropertyAttribute("rtcp-mux") // RFC 5761 §5.1.1
	}
	return m.WithPropertyAttribute(dir.String())
}

func addPayload(m *pion.MediaDescription, p Payload, encoding string) {
	number := strconv.Itoa(int(p.Type))
	m.MediaName.Formats = append(m.MediaName.Formats, number)
	m.WithValueAttribute("rtpmap", encoding)
	if p.Fmtp != "" {
		m.WithValueAttribute("fmtp", number+" "+p.Fmtp)
	}
}

// marshal cannot fail on what we describe ourselves; an empty body would be refused by the far end.
func marshal(s *pion.SessionDescription) []byte {
	b, err := s.Marshal()
	if err != nil {
		return nil
	}
	return b
}
