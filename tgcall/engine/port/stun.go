package port

import (
	"encoding/binary"

	"github.com/pion/stun/v3"
)

// STUN's header and attributes, RFC 8489 §5 and §14.
const (
	stunHeader   = 20
	stunCookie   = 0x2112A442
	attrHeader   = 4
	attrUsername = 0x0006
	classBits    = 0x0110
	classRequest = 0x0000
	classSuccess = 0x0100
	classError   = 0x0110
	bindingType  = 0x0001
)

// transaction tells the answer to a question (RFC 8489 §5).
type transaction [stun.TransactionIDSize]byte

// isSTUN tells a STUN message from everything else (RFC 7983 §7).
func isSTUN(b []byte) bool {
	return len(b) >= stunHeader && b[0] < 4 && binary.BigEndian.Uint32(b[4:]) == stunCookie
}

// The next three are for what isSTUN says yes to.

func stunClass(b []byte) uint16 { return binary.BigEndian.Uint16(b) & classBits }

func transactionOf(b []byte) transaction { return transaction(b[8:stunHeader]) }

// ufragOf finds the username fragment of whom a connectivity check is for: what stands before the colon in its USERNAME (RFC 8445
// §7.2.2). The result is a part of b.
func ufragOf(b []byte) (ufrag []byte, ok bool) {
	name, _ := username(b)
	for i, c := range name {
		if c == ':' {
			return name[:i], i > 0
		}
	}
	return nil, false
}

func username(b []byte) ([]byte, bool) {
	if size := int(binary.BigEndian.Uint16(b[2:])); size != len(b)-stunHeader {
		return nil, false
	}
	for b = b[stunHeader:]; len(b) >= attrHeader; {
		kind, size := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
		if b = b[attrHeader:]; size > len(b) {
			return nil, false
		}
		if kind == attrUsername {
			return b[:size], true
		}
		b = b[min(len(b), (size+3)&^3):] // attributes are padded to words
	}
	return nil, false
}

// isQuestion tells a question to a STUN server from a check: it names nobody.
func isQuestion(b []byte) bool {
	if !isSTUN(b) || binary.BigEndian.Uint16(b) != bindingType {
		return false
	}
	_, named := username(b)
	return !named
}
