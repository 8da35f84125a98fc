package mtproto

import (
	"crypto/rand"
	"encoding/binary"
	"sync"
	"time"

	"github.com/gotd/td/crypto"
)

// KeyID names an authorisation key: the low 64 bits of its SHA-1.
type KeyID [8]byte

// AuthKey is a key that the server made itself, for a client that shall not need a key exchange.
type AuthKey struct {
	Key  crypto.AuthKey
	Salt int64
}

// entry is what the server knows of a key.
type entry struct {
	key     crypto.AuthKey
	salt    int64
	perm    KeyID     // the permanent key that this temporary one stands for; its own id if it is not bound
	expires time.Time // of a temporary key; zero: never
}

// keyring holds every key; it only grows, by one for each client that does the key exchange.
type keyring struct {
	mu   sync.RWMutex
	keys map[KeyID]*entry
}

func newKeyring() *keyring { return &keyring{keys: map[KeyID]*entry{}} }

func (r *keyring) add(k crypto.AuthKey, salt int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys[k.ID] = &entry{key: k, salt: salt, perm: k.ID}
}

// get returns a copy of what is known of a key that is good now.
func (r *keyring) get(id KeyID) (entry, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	e, ok := r.keys[id]
	if !ok || !e.expires.IsZero() && time.Now().After(e.expires) {
		return entry{}, false
	}
	return *e, true
}

// bind makes temp stand for perm until expires.
func (r *keyring) bind(temp, perm KeyID, expires time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e, ok := r.keys[temp]; ok {
		e.perm, e.expires = perm, expires
	}
}

// renew gives a key another salt.
func (r *keyring) renew(id KeyID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e, ok := r.keys[id]; ok {
		e.salt = random64()
	}
}

// salt is the one that is good now; 0 for a key that is not there.
func (r *keyring) salt(id KeyID) int64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if e, ok := r.keys[id]; ok {
		return e.salt
	}
	return 0
}

// permanent is the key that id stands for.
func (r *keyring) permanent(id KeyID) KeyID {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if e, ok := r.keys[id]; ok {
		return e.perm
	}
	return id
}

// NewKey makes a key and remembers it, so that a client which is given it connects without a key exchange.
func (s *Server) NewKey() AuthKey {
	var k crypto.Key
	_, _ = rand.Read(k[:]) // never fails: crypto/rand
	a := AuthKey{Key: k.WithID(), Salt: random64()}
	s.keys.add(a.Key, a.Salt)
	return a
}

func random64() int64 {
	var b [8]byte
	_, _ = rand.Read(b[:])
	return int64(binary.LittleEndian.Uint64(b[:]))
}
