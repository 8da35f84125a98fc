package sip

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/pion/sdp/v3"
)

// maxSDP bounds what is parsed; FreeSWITCH's offers have 500 bytes, a browser's audio 3000.
const maxSDP = 16 << 10

// description is what a far end's SDP says of its audio.
type description struct {
	lines     []*sdp.MediaDescription // every m= line, for the answer to mirror
	audio     int                     // index of the one we take
	addr      netip.AddrPort          // where it wants RTP; invalid: nowhere (c=0.0.0.0)
	rtcp      netip.AddrPort          // where it wants RTCP
	mux       bool                    // RTCP may come to the RTP port (RFC 5761)
	direction direction
	payloads  []payload // the codecs we know, in its order
	events    []payload // telephone-events, in its order
	ptime     time.Duration
	maxPTime  time.Duration
}

// payload is one payload type of a description; codec NoCodec: a telephone-event.
type payload struct {
	pt    uint8
	codec Codec
	clock int
	fmtp  string
}

// parseSDP reads a far end's offer or answer. The error names the line it does not like.
func parseSDP(body []byte) (*description, error) {
	if len(body) == 0 {
		return nil, errors.New("sdp: none")
	}
	if len(body) > maxSDP {
		return nil, fmt.Errorf("sdp: %d bytes, at most %d", len(body), maxSDP)
	}
	var s sdp.SessionDescription
	if err := s.Unmarshal(body); err != nil {
		return nil, badLine(body, err)
	}
	d := &description{lines: s.MediaDescriptions}
	m, err := d.pick()
	if err != nil {
		return nil, err
	}
	return d, d.read(&s, m)
}

// badLine finds the line that pion's parser stumbled over: the first that makes it fail.
func badLine(body []byte, err error) error {
	lines := strings.SplitAfter(string(body), "\n")
	if len(lines) > 200 {
		return fmt.Errorf("sdp: %w", err)
	}
	head := ""
	for i, line := range lines {
		var s sdp.SessionDescription
		if head += line; s.UnmarshalString(head) != nil && i > 0 {
			return fmt.Errorf("sdp line %d %q: %w", i+1, strings.TrimSpace(line), err)
		}
	}
	return fmt.Errorf("sdp: %w", err)
}

// pick finds the audio we can carry, or says why there is none.
func (d *description) pick() (*sdp.MediaDescription, error) {
	var why error
	for i, m := range d.lines {
		err := refuse(m)
		if err == nil {
			d.audio = i
			return m, nil
		}
		if why == nil || m.MediaName.Media == "audio" {
			why = err
		}
	}
	if why == nil {
		why = fmt.Errorf("sdp: no m= line")
	}
	return nil, why
}

// refuse says why the line is not audio that we can carry.
func refuse(m *sdp.MediaDescription) error {
	name := "sdp line \"m=" + clean(m.MediaName.String(), maxPhrase) + "\""
	switch proto := strings.ToUpper(strings.Join(m.MediaName.Protos, "/")); {
	case m.MediaName.Media != "audio":
		return fmt.Errorf("%s: no audio", name)
	case m.MediaName.Port.Value == 0:
		return fmt.Errorf("%s: port 0 refuses the sound", name)
	case m.MediaName.Port.Value < 0 || m.MediaName.Port.Value > 65535:
		return fmt.Errorf("%s: no such port", name)
	case strings.Contains(proto, "SAVP"):
		return fmt.Errorf("%s: SRTP is not supported, want RTP/AVP", name)
	case proto != "RTP/AVP" && proto != "RTP/AVPF":
		return fmt.Errorf("%s: want RTP/AVP", name)
	}
	return nil
}

func (d *description) read(s *sdp.SessionDescription, m *sdp.MediaDescription) error {
	if err := d.readAddress(s, m); err != nil {
		return err
	}
	d.direction = readDirection(s, m)
	if !d.addr.IsValid() { // hold as RFC 2543 had it, see RFC 3264 §8.4
		d.direction &= sendonly
	}
	_, d.mux = m.Attribute("rtcp-mux")
	d.readRTCP(m)
	if err := d.readPayloads(m); err != nil {
		return err
	}
	d.ptime = d.milliseconds(m, "ptime")
	d.maxPTime = d.milliseconds(m, "maxptime")
	return nil
}

// readAddress takes c= and never o=, which may carry another address (FreeSWITCH behind several).
func (d *description) readAddress(s *sdp.SessionDescription, m *sdp.MediaDescription) error {
	c := m.ConnectionInformation
	if c == nil {
		c = s.ConnectionInformation
	}
	if c == nil || c.Address == nil {
		return fmt.Errorf("sdp: no c= line")
	}
	addr, err := netip.ParseAddr(c.Address.Address)
	if err != nil {
		return fmt.Errorf("sdp line \"c=%s\": want an IP address", clean(c.String(), maxPhrase))
	}
	if addr.IsMulticast() {
		return fmt.Errorf("sdp line \"c=%s\": multicast", clean(c.String(), maxPhrase))
	}
	if !addr.IsUnspecified() {
		d.addr = netip.AddrPortFrom(addr.Unmap(), uint16(m.MediaName.Port.Value))
	}
	return nil
}

func readDirection(s *sdp.SessionDescription, m *sdp.MediaDescription) direction {
	for _, a := range append(m.Attributes[:len(m.Attributes):len(m.Attributes)], s.Attributes...) {
		if d, ok := directions[a.Key]; ok {
			return d
		}
	}
	return sendrecv
}

// readRTCP reads a=rtcp:port [IN IP4 address] (RFC 3605); without one it is the port above.
func (d *description) readRTCP(m *sdp.MediaDescription) {
	if !d.addr.IsValid() || d.addr.Port() == 65535 {
		return
	}
	d.rtcp = netip.AddrPortFrom(d.addr.Addr(), d.addr.Port()+1)
	value, _ := m.Attribute("rtcp")
	fields := strings.Fields(value)
	if len(fields) == 0 {
		return
	}
	port, err := strconv.ParseUint(fields[0], 10, 16)
	if err != nil || port == 0 {
		return
	}
	addr := d.addr.Addr()
	if len(fields) == 4 {
		if other, err := netip.ParseAddr(fields[3]); err == nil {
			addr = other.Unmap()
		}
	}
	d.rtcp = netip.AddrPortFrom(addr, uint16(port))
}

// static are the payload types that need no a=rtpmap (RFC 3551 §6).
var static = map[uint8]string{0: "PCMU/8000", 8: "PCMA/8000", 9: "G722/8000"}

func (d *description) readPayloads(m *sdp.MediaDescription) error {
	for _, f := range m.MediaName.Formats {
		pt, err := strconv.ParseUint(f, 10, 8)
		if err != nil || pt > 127 {
			return fmt.Errorf("sdp line \"m=%s\": payload type %q", clean(m.MediaName.String(), maxPhrase), f)
		}
		p, ok, err := readPayload(m, uint8(pt))
		switch {
		case err != nil:
			return err
		case ok && p.codec == NoCodec:
			d.events = append(d.events, p)
		case ok:
			d.payloads = append(d.payloads, p)
		}
	}
	return nil
}

// readPayload says what a payload type stands for; ok false: nothing that we know.
func readPayload(m *sdp.MediaDescription, pt uint8) (p payload, ok bool, err error) {
	encoding := attributeOf(m, "rtpmap", pt)
	if encoding == "" {
		encoding = static[pt]
	}
	if encoding == "" {
		return p, false, nil
	}
	parts := strings.Split(encoding, "/")
	if len(parts) < 2 {
		return p, false, fmt.Errorf("sdp line \"a=rtpmap:%d %s\": want name/rate", pt, clean(encoding, maxPhrase))
	}
	clock, err := strconv.Atoi(parts[1])
	if err != nil || clock <= 0 {
		return p, false, fmt.Errorf("sdp line \"a=rtpmap:%d %s\": clock rate %q", pt, clean(encoding, maxPhrase), parts[1])
	}
	p = payload{pt: pt, clock: clock, fmtp: attributeOf(m, "fmtp", pt)}
	if strings.EqualFold(parts[0], "telephone-event") {
		return p, true, nil
	}
	for c, s := range specs { // channels are not compared: some write opus/48000
		if strings.EqualFold(parts[0], s.name) && clock == s.clock {
			p.codec = c
			return p, true, nil
		}
	}
	return p, false, nil
}

// attributeOf is the value of a=key:pt value.
func attributeOf(m *sdp.MediaDescription, key string, pt uint8) string {
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
func (d *description) milliseconds(m *sdp.MediaDescription, key string) time.Duration {
	value, ok := m.Attribute(key)
	for _, p := range d.payloads {
		if !ok && p.codec == Opus {
			value = parameter(p.fmtp, key)
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
