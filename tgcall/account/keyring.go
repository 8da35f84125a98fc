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
	last *session.Data              // nil: none yet
	keys map[[8]byte]crypto.AuthKey // by id; gotd makes a new one after a migration, or if the server forgot the old
}

// learn takes the key out of a session as gotd stores it. If the key replaced another, before is the session that had that one.
func (k *keyring) learn(stored []byte) (before, now *session.Data) {
	now, key, ok := openStored(stored)
	k.mu.Lock()
	defer k.mu.Unlock()
	if !ok {
		return nil, nil
	}
	if _, known := k.keys[key.ID]; !known {
		before = k.last
	}
	if k.keys == nil {
		k.keys = map[[8]byte]crypto.AuthKey{}
	}
	k.last, k.keys[key.ID] = now, key
	return before, now
}

// home is the data centre that made the last key; 0: there is none.
func (k *keyring) home() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.last == nil {
		return 0
	}
	return k.last.DC
}

func openStored(stored []byte) (*session.Data, crypto.AuthKey, bool) {
	data, err := (&session.Loader{Storage: storedSession(stored)}).Load(context.Background())
	if err != nil {
		return nil, crypto.AuthKey{}, false
	}
	var value crypto.Key
	copy(value[:], data.AuthKey)
	key := value.WithID()
	return data, key, !key.Zero()
}

// storedSession is a session.Storage that only reads.
type storedSession []byte

// LoadSession implements session.Storage.
func (s storedSession) LoadSession(context.Context) ([]byte, error) { return s, nil }

// StoreSession implements session.Storage.
func (s storedSession) StoreSession(context.Context, []byte) error { return nil }

// look sees what an encrypted message has in it. It leaves the message alone.
func (k *keyring) look(message []byte) (seen glance) {
	var encrypted crypto.EncryptedMessage
	if err := encrypted.DecodeWithoutCopy(&bin.Buffer{Buf: message}); err != nil {
		return seen
	}
	k.mu.Lock()
	key, ok := k.keys[encrypted.AuthKeyID]
	k.mu.Unlock()
	if !ok {
		return seen
	}
	data, err := crypto.NewClientCipher(nil).Decrypt(key, &encrypted) // nil: random numbers are for encryption only
	if err != nil {
		return seen
	}
	seen.look(data.Data(), 0)
	return seen
}

// watchedSession is a session storage that tells a keyring the key it sees.
type watchedSession struct {
	session.Storage
	keys    *keyring
	changed func(before, now *session.Data) // the key was replaced while connected
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
	if before, now := w.keys.learn(stored); before != nil {
		w.changed(before, now)
	}
	return w.Storage.StoreSession(ctx, stored)
}
