package account

import (
	"context"
	"errors"
)

// FileSession keeps a session in a file sealed with AES-256-GCM. It is safe for concurrent use.
type FileSession struct{ path string }

// NewFileSession keeps the session in the file at path, sealed with the 32-byte key. It touches nothing yet.
func NewFileSession(path string, key []byte) (*FileSession, error) { return nil, errors.ErrUnsupported }

// LoadSession implements gotd's session.Storage.
func (f *FileSession) LoadSession(context.Context) ([]byte, error) { return nil, errors.ErrUnsupported }

// StoreSession implements gotd's session.Storage.
func (f *FileSession) StoreSession(context.Context, []byte) error { return errors.ErrUnsupported }

// LoadKey reads the key in the file at path, and makes file and key on first use.
func LoadKey(path string) ([]byte, error) { return nil, errors.ErrUnsupported }

// ParseKey reads a key as LoadKey writes it: 32 bytes in hexadecimal digits. For keys from the environment.
func ParseKey(text string) ([]byte, error) { return nil, errors.ErrUnsupported }
