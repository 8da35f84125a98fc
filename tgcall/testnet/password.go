package testnet

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"math/big"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"golang.org/x/crypto/pbkdf2"
)

// password is the server's half of a two-step password, https://core.telegram.org/api/srp: the verifier, not the password.
type password struct {
	salt1, salt2 []byte
	v            *big.Int
}

const (
	srpBase       = 3
	srpIterations = 100000
	srpSize       = 256 // bytes of every number
)

func newPassword(plain string) *password {
	p := &password{salt1: randomBytes(40), salt2: randomBytes(16)}
	x := new(big.Int).SetBytes(p.hash(plain))
	p.v = new(big.Int).Exp(big.NewInt(srpBase), x, dhPrime())
	return p
}

// hash is PH2 of the document.
func (p *password) hash(plain string) []byte {
	salted := func(data, salt []byte) []byte { return sum(salt, data, salt) }
	first := salted(salted([]byte(plain), p.salt1), p.salt2)
	return salted(pbkdf2.Key(first, p.salt1, srpIterations, sha512.Size, sha512.New), p.salt2)
}

func (p *password) algo() *tg.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow {
	return &tg.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow{
		Salt1: p.salt1, Salt2: p.salt2, G: srpBase, P: dhPrime().Bytes()}
}

// srpExchange is one attempt to show a password: what account.getPassword has told a device.
type srpExchange struct {
	id       int64
	password *password
	secret   *big.Int // b
	public   *big.Int // B = k*v + g^b
}

func (p *password) begin() *srpExchange {
	prime, g := dhPrime(), big.NewInt(srpBase)
	b := new(big.Int).SetBytes(randomBytes(srpSize))
	kv := new(big.Int).Mul(multiplier(), p.v)
	public := new(big.Int).Exp(g, b, prime)
	public.Add(public, kv).Mod(public, prime)
	return &srpExchange{id: positive64(), password: p, secret: b, public: public}
}

// multiplier is k = H(p | g).
func multiplier() *big.Int {
	return new(big.Int).SetBytes(sum(dhPrime().Bytes(), pad(big.NewInt(srpBase))))
}

// proven says whether m1 can only come from somebody who knows the password.
func (e *srpExchange) proven(a, m1 []byte) bool {
	prime := dhPrime()
	pub := new(big.Int).SetBytes(a)
	if pub.Sign() == 0 || pub.Cmp(prime) >= 0 { // A = 0 mod p would make the secret 0 without the password
		return false
	}
	// S = (A * v^u)^b
	u := new(big.Int).SetBytes(sum(pad(pub), pad(e.public)))
	s := new(big.Int).Exp(e.password.v, u, prime)
	s.Mul(s, pub).Exp(s, e.secret, prime)
	// M1 = H(H(p) xor H(g) | H(salt1) | H(salt2) | A | B | H(S))
	mixed := make([]byte, sha256.Size)
	subtle.XORBytes(mixed, sum(prime.Bytes()), sum(pad(big.NewInt(srpBase))))
	want := sum(mixed, sum(e.password.salt1), sum(e.password.salt2), pad(pub), pad(e.public), sum(pad(s)))
	return subtle.ConstantTimeCompare(want, m1) == 1
}

func sum(parts ...[]byte) []byte {
	h := sha256.New()
	for _, p := range parts {
		_, _ = h.Write(p)
	}
	return h.Sum(nil)
}

func pad(v *big.Int) []byte { return v.FillBytes(make([]byte, srpSize)) }

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

func (r *request) getPassword(*tg.AccountGetPasswordRequest) (bin.Encoder, error) {
	u := r.user
	if u == nil {
		u = r.device.pending
	}
	if u == nil {
		return nil, tgerr.New(401, "AUTH_KEY_UNREGISTERED")
	}
	fresh := &password{salt1: randomBytes(8), salt2: randomBytes(16)}
	answer := &tg.AccountPassword{NewAlgo: fresh.algo(), NewSecureAlgo: &tg.SecurePasswordKdfAlgoUnknown{}, SecureRandom: randomBytes(srpSize)}
	if u.password != nil {
		r.device.srp = u.password.begin()
		answer.HasPassword = true
		answer.SetCurrentAlgo(u.password.algo())
		answer.SetSRPB(pad(r.device.srp.public))
		answer.SetSRPID(r.device.srp.id)
	}
	return answer, nil
}

func (r *request) checkPassword(q *tg.AuthCheckPasswordRequest) (bin.Encoder, error) {
	u, e := r.device.pending, r.device.srp
	if u == nil {
		return nil, tgerr.New(401, "AUTH_KEY_UNREGISTERED")
	}
	shown, ok := q.Password.(*tg.InputCheckPasswordSRP)
	switch {
	case !ok:
		return nil, tgerr.New(400, "PASSWORD_HASH_INVALID")
	case e == nil || shown.SRPID != e.id:
		return nil, tgerr.New(400, "SRP_ID_INVALID")
	}
	r.device.srp = nil // each b serves one attempt
	if !e.proven(shown.A, shown.M1) {
		return nil, tgerr.New(400, "PASSWORD_HASH_INVALID")
	}
	return r.authorised(u), nil
}
