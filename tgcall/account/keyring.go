package account

import (
	"context"
	"sync"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/session"
)

// keyring knows the authorisation keys of the connections, so that order can look into their messages.
type keyring struct {
	mu   sync.Mutex
	last crypto.AuthKey
	keys map[[8]byte]crypto.AuthKey // by id; gotd makes a new one after a migration, or if the server forgot the old
}

// learn takes the key out of a session as gotd stores it. It reports whether the key replaced another.
func (k *keyring) learn(stored []byte) (changed bool) {
	key, ok := storedKey(stored)
	k.mu.Lock()
	defer k.mu.Unlock()
	if !ok || key.ID == k.last.ID {
		return false
	}
	changed = !k.last.Zero()
	if k.keys == nil {
		k.keys = map[[8]byte]crypto.AuthKey{}
	}
	k.last, k.keys[key.ID] = key, key
	return changed
}

func storedKey(stored []byte) (crypto.AuthKey, bool) {
	data, err := (&session.Loader{Storage: storedSession(stored)}).Load(context.Background())
	if err != nil {
		return crypto.AuthKey{}, false
	}
	var value crypto.Key
	copy(value[:], data.AuthKey)
	key := value.WithID()
	return key, !key.Zero()
}

// storedSession is a session.Storage that only reads.
type storedSession []byte

// LoadSession implements session.Storage.
func (s storedSession) LoadSession(context.Context) ([]byte, error) { return s, nil }

// StoreSession implements session.Storage.
func (s storedSession) StoreSession(context.Context, []byte) error { return nil }

// countUpdates is how many updates objects an encrypted message has. It leaves the message alone.
func (k *keyring) countUpdates(message []byte) int {
	var encrypted crypto.EncryptedMessage
	if err := encrypted.DecodeWithoutCopy(&bin.Buffer{Buf: message}); err != nil {
		return 0
	}
	k.mu.Lock()
	key, ok := k.keys[encrypted.AuthKeyID]
	k.mu.Unlock()
	if !ok {
		return 0
	}
	data, err := crypto.NewClientCipher(nil).Decrypt(key, &encrypted) // nil: random numbers are for encryption only
	if err != nil {
		return 0
	}
	return countUpdates(data.Data(), 0)
}

// watchedSession is a session storage that tells a keyring the key it sees.
type watchedSession struct {
	session.Storage
	keys    *keyring
	changed func() // the key was replaced while connected: the server does not know the old one any more
}

// LoadSession implements session.Storage.
func (w watchedSession) LoadSession(ctx context.Context) ([]byte, error) {
	stored, err := w.Storage.LoadSession(ctx)
	if err == nil {
		w.keys.learn(stored)
	}
	return stored, err
}

// StoreSession implements session.Storage.
func (w watchedSession) StoreSession(ctx context.Context, stored []byte) error {
	if w.keys.learn(stored) {
		w.changed()
	}
	return w.Storage.StoreSession(ctx, stored)
}
