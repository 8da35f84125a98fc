// Package reflector speaks to reflectors, Telegram's own relays for calls: forwarders that know packets by a tag and nothing of what
// they carry. A call whose two sides may not see each other's addresses goes through them.
//
// Gateway is the front door: it opens a Port towards each reflector of a call and shows these ports to an ICE agent (RFC 8445) as TURN
// servers (RFC 8656) on loopback, behind made-up addresses that never leave the process. Port is one socket towards one reflector, for
// who wants no ICE. Frames and names are functions without state. All methods may be called concurrently.
//
// Telegram documents the servers (https://core.telegram.org/constructor/phoneConnection) and not what they speak; this is what its apps
// are seen to send.
package reflector

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
)

// TagSize is the length of a PeerTag in bytes.
const TagSize = 16

// prefixSize bytes of a peer tag name the call; the rest of a packet's first 16 bytes is a Tag.
const prefixSize = 12

// PeerTag is what Telegram calls peer_tag: the secret by which a reflector knows a call. Bit 0 of its first byte tells the two sides
// of the call apart.
type PeerTag [TagSize]byte

var errPeerTag = errors.New("peer tag is not 32 hexadecimal digits")

// ParsePeerTag reads hexadecimal digits, of either case.
func ParsePeerTag(s string) (tag PeerTag, err error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != TagSize {
		return PeerTag{}, errPeerTag
	}
	copy(tag[:], b)
	return tag, nil
}

// CallTag begins every packet of a call: a PeerTag without the number of the port.
type CallTag [prefixSize]byte

// Call is what packets for the call begin with.
func (p PeerTag) Call() CallTag { return CallTag(p[:prefixSize]) }

// String hides the tag: it is a secret of the call.
func (PeerTag) String() string { return "***" }

// GoString hides the tag.
func (PeerTag) GoString() string { return "***" }

// Tag is the number of one port at a reflector. It is never 0.
type Tag uint32

// Tags of a call with the custom parameter network_standalone_reflectors: nobody signals them.
const (
	CallerTag Tag = 1
	CalleeTag Tag = 2
)

// RandomTag returns a tag that is none of the fixed ones.
func RandomTag() Tag {
	for {
		var b [4]byte
		_, _ = rand.Read(b[:]) // never fails: crypto/rand
		if t := Tag(binary.LittleEndian.Uint32(b[:])); t > CalleeTag {
			return t
		}
	}
}

// Server is one address of one reflector.
type Server struct {
	ID      int    // as candidates name it: Number tells
	Host    string // IP address or name
	Port    int    // 0: DefaultPort
	PeerTag PeerTag
	TCP     bool
}

// DefaultPort is where a reflector listens when nothing else is said.
const DefaultPort = 599

func (s Server) port() int {
	if s.Port == 0 {
		return DefaultPort
	}
	return s.Port
}

func (s Server) network() string {
	if s.TCP {
		return "tcp"
	}
	return "udp"
}

func (s Server) check() error {
	if s.Host == "" || s.Port < 0 || s.Port > 65535 || s.ID < 1 {
		return fmt.Errorf("reflector %d at %.60q, port %d, makes no sense", s.ID, s.Host, s.Port)
	}
	return nil
}
