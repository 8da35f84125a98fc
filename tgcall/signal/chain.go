package signal

import (
	"encoding/binary"
	"fmt"
)

// Types of the messages in an acknowledged packet.
const (
	typeCustom = 0x7f // length and JSON
	typeEmpty  = 0xfe // only first: a packet that carries but acknowledgements and repetitions
	typeAck    = 0xff // never first: its seq is the acknowledged one, with all its flags
)

const headSize = seqSize + 1 // of every message

// chained is one message of an acknowledged packet.
type chained struct {
	seq  uint32
	kind byte
	body []byte // of a custom message; part of the packet
}

func (m chained) counter() uint32 { return m.seq & counterMask }
func (m chained) wantsAck() bool  { return m.seq&flagAck != 0 }

// parseChain splits a plaintext into its messages, of which there is at least one. One error spoils the whole packet.
func parseChain(p []byte) ([]chained, error) {
	var chain []chained
	for len(p) > 0 {
		m, rest, err := parseChained(p, len(chain) == 0)
		if err != nil {
			return nil, err
		}
		chain, p = append(chain, m), rest
	}
	if len(chain) == 0 {
		return nil, malformed("empty packet")
	}
	return chain, nil
}

func parseChained(p []byte, first bool) (m chained, rest []byte, err error) {
	if len(p) < headSize {
		return m, nil, malformed("remaining data too short")
	}
	m = chained{seq: binary.BigEndian.Uint32(p), kind: p[seqSize]}
	if err := m.checkPlace(first); err != nil {
		return m, nil, err
	}
	rest = p[headSize:]
	if m.kind == typeCustom {
		if m.body, rest, err = parseBody(rest); err != nil {
			return m, nil, err
		}
	}
	if m.kind != typeAck && m.seq&flagSingle != 0 && len(rest) > 0 {
		return m, nil, malformed("single message does not fill the packet")
	}
	return m, rest, nil
}

// checkPlace refuses a message where its kind must not stand. An acknowledgement's seq is somebody else's, flags included.
func (m chained) checkPlace(first bool) error {
	switch m.kind {
	case typeCustom:
		if !first && m.seq&flagSingle != 0 {
			return malformed("single message not first")
		}
	case typeEmpty:
		if !first {
			return malformed("empty message not first")
		}
	case typeAck:
		if first {
			return malformed("acknowledgement first")
		}
	default:
		return malformed(fmt.Sprintf("unknown message type %#x", m.kind))
	}
	return nil
}

func parseBody(p []byte) (body, rest []byte, err error) {
	if len(p) < 4 {
		return nil, nil, malformed("no length")
	}
	n := uint64(binary.BigEndian.Uint32(p))
	p = p[4:]
	if n > uint64(len(p)) {
		return nil, nil, malformed("length beyond the packet")
	}
	return p[:n], p[n:], nil
}

func malformed(what string) error { return fmt.Errorf("%w: %s", ErrFraming, what) }

// appendCustom writes a custom message.
func appendCustom(p []byte, seq uint32, json []byte) []byte {
	p = append(binary.BigEndian.AppendUint32(p, seq), typeCustom)
	p = binary.BigEndian.AppendUint32(p, uint32(len(json)))
	return append(p, json...)
}

// appendHead writes a message without content.
func appendHead(p []byte, seq uint32, kind byte) []byte {
	return append(binary.BigEndian.AppendUint32(p, seq), kind)
}
