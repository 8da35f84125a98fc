package signal

import (
	"encoding/binary"
	"hash/crc32"
)

// appendChecksum fills in the checksum of an SCTP packet.
func appendChecksum(p []byte) []byte {
	binary.LittleEndian.PutUint32(p[8:], 0)
	binary.LittleEndian.PutUint32(p[8:], crc32.Checksum(p, castagnoli))
	return p
}
