package sdp

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/srtp/v3"
)

// SRTP is whether the sound of a dialog is encrypted, with keys that go by SDP (SDES, RFC 4568). They are as secret as the signalling: over UDP
// or TCP whoever sees the INVITE can listen.
type SRTP uint8

// The ways.
const (
	OptionalSRTP SRTP = iota // where the far end offers it; our own offers are of plain RTP
	RequireSRTP              // offered, and demanded of offers: others are refused with 488
	NoSRTP                   // never: offers that demand it are refused with 488
)

// suite is a crypto-suite of SDES.
type suite struct {
	name      string
	profile   srtp.ProtectionProfile
	key, salt int // bytes
}

// suites in the order of our offers, which is that of what they cost on a processor with AES: RFC 7714, RFC 4568, RFC 6188.
var suites = []suite{
	{"AEAD_AES_128_GCM", srtp.ProtectionProfileAeadAes128Gcm, 16, 12},
	{"AEAD_AES_256_GCM", srtp.ProtectionProfileAeadAes256Gcm, 32, 12},
	{"AES_CM_128_HMAC_SHA1_80", srtp.ProtectionProfileAes128CmHmacSha1_80, 16, 14},
	{"AES_CM_128_HMAC_SHA1_32", srtp.ProtectionProfileAes128CmHmacSha1_32, 16, 14},
	{"AES_256_CM_HMAC_SHA1_80", srtp.ProtectionProfileAes256CmHmacSha1_80, 32, 14},
}

// Keying is an a=crypto line: what somebody encrypts with what he sends. A nil *Keying: nothing is encrypted.
type Keying struct {
	Tag    int
	suite  *suite
	secret func() []byte // master key and salt, so held that no way of printing shows them
	mki    string        // master key identifier that stands in packets; usually none
}

// Same tells whether two lines say the same, whatever their tags.
func (k *Keying) Same(other *Keying) bool {
	if k == nil || other == nil {
		return k == other
	}
	return k.suite == other.suite && k.mki == other.mki && subtle.ConstantTimeCompare(k.secret(), other.secret()) == 1
}

// Suite is the name of its crypto-suite.
func (k *Keying) Suite() string { return k.suite.name }

// Context makes what encrypts, or decrypts, with the key. A bad key cannot have been read: the error is the library's.
func (k *Keying) Context(options ...srtp.ContextOption) (*srtp.Context, error) {
	if k.mki != "" {
		options = append(options, srtp.MasterKeyIndicator([]byte(k.mki)))
	}
	secret := k.secret()
	return srtp.CreateContext(secret[:k.suite.key], secret[k.suite.key:], k.suite.profile, options...)
}

// Reply is a new key of our own for a far end's line: of the same suite, under the same tag.
func (k *Keying) Reply() *Keying { return newKeying(k.Tag, k.suite) }

// newKeying makes a key of our own.
func newKeying(tag int, s *suite) *Keying {
	secret := make([]byte, s.key+s.salt)
	rand.Read(secret) // never fails
	return &Keying{Tag: tag, suite: s, secret: func() []byte { return secret }}
}

// NewKeyings makes a key for each suite, to be offered.
func NewKeyings() (all []*Keying) {
	for i := range suites {
		all = append(all, newKeying(i+1, &suites[i]))
	}
	return all
}

// line is the value of its a=crypto (RFC 4568 §9.1).
func (k *Keying) line() string {
	return fmt.Sprintf("%d %s inline:%s", k.Tag, k.suite.name, base64.StdEncoding.EncodeToString(k.secret()))
}

// readCrypto reads the value of an a=crypto; nil: it is broken, or asks for what we do not have, and another may do.
func readCrypto(value string) *Keying {
	fields := strings.Fields(value)
	if len(fields) < 3 {
		return nil
	}
	tag, err := strconv.ParseUint(fields[0], 10, 30)
	at := slices.IndexFunc(suites, func(s suite) bool { return s.name == fields[1] })
	if err != nil || at < 0 {
		return nil
	}
	for _, parameter := range fields[3:] { // of the others each changes what is sent
		if !strings.HasPrefix(parameter, "WSH=") {
			return nil
		}
	}
	k := &Keying{Tag: int(tag), suite: &suites[at]}
	if !k.readKey(fields[2]) {
		return nil
	}
	return k
}

// readKey reads "inline:" key||salt ["|" lifetime] ["|" MKI ":" length]. Several keys are not taken. Nor is the lifetime looked at: the
// shortest that is in use outlasts all calls.
func (k *Keying) readKey(text string) (ok bool) {
	text, inline := strings.CutPrefix(text, "inline:")
	parts := strings.Split(text, "|")
	if !inline || strings.Contains(text, ";") || len(parts) > 3 {
		return false
	}
	secret, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(parts[0], "=")) // FreeSWITCH leaves the padding out
	if err != nil || len(secret) != k.suite.key+k.suite.salt {
		return false
	}
	k.secret = func() []byte { return secret }
	if last := parts[len(parts)-1]; len(parts) > 1 && strings.Contains(last, ":") {
		return k.readMKI(last)
	}
	return len(parts) < 3
}

func (k *Keying) readMKI(text string) (ok bool) {
	number, length, _ := strings.Cut(text, ":")
	value, err := strconv.ParseUint(number, 10, 64)
	size, err2 := strconv.Atoi(length)
	if err != nil || err2 != nil || size < 1 || size > 8 || size < 8 && value>>(8*size) != 0 {
		return false
	}
	mki := make([]byte, size)
	for i := range mki {
		mki[size-1-i] = byte(value >> (8 * i))
	}
	k.mki = string(mki)
	return true
}
