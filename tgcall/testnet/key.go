package testnet

import (
	"crypto/rand"
	"crypto/rsa"

	"github.com/gotd/td/crypto"
)

// newKey draws the network's RSA key. One client (mtcute 0.30) writes fingerprints in hexadecimal without leading zeros and then does not find a
// key whose fingerprint begins with one: such a key is drawn again.
func newKey() (*rsa.PrivateKey, error) {
	for {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil || uint64(crypto.RSAFingerprint(&key.PublicKey))>>60 != 0 {
			return key, err
		}
	}
}
