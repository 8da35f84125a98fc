package siptest

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	pion "github.com/pion/sdp/v3"

	"switchgram/bridge/sip/sdp"
)

// codec is an audio format the switch knows, with the payload type FreeSWITCH gives it in its own offers.
type codec struct {
	id       sdp.Codec
	clock    int // of RTP timestamps, Hz
	channels int
	usual    uint8  // payload type in the switch's own offers
	offer    string // fmtp when offering
	answer   string // fmtp when answering
}

// knownCodecs is in the order of FreeSWITCH's preferences, which is the order of its offers when nobody called.
var knownCodecs = []codec{
	{id: sdp.Opus, clock: 48000, channels: 2, usual: 102,
		offer:  "useinbandfec=1; maxaveragebitrate=30000; maxplaybackrate=48000; ptime=20; minptime=10; maxptime=40",
		answer: "useinbandfec=1; minptime=10"},
	{id: sdp.G722, clock: 8000, channels: 1, usual: 9},
	{id: sdp.PCMU, clock: 8000, channels: 1, usual: 0},
	{id: sdp.PCMA, clock: 8000, channels: 1, usual: 8},
}

// Payload types of telephone-events in the switch's offers: 101 is the only one on which FreeSWITCH then accepts digits.
const (
	digitsPT     = 101
	digitsFastPT = 103 // telephone-event/48000, when 101 is taken by the 8 kHz clock
)

var errNoCodec = errors.New("no codec in common")

// allCodecs is everything the switch can offer.
func allCodecs() (all []sdp.Codec) {
	for _, c := range knownCodecs {
		all = append(all, c.id)
	}
	return all
}

func codecOf(id sdp.Codec) codec {
	return knownCodecs[slices.IndexFunc(knownCodecs, func(c codec) bool { return c.id == id })]
}

// payload is one format of an m= line.
type payload struct {
	pt    uint8
	name  string
	clock int
}

func (p payload) isDigits() bool { return strings.EqualFold(p.name, "telephone-event") }

// codec is the known codec of the payload, unless it is none of them.
func (p payload) codec() (codec, bool) {
	for _, c := range knownCodecs {
		if strings.EqualFold(p.name, c.id.String()) && p.clock == c.clock {
			return c, true
		}
	}
	return codec{}, false
}

// session is what the switch reads from somebody's SDP.
type session struct {
	addr      netip.AddrPort // where RTP goes; invalid: nowhere (0.0.0.0, RFC 3264 §8.4)
	payloads  []payload      // in the offerer's order
	direction string         // sendrecv, sendonly, recvonly, inactive
	ptime     int            // ms; 0: not said
}

// parseSession reads an offer or an answer with one audio stream over plain RTP.
func parseSession(body []byte) (session, error) {
	var d pion.SessionDescription
	if err := d.Unmarshal(body); err != nil {
		return session{}, fmt.Errorf("sdp: %w", err)
	}
	i := slices.IndexFunc(d.MediaDescriptions, func(m *pion.MediaDescription) bool { return m.MediaName.Media == "audio" })
	if i < 0 || d.MediaDescriptions[i].MediaName.Port.Value == 0 {
		return session{}, errors.New("sdp: no audio stream")
	}
	m := d.MediaDescriptions[i]
	if !slices.Equal(m.MediaName.Protos, []string{"RTP", "AVP"}) {
		return session{}, fmt.Errorf("sdp: audio over %s, want RTP/AVP", strings.Join(m.MediaName.Protos, "/"))
	}
	s := session{payloads: payloadsOf(m), direction: directionOf(&d, m)}
	if v, ok := m.Attribute("ptime"); ok {
		s.ptime, _ = strconv.Atoi(strings.TrimSpace(v))
	}
	var err error
	s.addr, err = addrOf(&d, m)
	return s, err
}

func addrOf(d *pion.SessionDescription, m *pion.MediaDescription) (netip.AddrPort, error) {
	c := m.ConnectionInformation
	if c == nil {
		c = d.ConnectionInformation
	}
	if c == nil || c.Address == nil {
		return netip.AddrPort{}, errors.New("sdp: no c= line")
	}
	ip, err := netip.ParseAddr(c.Address.Address)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("sdp: c=: %w", err)
	}
	if ip.IsUnspecified() {
		return netip.AddrPort{}, nil
	}
	return netip.AddrPortFrom(ip, uint16(m.MediaName.Port.Value)), nil
}

func directionOf(d *pion.SessionDescription, m *pion.MediaDescription) string {
	for _, dir := range []string{"sendonly", "recvonly", "inactive", "sendrecv"} {
		if _, ok := m.Attribute(dir); ok {
			return dir
		}
	}
	for _, dir := range []string{"sendonly", "recvonly", "inactive"} {
		if _, ok := d.Attribute(dir); ok {
			return dir
		}
	}
	return "sendrecv"
}

// payloadsOf reads the formats of an m= line; those of RFC 3551 need no rtpmap.
func payloadsOf(m *pion.MediaDescription) (all []payload) {
	maps := make(map[string]string)
	for _, a := range m.Attributes {
		if pt, what, ok := strings.Cut(a.Value, " "); ok && a.Key == "rtpmap" {
			maps[pt] = what
		}
	}
	for _, f := range m.MediaName.Formats {
		pt, err := strconv.ParseUint(f, 10, 7)
		if err != nil {
			continue
		}
		if p, ok := payloadOf(uint8(pt), maps[f]); ok {
			all = append(all, p)
		}
	}
	return all
}

func payloadOf(pt uint8, rtpmap string) (payload, bool) {
	if rtpmap == "" {
		i := slices.IndexFunc(knownCodecs, func(c codec) bool { return c.usual == pt && pt < 96 })
		if i < 0 {
			return payload{}, false
		}
		return payload{pt: pt, name: knownCodecs[i].id.String(), clock: knownCodecs[i].clock}, true
	}
	parts := strings.Split(strings.TrimSpace(rtpmap), "/")
	if len(parts) < 2 {
		return payload{}, false
	}
	clock, err := strconv.Atoi(parts[1])
	return payload{pt: pt, name: parts[0], clock: clock}, err == nil
}

// codecs are those of the session that the switch knows, in the session's order.
func (s session) codecs() (ids []sdp.Codec) {
	for _, p := range s.payloads {
		if c, ok := p.codec(); ok {
			ids = append(ids, c.id)
		}
	}
	return ids
}

// agreed is what both ends of a leg will send.
type agreed struct {
	codec
	pt       uint8 // of audio, both ways
	digits   uint8 // of telephone-events we send; 0: none
	digitsIn uint8 // of telephone-events we accept; 0: none
	digitHz  int   // clock of those we send
	ptime    int   // ms
}

// choose answers an offer as FreeSWITCH does: the first codec of the caller's list that is also in allowed, in the caller's payload
// types.
func choose(offer session, allowed []sdp.Codec) (agreed, error) {
	a, err := offer.first(allowed)
	if err != nil {
		return agreed{}, err
	}
	a.ptime = answerPTime(offer.ptime)
	if a.digits == 0 && !offer.has(digitsPT) {
		// With rtp_liberal_dtmf, as vanilla, the answer has telephone-events that nobody offered.
		a.digits, a.digitHz = digitsPT, 8000
	}
	a.digitsIn = a.digits
	return a, nil
}

// accept reads the answer to our own offer. Whatever it says, digits are accepted on payload type 101 only.
func accept(answer session, offered []sdp.Codec) (agreed, error) {
	a, err := answer.first(offered)
	if err != nil {
		return agreed{}, err
	}
	a.ptime, a.digitsIn = 20, digitsPT
	if answer.ptime == 10 {
		a.ptime = 10
	}
	return a, nil
}

// first is the session's first codec among ids, with the telephone-event of the same clock or else the first there is.
func (s session) first(ids []sdp.Codec) (agreed, error) {
	for _, p := range s.payloads {
		c, ok := p.codec()
		if !ok || !slices.Contains(ids, c.id) {
			continue
		}
		a := agreed{codec: c, pt: p.pt}
		for _, d := range s.payloads {
			if d.isDigits() && (a.digits == 0 || d.clock == c.clock && a.digitHz != c.clock) {
				a.digits, a.digitHz = d.pt, d.clock
			}
		}
		return a, nil
	}
	return agreed{}, errNoCodec
}

func (s session) has(pt uint8) bool {
	return slices.ContainsFunc(s.payloads, func(p payload) bool { return p.pt == pt })
}

// answerPTime is FreeSWITCH's answer to an offered ptime; 60 ms is more than it sends.
func answerPTime(offered int) int {
	switch offered {
	case 10, 20, 30, 40:
		return offered
	default:
		return 20
	}
}
