package audio

import "encoding/binary"

// RTCP packet types (RFC 3550 §12.1).
const (
	typeSenderReport   = 200
	typeReceiverReport = 201
)

const (
	reportHeader = 8  // header and SSRC
	senderInfo   = 20 // of a sender report
	blockSize    = 24
)

// reportBlock is what the peer says of one stream it receives.
type reportBlock struct {
	ssrc   uint32
	lost   int32  // since the start; below 0 where packets came twice
	jitter uint32 // samples
	lastSR uint32 // middle bits of the NTP time of the last SR
	delay  uint32 // since that, 1/65536 s
}

// reports are told what a compound packet holds.
type reports struct {
	sender func(ntp uint64)
	block  func(reportBlock)
}

// parseReports walks over a compound RTCP packet (RFC 3550 §6.1). Only SR and RR matter to us; the feedback that Telegram sends
// ten times a second about our packets is passed over without looking at it, as is everything that makes no sense.
func parseReports(b []byte, to reports) {
	for len(b) >= reportHeader {
		size := (int(binary.BigEndian.Uint16(b[2:])) + 1) * 4
		if b[0]>>6 != 2 || size > len(b) {
			return
		}
		parseReport(b[:size], to)
		b = b[size:]
	}
}

func parseReport(b []byte, to reports) {
	blocks := reportHeader
	switch b[1] {
	case typeSenderReport:
		blocks += senderInfo
		if len(b) < blocks {
			return
		}
		to.sender(binary.BigEndian.Uint64(b[reportHeader:]))
	case typeReceiverReport:
	default:
		return
	}
	for n := int(b[0] & 0x1f); n > 0 && len(b) >= blocks+blockSize; n-- {
		r := b[blocks : blocks+blockSize]
		to.block(reportBlock{
			ssrc: binary.BigEndian.Uint32(r), lost: int32(binary.BigEndian.Uint32(r[4:])<<8) >> 8, jitter: binary.BigEndian.Uint32(r[12:]),
			lastSR: binary.BigEndian.Uint32(r[16:]), delay: binary.BigEndian.Uint32(r[20:]),
		})
		blocks += blockSize
	}
}
