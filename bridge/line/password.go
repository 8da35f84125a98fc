package line

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
)

// Hash is a password that cannot be read back: argon2id in the PHC string format ($argon2id$v=19$m=…,t=…,p=…$salt$hash,
// RFC 9106), or bcrypt ($2a$, $2b$, $2y$). The zero Hash is that of no password at all.
type Hash struct {
	text   string
	argon2 *argon2Hash // nil: bcrypt, or none
}

type argon2Hash struct {
	memory, time uint32 // KiB, passes
	threads      uint8
	salt, sum    []byte
}

// New hashes cost 19 MiB and two passes, what OWASP's Password Storage Cheat Sheet asks at least. A configuration's may cost
// more, up to what a login can be allowed to cost.
const (
	argon2Memory  = 19 * 1024
	argon2Time    = 2
	argon2Threads = 1
	maxMemory     = 1024 * 1024
	maxTime       = 32
	maxThreads    = 16
	saltSize      = 16
	sumSize       = 32
)

// ErrPassword: a login's name or password is wrong. Which of the two nobody is told.
var ErrPassword = errors.New("line: wrong name or password")

// HashPassword makes the hash of a password for the configuration.
func HashPassword(password string) (Hash, error) {
	if password == "" {
		return Hash{}, errors.New("hash password: it is empty")
	}
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails
	h := argon2Hash{memory: argon2Memory, time: argon2Time, threads: argon2Threads, salt: salt}
	h.sum = h.of(password, sumSize)
	return Hash{text: h.String(), argon2: &h}, nil
}

func (h *argon2Hash) of(password string, size uint32) []byte {
	return argon2.IDKey([]byte(password), h.salt, h.time, h.memory, h.threads, size)
}

func (h *argon2Hash) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.memory, h.time, h.threads,
		b64.EncodeToString(h.salt), b64.EncodeToString(h.sum))
}

// ParseHash reads a hash. The error says what is wrong, without the hash.
func ParseHash(text string) (Hash, error) {
	switch {
	case text == "":
		return Hash{}, nil
	case strings.HasPrefix(text, "$argon2id$"):
		a, err := parseArgon2(text)
		if err != nil {
			return Hash{}, fmt.Errorf("password hash: argon2id: %w", err)
		}
		return Hash{text: text, argon2: a}, nil
	case strings.HasPrefix(text, "$2a$"), strings.HasPrefix(text, "$2b$"), strings.HasPrefix(text, "$2y$"):
		if _, err := bcrypt.Cost([]byte(text)); err != nil || len(text) != 60 {
			return Hash{}, errors.New("password hash: bcrypt: not 60 characters with a cost")
		}
		return Hash{text: text}, nil
	default:
		return Hash{}, errors.New("password hash: want $argon2id$… or $2y$… (never the password itself)")
	}
}

func parseArgon2(text string) (*argon2Hash, error) {
	fields := strings.Split(text, "$") // "", argon2id, v=19, m=…, salt, sum
	if len(fields) != 6 || fields[2] != "v=19" {
		return nil, errors.New("want $argon2id$v=19$m=…,t=…,p=…$salt$hash")
	}
	var h argon2Hash
	if n, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &h.memory, &h.time, &h.threads); n != 3 || err != nil {
		return nil, fmt.Errorf("parameters %q: want m=…,t=…,p=…", fields[3])
	}
	if h.memory < 8*uint32(h.threads) || h.memory > maxMemory || h.time < 1 || h.time > maxTime || h.threads < 1 || h.threads > maxThreads {
		return nil, fmt.Errorf("parameters %q: out of range", fields[3])
	}
	var err error
	if h.salt, err = base64.RawStdEncoding.DecodeString(fields[4]); err != nil || len(h.salt) < 8 || len(h.salt) > 64 {
		return nil, errors.New("salt: want 8 to 64 bytes in base64")
	}
	if h.sum, err = base64.RawStdEncoding.DecodeString(fields[5]); err != nil || len(h.sum) < 16 || len(h.sum) > 64 {
		return nil, errors.New("hash: want 16 to 64 bytes in base64")
	}
	return &h, nil
}

// Check reports whether the password is the one that was hashed. It takes as long for a wrong one.
func (h Hash) Check(password string) bool {
	switch {
	case h.argon2 != nil:
		return subtle.ConstantTimeCompare(h.argon2.of(password, uint32(len(h.argon2.sum))), h.argon2.sum) == 1
	case h.text != "":
		return bcrypt.CompareHashAndPassword([]byte(h.text), []byte(password)) == nil
	default:
		return false
	}
}

// Text is the hash as the configuration wants it.
func (h Hash) Text() string { return h.text }

// String is the kind of hash, without what could be tried against.
func (h Hash) String() string {
	switch {
	case h.argon2 != nil:
		return "argon2id"
	case h.text != "":
		return "bcrypt"
	default:
		return "none"
	}
}

// GoString is what String says.
func (h Hash) GoString() string { return h.String() }

// UnmarshalText reads what ParseHash reads.
func (h *Hash) UnmarshalText(text []byte) (err error) {
	*h, err = ParseHash(string(text))
	return err
}
