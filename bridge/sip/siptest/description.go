package siptest

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"switchgram/bridge/sip/sdp"
)

// description writes SDP in FreeSWITCH's manner: plain RTP, o= with an address that is not the one of c=, no a=sendrecv.
type description struct {
	id, version uint64
	addr        netip.AddrPort
	lines       []string // of the m= line's attributes
	formats     []string
}

func (d description) bytes(direction string, ptime int) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "v=0\r\no=siptest %d %d IN IP4 192.0.2.2\r\ns=siptest\r\nc=IN IP4 %s\r\nt=0 0\r\n", d.id, d.version, d.addr.Addr())
	fmt.Fprintf(&b, "m=audio %d RTP/AVP %s\r\n", d.addr.Port(), strings.Join(d.formats, " "))
	for _, l := range d.lines {
		b.WriteString("a=" + l + "\r\n")
	}
	if direction != "sendrecv" {
		b.WriteString("a=" + direction + "\r\n")
	}
	fmt.Fprintf(&b, "a=ptime:%d\r\n", ptime)
	return []byte(b.String())
}

func (d *description) addCodec(c codec, pt uint8, fmtp string) {
	d.formats = append(d.formats, strconv.Itoa(int(pt)))
	rtpmap := fmt.Sprintf("rtpmap:%d %s/%d", pt, c.id, c.clock)
	if c.channels > 1 {
		rtpmap += fmt.Sprintf("/%d", c.channels)
	}
	d.lines = append(d.lines, rtpmap)
	if fmtp != "" {
		d.lines = append(d.lines, fmt.Sprintf("fmtp:%d %s", pt, fmtp))
	}
}

func (d *description) addDigits(pt uint8, clock int) {
	d.formats = append(d.formats, strconv.Itoa(int(pt)))
	d.lines = append(d.lines, fmt.Sprintf("rtpmap:%d telephone-event/%d", pt, clock), fmt.Sprintf("fmtp:%d 0-15", pt))
}

// addOffer lists the codecs in the given order. Payload type 101 is not tied to a clock: alone with Opus it runs at 48 kHz, with
// an 8 kHz codec beside it at 8 kHz, and 103 has the other.
func (d *description) addOffer(ids []sdp.Codec) {
	fast, slow := false, false
	for _, id := range ids {
		c := codecOf(id)
		d.addCodec(c, c.usual, c.offer)
		fast, slow = fast || c.clock == 48000, slow || c.clock == 8000
	}
	switch {
	case fast && slow:
		d.addDigits(digitsFastPT, 48000)
		d.addDigits(digitsPT, 8000)
	case fast:
		d.addDigits(digitsPT, 48000)
	default:
		d.addDigits(digitsPT, 8000)
	}
}

func (d *description) addAgreed(a agreed) {
	d.addCodec(a.codec, a.pt, a.answer)
	if a.digits != 0 {
		d.addDigits(a.digits, a.digitHz)
	}
}

// mirror is the direction that answers another (RFC 3264 §6.1).
func mirror(direction string) string {
	switch direction {
	case "sendonly":
		return "recvonly"
	case "recvonly":
		return "sendonly"
	default:
		return direction
	}
}
