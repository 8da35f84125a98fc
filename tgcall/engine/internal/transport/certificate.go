package transport

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	_ "crypto/sha256" // the hashes of fingerprints
	_ "crypto/sha512"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// Certificate is ours, of one call, signed by nobody but itself.
type Certificate struct {
	tls         tls.Certificate
	fingerprint string
}

// NewCertificate makes an ECDSA P-256 certificate, as browsers and Telegram do.
func NewCertificate() (*Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make certificate: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, fmt.Errorf("make certificate: %w", err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "call"},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.Add(30 * 24 * time.Hour), // clocks differ
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("make certificate: %w", err)
	}
	return &Certificate{
		tls:         tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		fingerprint: colons(digest(crypto.SHA256, der)),
	}, nil
}

// Fingerprint is the SHA-256 of the certificate as signalling writes it: upper-case hex pairs joined by colons.
func (c *Certificate) Fingerprint() string { return c.fingerprint }

func digest(h crypto.Hash, der []byte) []byte {
	d := h.New()
	d.Write(der)
	return d.Sum(nil)
}

func colons(sum []byte) string {
	pairs := make([]string, len(sum))
	for i, b := range sum {
		pairs[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(pairs, ":")
}

// Fingerprint is the hash that the peer's certificate must have.
type Fingerprint struct {
	hash crypto.Hash
	sum  []byte
}

// hashes of fingerprints by the name that RFC 8122 §5 gives them. MD5 and SHA-1, which it also names, can be forged.
var hashes = map[string]crypto.Hash{
	"sha-224": crypto.SHA224, "sha-256": crypto.SHA256, "sha-384": crypto.SHA384, "sha-512": crypto.SHA512,
}

// ParseFingerprint reads a hash's name and its value as hex pairs joined by colons.
func ParseFingerprint(hash, value string) (Fingerprint, error) {
	h, ok := hashes[strings.ToLower(hash)]
	if !ok {
		return Fingerprint{}, fmt.Errorf("fingerprint: hash %.20q is not supported", hash)
	}
	sum, err := hex.DecodeString(strings.ReplaceAll(value, ":", ""))
	if err != nil || len(sum) != h.Size() {
		return Fingerprint{}, fmt.Errorf("fingerprint: not a %s", strings.ToLower(hash))
	}
	return Fingerprint{h, sum}, nil
}

// Equal reports whether both mean the same certificate.
func (f Fingerprint) Equal(g Fingerprint) bool {
	return f.hash == g.hash && subtle.ConstantTimeCompare(f.sum, g.sum) == 1
}

func (f Fingerprint) matches(der []byte) bool {
	return f.hash != 0 && f.Equal(Fingerprint{f.hash, digest(f.hash, der)})
}
