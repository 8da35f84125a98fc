package account

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/gotd/td/session"
)

var (
	// ErrWrongKey says that a session file was sealed with another key.
	ErrWrongKey = errors.New("sealed with another key")
	// ErrDamaged says that a session file is not one, or not whole.
	ErrDamaged = errors.New("damaged, or not a session file: remove it and log in again")
)

// A session file is sessionMagic, eight bytes that tell keys apart, a random nonce of 12 bytes, and the session sealed with AES-256-GCM,
// which also covers the first two.
const (
	sessionMagic = "switchgram session 1\n"
	keyNameSize  = 8
)

// FileSession keeps a session in a file sealed with AES-256-GCM. It is safe for concurrent use; two processes should not share a file,
// because Telegram ends a session that is used from two places.
type FileSession struct {
	path   string
	header []byte
	seal   cipher.AEAD
	mu     sync.Mutex // the file
}

var _ session.Storage = (*FileSession)(nil)

// NewFileSession keeps the session in the file at path, sealed with the key of KeySize bytes. It touches nothing yet.
func NewFileSession(path string, key []byte) (*FileSession, error) {
	if path == "" {
		return nil, errors.New("session file: no path")
	}
	seal, err := newSeal(key)
	if err != nil {
		return nil, fmt.Errorf("session file %s: %w", path, err)
	}
	return &FileSession{path: path, header: sessionHeader(key), seal: seal}, nil
}

func newSeal(key []byte) (cipher.AEAD, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("key has %d bytes, want %d", len(key), KeySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// sessionHeader is the magic and a name of the key that does not give it away.
func sessionHeader(key []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(sessionMagic))
	return append([]byte(sessionMagic), h.Sum(nil)[:keyNameSize]...)
}

// LoadSession implements gotd's session.Storage. Errors: session.ErrNotFound, ErrExposed, ErrWrongKey, ErrDamaged.
func (f *FileSession) LoadSession(context.Context) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	sealed, err := readPrivate("session file", f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, session.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	plain, err := f.open(sealed)
	if err != nil {
		return nil, fmt.Errorf("session file %s: %w", f.path, err)
	}
	return plain, nil
}

func (f *FileSession) open(sealed []byte) ([]byte, error) {
	if len(sealed) < len(f.header) || !bytes.HasPrefix(sealed, []byte(sessionMagic)) {
		return nil, ErrDamaged
	}
	if !bytes.HasPrefix(sealed, f.header) {
		return nil, ErrWrongKey
	}
	plain, err := f.seal.Open(nil, nil, sealed[len(f.header):], f.header)
	if err != nil {
		return nil, ErrDamaged
	}
	return plain, nil
}

// StoreSession implements gotd's session.Storage. A crash leaves either the old session or the new.
func (f *FileSession) StoreSession(_ context.Context, data []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	sealed := f.seal.Seal(bytes.Clone(f.header), nil, data, f.header)
	if err := writePrivate(f.path, sealed); err != nil {
		return fmt.Errorf("session file: %w", err)
	}
	return nil
}
