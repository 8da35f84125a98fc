package reflector

import (
	"encoding/binary"
	"fmt"
	"io"
)

// Prologue opens a TCP connection to a reflector.
const Prologue = "\xee\xee\xee\xee"

const lengthSize = 4

// AppendFrame appends a packet as a TCP connection carries it: behind its length.
func AppendFrame(b, packet []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(packet))), packet...)
}

// ReadFrame reads one packet of a TCP connection into buf and returns its length. A packet that does not fit ends the connection: it
// cannot be of a call.
func ReadFrame(r io.Reader, buf []byte) (int, error) {
	var length [lengthSize]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return 0, err
	}
	n := binary.LittleEndian.Uint32(length[:])
	if uint64(n) > uint64(len(buf)) {
		return 0, fmt.Errorf("%w: %d bytes", ErrMalformed, n)
	}
	return io.ReadFull(r, buf[:n])
}
