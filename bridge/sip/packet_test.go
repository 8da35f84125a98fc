package sip

import (
	"bytes"
	"testing"

	"github.com/pion/rtp"
)

// FuzzReadRTP: we read the same as pion does, or nothing where it reads nothing.
func FuzzReadRTP(f *testing.F) {
	f.Add(incomingPacket(f))
	f.Add([]byte{0xb1, 0x80, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 9, 0xbe, 0xde, 0, 1, 0x10, 1, 0, 0, 7, 7, 0, 2})
	f.Fuzz(func(t *testing.T, b []byte) {
		var ours, theirs rtp.Packet
		ok := readRTP(&ours, b)
		if theirs.Unmarshal(b) != nil || theirs.Version != 2 {
			return // it is stricter about extensions that we skip
		}
		if !ok {
			t.Fatalf("%x: refused", b)
		}
		if ours.SSRC != theirs.SSRC || ours.SequenceNumber != theirs.SequenceNumber || ours.Timestamp != theirs.Timestamp ||
			ours.Marker != theirs.Marker || ours.PayloadType != theirs.PayloadType || !bytes.Equal(ours.Payload, theirs.Payload) {
			t.Fatalf("%x: %v, pion reads %v", b, ours, theirs)
		}
	})
}
