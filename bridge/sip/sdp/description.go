package sdp

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	pion "github.com/pion/sdp/v3"
)

// maxSDP bounds what is parsed; FreeSWITCH's offers have 500 bytes, a browser's audio 3000.
const maxSDP = 16 << 10

// Description is what a far end's SDP says of its audio.
type Description struct {
	lines     []mediaLine    // every m= line, for the answer to mirror
	audio     int            // index of the one we take
	Addr      netip.AddrPort // where it wants RTP; invalid: nowhere (c=0.0.0.0)
	RTCP      netip.AddrPort // where it wants RTCP
	Mux       bool           // RTCP may come to the RTP port (RFC 5761)
	Direction Direction
	Payloads  []Payload // the codecs we know, in its order
	Events    []Payload // telephone-events, in its order
	ptime     time.Duration
	maxPTime  time.Duration
	Keyings   []*Keying // of its a=crypto lines those that we know, in its order; none: plain RTP
}

// Payload is one payload type of a description. Codec is NoCodec for telephone-events.
type Payload struct {
	Type  uint8
	Codec Codec
	Clock int
	Fmtp  string
}

// Parse reads a far end's offer or answer, as far as it may be encrypted. The error names the line it does not like.
func Parse(body []byte, how SRTP) (*Description, error) {
	if len(body) == 0 {
		return nil, errors.New("sdp: none")
	}
	if len(body) > maxSDP {
		return nil, fmt.Errorf("sdp: %d bytes, at most %d", len(body), maxSDP)
	}
	session, lines := sections(string(body))
	d := &Description{lines: lines}
	if err := d.pick(how); err != nil {
		return nil, err
	}
	var s pion.SessionDescription
	text := session + d.lines[d.audio].text
	if err := s.UnmarshalString(text); err != nil {
		return nil, badLine(text)
	}
	return d, d.read(&s, s.MediaDescriptions[0])
}

// badLine finds the line that pion's parser stumbled over: the first that makes it fail. What the parser says could show a key.
func badLine(text string) error {
	lines := strings.SplitAfter(text, "\n")
	if len(lines) > 200 {
		return errors.New("sdp: syntax")
	}
	head := ""
	for i, line := range lines {
		var s pion.SessionDescription
		if head += line; s.UnmarshalString(head) != nil && i > 0 {
			line, _, _ = strings.Cut(line, "inline:") // a key follows
			return fmt.Errorf("sdp line %.120q: syntax", strings.TrimSpace(line))
		}
	}
	return errors.New("sdp: syntax")
}

// pick finds the audio we can carry, encrypted if there is a choice, or says why there is none.
func (d *Description) pick(how SRTP) (why error) {
	found := false
	for i, m := range d.lines {
		keyings, err := m.refuse(how)
		switch {
		case err == nil && (!found || d.Keyings == nil && keyings != nil):
			d.audio, d.Keyings, found = i, keyings, true
		case err != nil && (why == nil || m.media == "audio"):
			why = fmt.Errorf("sdp line %.120q: %w", m, err)
		}
	}
	switch {
	case found:
		return nil
	case why == nil:
		return errors.New("sdp: no m= line")
	default:
		return why
	}
}

func (d *Description) read(s *pion.SessionDescription, m *pion.MediaDescription) error {
	if err := d.readAddress(s, m); err != nil {
		return err
	}
	d.Direction = readDirection(s, m)
	if !d.Addr.IsValid() { // hold as RFC 2543 had it, see RFC 3264 §8.4
		d.Direction &= SendOnly
	}
	_, d.Mux = m.Attribute("rtcp-mux")
	d.readRTCP(m)
	if err := d.readPayloads(m); err != nil {
		return err
	}
	d.ptime = d.milliseconds(m, "ptime")
	d.maxPTime = d.milliseconds(m, "maxptime")
	return nil
}

// readAddress takes c= and never o=, which may carry another address (FreeSWITCH behind several).
func (d *Description) readAddress(s *pion.SessionDescription, m *pion.MediaDescription) error {
	c := m.ConnectionInformation
	if c == nil {
		c = s.ConnectionInformation
	}
	if c == nil || c.Address == nil {
		return fmt.Errorf("sdp: no c= line")
	}
	text, _, _ := strings.Cut(c.Address.Address, "/")
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return fmt.Errorf("sdp line %.120q: want an IP address", "c="+c.String())
	}
	if addr.IsMulticast() {
		return fmt.Errorf("sdp line %.120q: multicast", "c="+c.String())
	}
	if !addr.IsUnspecified() {
		d.Addr = netip.AddrPortFrom(addr.Unmap(), uint16(m.MediaName.Port.Value))
	}
	return nil
}

func readDirection(s *pion.SessionDescription, m *pion.MediaDescription) Direction {
	for _, a := range append(m.Attributes[:len(m.Attributes):len(m.Attributes)], s.Attributes...) {
		if d, ok := directions[a.Key]; ok {
			return d
		}
	}
	return SendRecv
}

// readRTCP reads a=rtcp:port [IN IP4 address] (RFC 3605); without one it is the port above.
func (d *Description) readRTCP(m *pion.MediaDescription) {
	if !d.Addr.IsValid() || d.Addr.Port() == 65535 {
		return
	}
	d.RTCP = netip.AddrPortFrom(d.Addr.Addr(), d.Addr.Port()+1)
	value, _ := m.Attribute("rtcp")
	fields := strings.Fields(value)
	if len(fields) == 0 {
		return
	}
	port, err := strconv.ParseUint(fields[0], 10, 16)
	if err != nil || port == 0 {
		return
	}
	addr := d.Addr.Addr()
	if len(fields) == 4 {
		if other, err := netip.ParseAddr(fields[3]); err == nil {
			addr = other.Unmap()
		}
	}
	d.RTCP = netip.AddrPortFrom(addr, uint16(port))
}

// static are the payload types that need no a=rtpmap (RFC 3551 §6).
var static = map[uint8]string{0: "PCMU/8000", 8: "PCMA/8000", 9: "G722/8000"}

func (d *Description) readPayloads(m *pion.MediaDescription) error {
	for _, f := range m.MediaName.Formats {
		pt, err := strconv.ParseUint(f, 10, 8)
		if err != nil || pt > 127 {
			return fmt.Errorf("sdp line %.120q: payload type %.20q", d.lines[d.audio], f)
		}
		p, ok, err := readPayload(m, uint8(pt))
		switch {
		case err != nil:
			return err
		case ok && p.Codec == NoCodec:
			d.Events = append(d.Events, p)
		case ok:
			d.Payloads = append(d.Payloads, p)
		}
	}
	return nil
}

// readPayload says what a payload type stands for; ok false: nothing that we know.
func readPayload(m *pion.MediaDescription, pt uint8) (p Payload, ok bool, err error) {
	encoding := attributeOf(m, "rtpmap", pt)
	if encoding == "" {
		encoding = static[pt]
	}
	if encoding == "" {
		return p, false, nil
	}
	parts := strings.Split(encoding, "/")
	if len(parts) < 2 {
		return p, false, fmt.Errorf("sdp line %.120q: want name/rate", fmt.Sprintf("a=rtpmap:%d %s", pt, encoding))
	}
	clock, err := strconv.Atoi(parts[1])
	if err != nil || clock <= 0 {
		return p, false, fmt.Errorf("sdp line %.120q: clock rate %.20q", fmt.Sprintf("a=rtpmap:%d %s", pt, encoding), parts[1])
	}
	p = Payload{Type: pt, Clock: clock, Fmtp: attributeOf(m, "fmtp", pt)}
	if strings.EqualFold(parts[0], "telephone-event") {
		return p, true, nil
	}
	for c, s := range specs { // channels are not compared: some write opus/48000
		if strings.EqualFold(parts[0], s.name) && clock == s.clock {
			p.Codec = c
			return p, true, nil
		}
	}
	return p, false, nil
}

// attributeOf is the value of a=key:pt value.
func attributeOf(m *pion.MediaDescription, key string, pt uint8) string {
	for _, a := range m.Attributes {
		if a.Key != key {
			continue
		}
		number, value, _ := strings.Cut(a.Value, " ")
		if n, err := strconv.ParseUint(number, 10, 8); err == nil && uint8(n) == pt {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// milliseconds reads a=ptime or a=maxptime, and where FreeSWITCH puts them too: among Opus's parameters.
func (d *Description) milliseconds(m *pion.MediaDescription, key string) time.Duration {
	value, ok := m.Attribute(key)
	for _, p := range d.Payloads {
		if !ok && p.Codec == Opus {
			value = parameter(p.Fmtp, key)
		}
	}
	ms, err := strconv.ParseFloat(strings.TrimSpace(value), 64) // some write 20.0
	if err != nil || !(ms > 0 && ms <= 1000) {
		return 0
	}
	return time.Duration(ms * float64(time.Millisecond))
}

// parameter finds key=value among the parameters of an a=fmtp.
func parameter(fmtp, key string) string {
	for part := range strings.SplitSeq(fmtp, ";") {
		k, v, _ := strings.Cut(part, "=")
		if strings.EqualFold(strings.TrimSpace(k), key) {
			return strings.TrimSpace(v)
		}
	}
	return ""
}
