package transport

import "encoding/binary"

// Messages of the data channel establishment protocol (RFC 8832 §8.2.1).
const (
	dcepAck  = 0x02
	dcepOpen = 0x03
)

// label of the one channel.
const label = "data"

// openHeader is the fixed part of DATA_CHANNEL_OPEN (RFC 8832 §5.1).
const openHeader = 12

// openMessage opens a reliable, ordered channel.
func openMessage() []byte {
	b := make([]byte, openHeader, openHeader+len(label)) // type, channel type, priority, reliability, lengths
	b[0] = dcepOpen
	binary.BigEndian.PutUint16(b[8:], uint16(len(label)))
	return append(b, label...)
}

// isOpen reports whether a message opens a channel. Which kind and by what name does not matter: there is only one.
func isOpen(b []byte) bool {
	if len(b) < openHeader || b[0] != dcepOpen {
		return false
	}
	names := int(binary.BigEndian.Uint16(b[8:])) + int(binary.BigEndian.Uint16(b[10:]))
	return len(b) >= openHeader+names
}

func isAck(b []byte) bool { return len(b) > 0 && b[0] == dcepAck }
