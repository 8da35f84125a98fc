package reflector

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// MaxPayload is the largest payload, in bytes, that a port carries: more than any packet of a call has.
const MaxPayload = 1500

// A data packet is a tag of 16 bytes, the sender's tag, the payload's length, the payload and zeros up to a multiple of 4.
const (
	senderAt   = TagSize
	lengthAt   = senderAt + 4
	payloadAt  = lengthAt + 4
	alignment  = 4
	maxPacket  = payloadAt + MaxPayload + alignment
	onesAt     = TagSize // 12 bytes of ones where data has sender, length and payload: a hello, or the answer to one
	onesEnd    = onesAt + 12
	helloQuery = 123 // every app asks with this number
)

var zeros [alignment]byte

var ones = bytes.Repeat([]byte{0xff}, onesEnd-onesAt)

func appendTag(b []byte, p PeerTag, t Tag) []byte {
	return binary.LittleEndian.AppendUint32(append(b, p[:prefixSize]...), uint32(t))
}

// AppendHello appends what registers a port at a reflector over UDP, and keeps it registered.
func AppendHello(b []byte, p PeerTag, own Tag) []byte {
	b = append(appendTag(b, p, own), ones...)
	b = append(b, 0xfe, 0xff, 0xff, 0xff)
	return binary.BigEndian.AppendUint64(b, helloQuery)
}

// AppendHelloTCP appends the same for TCP, without the stream's framing.
func AppendHelloTCP(b []byte, p PeerTag, own Tag) []byte {
	return append(appendTag(b, p, own), 0, 0, 0, 0)
}

// AppendData appends a payload on its way from our port to the peer's.
func AppendData(b []byte, p PeerTag, to, own Tag, payload []byte) []byte {
	b = binary.LittleEndian.AppendUint32(appendTag(b, p, to), uint32(own))
	b = binary.BigEndian.AppendUint32(b, uint32(len(payload)))
	b = append(b, payload...)
	return append(b, zeros[:-len(payload)&(alignment-1)]...)
}

// Why a packet is dropped.
var (
	// ErrForeign says that a packet is not of this call.
	ErrForeign = errors.New("packet of another call")
	// ErrMalformed says that a packet of this call has a length or a sender that cannot be.
	ErrMalformed = errors.New("malformed packet of a reflector")
)

// Parse reads a packet of a reflector. The payload, a part of b, is nil in the answer to a hello, of which the content means nothing.
// The peer tag's last 4 bytes are not looked at: reflectors put the receiver's tag there.
func Parse(p PeerTag, b []byte) (from Tag, payload []byte, err error) {
	if len(b) < TagSize || !bytes.Equal(b[:prefixSize], p[:prefixSize]) {
		return 0, nil, ErrForeign
	}
	if len(b) <= payloadAt || len(b) >= onesEnd && bytes.Equal(b[onesAt:onesEnd], ones) {
		return 0, nil, nil
	}
	from = Tag(binary.LittleEndian.Uint32(b[senderAt:]))
	length := binary.BigEndian.Uint32(b[lengthAt:])
	if from == 0 || length == 0 || length > MaxPayload || int(length) > len(b)-payloadAt {
		return 0, nil, ErrMalformed
	}
	return from, b[payloadAt : payloadAt+int(length)], nil
}
