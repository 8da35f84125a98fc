package testnet

import (
	"testing"

	"github.com/gotd/td/crypto"
)

func TestFingerprintsHaveAllTheirDigits(t *testing.T) {
	for range 5 { // few, since a key takes a while; the client that needs it is a test of its own
		key, err := newKey()
		if err != nil {
			t.Fatal(err)
		}
		if f := uint64(crypto.RSAFingerprint(&key.PublicKey)); f>>60 == 0 {
			t.Errorf("fingerprint %x begins with a zero", f)
		}
	}
}
