package tgcall

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
)

func number(b []byte) *big.Int { return new(big.Int).SetBytes(b) }

func TestKeysOfTheVectors(t *testing.T) {
	for i, v := range loadVectors(t).DH {
		p := number(v.P)
		caller := &secret{p: p, exponent: number(v.A), public: v.GA}
		callee := &secret{p: p, exponent: number(v.B), public: v.GB}
		for who, s := range map[string]*secret{"caller": caller, "callee": callee} {
			if got := new(big.Int).Exp(big.NewInt(int64(v.G)), s.exponent, p); got.Cmp(number(s.public)) != 0 {
				t.Errorf("vector %d: the %s's value is wrong", i, who)
			}
		}
		one, err1 := caller.key(v.GB)
		two, err2 := callee.key(v.GA)
		if err := errors.Join(err1, err2); err != nil || !bytes.Equal(one, v.Key) || !bytes.Equal(two, v.Key) {
			t.Errorf("vector %d: keys differ from it, %v", i, err)
		}
		if got := fingerprint(v.Key); got != v.Fingerprint {
			t.Errorf("vector %d: fingerprint %d, want %d", i, got, v.Fingerprint)
		}
		if got := emojiIndexes(v.Key, v.GA); got != v.Indexes {
			t.Errorf("vector %d: emoji %v, want %v", i, got, v.Indexes)
		}
	}
}

func TestEmojiTableByCodePoints(t *testing.T) {
	points := loadVectors(t).Emoji
	if len(points) != len(emojiTable) {
		t.Fatalf("%d entries, want %d", len(emojiTable), len(points))
	}
	for i, p := range points {
		var want strings.Builder
		for _, point := range strings.Fields(p) {
			n, err := strconv.ParseInt(strings.TrimPrefix(point, "U+"), 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			want.WriteRune(rune(n))
		}
		if emojiTable[i] != want.String() {
			t.Errorf("entry %d is %q, want %q", i, emojiTable[i], want.String())
		}
	}
}

func TestGroupsThatAreNotSafeAreRefused(t *testing.T) {
	good := number(loadVectors(t).DH[0].P)
	for name, c := range map[string]struct {
		g int
		p *big.Int
	}{
		"composite":         {3, new(big.Int).Add(good, big.NewInt(6))},
		"too short":         {3, new(big.Int).Rsh(good, 1)},
		"too long":          {3, new(big.Int).Lsh(good, 1)},
		"zero":              {3, new(big.Int)},
		"g of small order":  {2, good},
		"g out of range":    {8, good},
		"g zero":            {0, good},
		"another generator": {6, good},
		"not a residue":     {5, good},
	} {
		if err := NewDHCache().check(c.g, c.p); !errors.Is(err, ErrExchange) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, g := range []int{3, 4, 7} {
		if err := NewDHCache().check(g, good); err != nil {
			t.Errorf("g = %d: %v", g, err)
		}
	}
}

func TestAnUnknownSafePrimeIsTested(t *testing.T) {
	// The prime of RFC 3526 §3, which Telegram does not use, is safe too; 4 generates its subgroup.
	p, _ := new(big.Int).SetString(rfc3526, 16)
	cache := NewDHCache()
	if err := cache.check(4, p); err != nil {
		t.Error(err)
	}
	first := cache.verdict("4 " + p.Text(62))
	if err := cache.check(4, p); err != nil || cache.verdict("4 "+p.Text(62)) != first {
		t.Errorf("tested again: %v", err)
	}
}

const rfc3526 = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B" +
	"302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE6" +
	"49286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB9ED529077096966D" +
	"670C354E4ABC9804F1746C08CA18217C32905E462E36CE3BE39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718" +
	"3995497CEA956AE515D2261898FA051015728E5A8AACAA68FFFFFFFFFFFFFFFF"

func TestTheCacheForgetsRatherThanGrows(t *testing.T) {
	cache := NewDHCache()
	for i := range int64(10 * maxVerdicts) {
		_ = cache.check(3, big.NewInt(i))
	}
	if len(cache.verdicts) > maxVerdicts {
		t.Errorf("%d verdicts", len(cache.verdicts))
	}
}

func TestOurValueNeverHasALeadingZero(t *testing.T) {
	grp := group{g: 3, p: number(loadVectors(t).DH[0].P)}
	for range 50 {
		s, err := newSecret(grp, rand.Reader, make([]byte, 256))
		if err != nil {
			t.Fatal(err)
		}
		if len(s.public) != keySize || s.public[0] == 0 || checkPublic(grp.p, number(s.public)) != nil {
			t.Fatalf("value %x", s.public[:8])
		}
	}
}

func TestTelegramsRandomNumbersAreMixedIn(t *testing.T) {
	grp := group{g: 3, p: number(loadVectors(t).DH[0].P)}
	ours := bytes.Repeat([]byte{0xa5}, 4*keySize)
	for name, server := range map[string][]byte{"none": nil, "short": {1}, "enough": bytes.Repeat([]byte{2}, 256), "long": make([]byte, 300)} {
		s, err := newSecret(grp, bytes.NewReader(ours), server)
		if err != nil {
			t.Fatal(err)
		}
		want := bytes.Clone(ours[:keySize])
		for i := range min(len(server), keySize) {
			want[i] ^= server[i]
		}
		if s.exponent.Cmp(number(want)) != 0 && s.public[0] == 0 {
			t.Errorf("%s: exponent differs", name)
		}
	}
	if _, err := newSecret(grp, iotest.ErrReader(io.ErrUnexpectedEOF), nil); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("no random numbers: %v", err)
	}
}

func TestValuesThatGiveTheKeyAwayAreRefused(t *testing.T) {
	v := loadVectors(t).DH[0]
	p := number(v.P)
	s := &secret{p: p, exponent: number(v.A)}
	one := big.NewInt(1)
	for name, value := range map[string]*big.Int{
		"0": new(big.Int), "1": one, "p-1": new(big.Int).Sub(p, one), "p": p, "p+1": new(big.Int).Add(p, one),
		"just too small": new(big.Int).Sub(minPublic, one),
		"just too large": new(big.Int).Add(new(big.Int).Sub(p, minPublic), one),
	} {
		if _, err := s.key(value.Bytes()); !errors.Is(err, ErrExchange) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, value := range map[string]*big.Int{"smallest": minPublic, "largest": new(big.Int).Sub(p, minPublic)} {
		if _, err := s.key(value.Bytes()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
