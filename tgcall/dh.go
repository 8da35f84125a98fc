package tgcall

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"io"
	"math/big"
	"sync"

	"github.com/gotd/td/crypto"
)

// keySize is the length in bytes of a call's key, and of every value sent for it.
const keySize = 256

// minPublic is the distance that a public value keeps from 0 and from the prime
// (https://core.telegram.org/mtproto/auth_key).
var minPublic = new(big.Int).Lsh(big.NewInt(1), 8*keySize-64)

// group is what Telegram gives for the exchange (messages.getDhConfig).
type group struct {
	g       int
	p       *big.Int
	version int
}

// knownPrimes are SHA-256 sums of primes known to be safe: the one that Telegram has used for years. Anything else is tested.
var knownPrimes = map[[sha256.Size]byte]bool{
	{
		0x02, 0xf8, 0x5e, 0x76, 0x87, 0xfc, 0x6f, 0x33, 0xba, 0x67, 0x82, 0x26, 0xa9, 0x63, 0xb3, 0xc8,
		0xa1, 0x91, 0xb4, 0x7c, 0x89, 0x0c, 0xf3, 0x0d, 0xeb, 0xe1, 0x7c, 0x1d, 0x62, 0x3b, 0x5a, 0xf1,
	}: true,
}

// DHCache remembers which groups were found good or bad, since testing a prime of 2048 bits takes about half a second. It may be
// shared by any number of clients and used by all at once.
type DHCache struct {
	mu       sync.Mutex
	verdicts map[string]*verdict
}

type verdict struct {
	once sync.Once
	err  error
}

// maxVerdicts is how many groups are remembered; Telegram has used one for years.
const maxVerdicts = 16

// NewDHCache returns an empty cache.
func NewDHCache() *DHCache { return &DHCache{verdicts: map[string]*verdict{}} }

// check tests that p is a safe prime of 2048 bits and that g generates its large subgroup.
func (c *DHCache) check(g int, p *big.Int) error {
	v := c.verdict(fmt.Sprint(g, " ", p.Text(62)))
	v.once.Do(func() { v.err = checkGroup(g, p) })
	return v.err
}

func (c *DHCache) verdict(key string) *verdict {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.verdicts[key] == nil {
		if len(c.verdicts) == maxVerdicts {
			clear(c.verdicts)
		}
		c.verdicts[key] = &verdict{}
	}
	return c.verdicts[key]
}

func checkGroup(g int, p *big.Int) error {
	check := crypto.CheckDH
	if knownPrimes[sha256.Sum256(p.Bytes())] {
		check = crypto.CheckGP
	}
	if err := check(g, p); err != nil {
		return fmt.Errorf("%w: group: %w", ErrExchange, err)
	}
	return nil
}

// secret is our half of one exchange. It must not be used twice.
type secret struct {
	p        *big.Int
	exponent *big.Int
	public   []byte // g^exponent mod p, keySize bytes, the first not zero
}

// newSecret draws until the public value is in range and needs no leading zero: apps differ in whether they send it, hash it and
// show emoji with one or without.
func newSecret(grp group, random io.Reader, server []byte) (*secret, error) {
	exponent := make([]byte, keySize)
	for {
		if _, err := io.ReadFull(random, exponent); err != nil {
			return nil, fmt.Errorf("random numbers: %w", err)
		}
		n := min(len(server), keySize)
		subtle.XORBytes(exponent, exponent[:n], server[:n])
		x := new(big.Int).SetBytes(exponent)
		public := new(big.Int).Exp(big.NewInt(int64(grp.g)), x, grp.p)
		if public.BitLen() > 8*(keySize-1) && checkPublic(grp.p, public) == nil {
			return &secret{p: grp.p, exponent: x, public: public.FillBytes(make([]byte, keySize))}, nil
		}
	}
}

// checkPublic keeps away from values that give the key away.
func checkPublic(p, v *big.Int) error {
	if v.Cmp(minPublic) < 0 || v.Cmp(new(big.Int).Sub(p, minPublic)) > 0 {
		return fmt.Errorf("%w: value out of range", ErrExchange)
	}
	return nil
}

// key is the call's key, made of the other side's public value.
func (s *secret) key(theirs []byte) ([]byte, error) {
	if len(theirs) > keySize {
		return nil, fmt.Errorf("%w: value of %d bytes", ErrExchange, len(theirs))
	}
	v := new(big.Int).SetBytes(theirs)
	if err := checkPublic(s.p, v); err != nil {
		return nil, err
	}
	return v.Exp(v, s.exponent, s.p).FillBytes(make([]byte, keySize)), nil
}
