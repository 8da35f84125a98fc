package signal

import (
	"crypto/aes"
	stdcipher "crypto/cipher"
	"crypto/sha256"
	"crypto/subtle"
	"slices"
)

// Sizes of an encrypted packet in bytes.
const (
	msgKeySize = 16
	minPacket  = 21
	maxPacket  = 128 << 10
)

// Where in the call's key a packet's keys are taken from. Media sealed with the call's key (an experiment of Telegram's, not
// spoken here) would start at 0.
const (
	offsetSignalling = 128
	offsetCallee     = 8 // added when the callee is the sender
)

// cipher seals what one side sends and opens what the other side sent. It has no state and may be shared.
type cipher struct {
	key    [KeySize]byte
	ours   int // key offset of what we send
	theirs int
}

// newCipher returns the cipher of the side that placed (outgoing) or took the call.
func newCipher(key []byte, outgoing bool) (*cipher, error) {
	if len(key) != KeySize {
		return nil, ErrKey
	}
	c := &cipher{ours: offsetSignalling, theirs: offsetSignalling + offsetCallee}
	if !outgoing {
		c.ours, c.theirs = c.theirs, c.ours
	}
	copy(c.key[:], key)
	return c, nil
}

// msgKey is the middle of SHA-256 of part of the key and the plaintext.
func (c *cipher) msgKey(x int, plaintext []byte) []byte {
	h := sha256.New()
	h.Write(c.key[88+x : 120+x])
	h.Write(plaintext)
	return h.Sum(nil)[8:24]
}

// stream is AES-256-CTR, keyed by the call's key and the packet's message key.
func (c *cipher) stream(x int, msgKey []byte) stdcipher.Stream {
	a := sha256.Sum256(slices.Concat(msgKey, c.key[x:x+36]))
	b := sha256.Sum256(slices.Concat(c.key[40+x:76+x], msgKey))
	key := slices.Concat(a[0:8], b[8:24], a[24:32])
	iv := slices.Concat(b[0:4], a[8:16], b[24:28])
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // the key has 32 bytes
	}
	return stdcipher.NewCTR(block, iv)
}

// seal encrypts a packet of ours: message key, then ciphertext.
func (c *cipher) seal(plaintext []byte) []byte {
	msgKey := c.msgKey(c.ours, plaintext)
	packet := make([]byte, msgKeySize+len(plaintext))
	copy(packet, msgKey)
	c.stream(c.ours, msgKey).XORKeyStream(packet[msgKeySize:], plaintext)
	return packet
}

// open decrypts a packet of the other side: at least 5 bytes.
func (c *cipher) open(packet []byte) ([]byte, error) {
	if len(packet) < minPacket || len(packet) > maxPacket {
		return nil, ErrSize
	}
	msgKey := packet[:msgKeySize]
	plaintext := make([]byte, len(packet)-msgKeySize)
	c.stream(c.theirs, msgKey).XORKeyStream(plaintext, packet[msgKeySize:])
	if subtle.ConstantTimeCompare(c.msgKey(c.theirs, plaintext), msgKey) != 1 {
		return nil, ErrMsgKey
	}
	return plaintext, nil
}
