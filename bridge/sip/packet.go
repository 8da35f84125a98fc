package sip

import (
	"encoding/binary"

	"github.com/pion/rtp"
)

// rtpHeader is the size of the smallest RTP packet.
const rtpHeader = 12

// readRTP reads a packet (RFC 3550 §5.1) without its contributing sources, header extensions and padding, and without allocating,
// which pion's Unmarshal cannot. ok false: it is none.
func readRTP(p *rtp.Packet, b []byte) (ok bool) {
	if len(b) < rtpHeader || b[0]>>6 != 2 {
		return false
	}
	p.Version = 2
	p.Marker, p.PayloadType = b[1]&0x80 != 0, b[1]&0x7f
	p.SequenceNumber = binary.BigEndian.Uint16(b[2:])
	p.Timestamp, p.SSRC = binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:])
	start, end := 12+4*int(b[0]&0x0f), len(b)
	if b[0]&0x10 != 0 {
		if start+4 > len(b) {
			return false
		}
		start += 4 + 4*int(binary.BigEndian.Uint16(b[start+2:]))
	}
	if b[0]&0x20 != 0 {
		end -= int(b[len(b)-1])
	}
	if start > end {
		return false
	}
	p.Payload = b[start:end]
	return true
}
