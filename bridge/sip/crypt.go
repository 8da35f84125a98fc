package sip

import (
	"encoding/binary"
	"errors"
	"slices"
	"sync"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"switchgram/bridge/sip/sdp"
)

const (
	sealing   = 32  // more bytes than a packet grows by
	replaying = 128 // packets behind the newest that are told from repetitions
	maxSSRCs  = 32  // SSRCs under one key: a transfer brings another, nobody has so many
)

// crypt protects one direction of a dialog's RTP and RTCP (RFC 3711, RFC 7714). A nil *crypt leaves packets as they are.
type crypt struct {
	mu      sync.Mutex // RTP and RTCP are read by one goroutine each
	context *srtp.Context
	header  rtp.Header
	sources []uint32
}

var errSSRCs = errors.New("sip: too many sources under one key")

// newCrypt makes the crypt of a key that reads packets, or writes them; nil: nothing is encrypted.
func newCrypt(k *sdp.Keying) (*crypt, error) {
	if k == nil {
		return nil, nil
	}
	context, err := k.Context(srtp.SRTPReplayProtection(replaying), srtp.SRTCPReplayProtection(replaying))
	if err != nil {
		return nil, err
	}
	return &crypt{context: context}, nil
}

// seal encrypts an RTP packet into dst.
func (c *crypt) seal(dst, packet []byte) ([]byte, error) {
	if c == nil {
		return packet, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.context.EncryptRTP(dst, packet, &c.header)
}

// open decrypts an RTP packet in its place.
func (c *crypt) open(packet []byte) ([]byte, error) {
	if c == nil {
		return packet, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.from(binary.BigEndian.Uint32(packet[8:]), func() ([]byte, error) { return c.context.DecryptRTP(packet, packet, &c.header) })
}

// from opens a packet of a source, and remembers the source if it is true. Each one costs memory.
func (c *crypt) from(ssrc uint32, open func() ([]byte, error)) ([]byte, error) {
	known := slices.Contains(c.sources, ssrc)
	if !known && len(c.sources) == maxSSRCs {
		return nil, errSSRCs
	}
	packet, err := open()
	if err == nil && !known {
		c.sources = append(c.sources, ssrc)
	}
	return packet, err
}

// sealControl encrypts a compound RTCP packet.
func (c *crypt) sealControl(packet []byte) ([]byte, error) {
	if c == nil {
		return packet, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.context.EncryptRTCP(nil, packet, nil)
}

// openControl decrypts one.
func (c *crypt) openControl(packet []byte) ([]byte, error) {
	if c == nil {
		return packet, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.from(binary.BigEndian.Uint32(packet[4:]), func() ([]byte, error) { return c.context.DecryptRTCP(nil, packet, nil) })
}
