package account

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
)

// Peer is a person as a PeerStore remembers them.
type Peer struct {
	Person
	Seen      time.Time `json:"seen"`       // when Telegram last told us of them
	PhoneSeen time.Time `json:"phone_seen"` // when it last said that the number is theirs; zero: never
}

// PeerStore remembers people and their access hashes, without which a person met before cannot be addressed by id alone. Hashes
// belong to the account that was given them: self is its id. Implementations are safe for concurrent use. A person who is not there
// is ErrUnknownPerson.
type PeerStore interface {
	// Put remembers people, each replacing what was known under the same id.
	Put(ctx context.Context, self int64, people ...Peer) error
	// Forget removes somebody; it is no error if they are not there.
	Forget(ctx context.Context, self, id int64) error
	ByID(ctx context.Context, self, id int64) (Peer, error)
	ByUsername(ctx context.Context, self int64, name string) (Peer, error) // without "@", any case
	ByPhone(ctx context.Context, self int64, phone string) (Peer, error)   // digits with country code
}

// mostPeers is how many people of one account MemoryPeers remembers. When there are more, those not seen for longest are forgotten, a
// tenth of all at a time.
const mostPeers = 10_000

// MemoryPeers is a PeerStore that forgets everything at exit. It remembers 10,000 people of an account, those seen last.
type MemoryPeers struct {
	mu    sync.Mutex
	books map[int64]*book // by account
}

// book is the people of one account.
type book struct {
	byID    map[int64]Peer
	byName  map[string]int64 // lower case
	byPhone map[string]int64
}

// NewMemoryPeers returns an empty store.
func NewMemoryPeers() *MemoryPeers {
	return &MemoryPeers{books: map[int64]*book{}}
}

// Put implements PeerStore.
func (m *MemoryPeers) Put(_ context.Context, self int64, people ...Peer) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.books[self]
	if b == nil {
		b = &book{byID: map[int64]Peer{}, byName: map[string]int64{}, byPhone: map[string]int64{}}
		m.books[self] = b
	}
	for _, p := range people {
		b.put(p)
	}
	if len(b.byID) > mostPeers {
		b.forget(len(b.byID) - mostPeers + mostPeers/10)
	}
	return nil
}

// Forget implements PeerStore.
func (m *MemoryPeers) Forget(_ context.Context, self, id int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b := m.books[self]; b != nil {
		b.drop(id)
	}
	return nil
}

// ByID implements PeerStore.
func (m *MemoryPeers) ByID(_ context.Context, self, id int64) (Peer, error) {
	return m.find(self, func(b *book) (int64, bool) { return id, true })
}

// ByUsername implements PeerStore.
func (m *MemoryPeers) ByUsername(_ context.Context, self int64, name string) (Peer, error) {
	return m.find(self, func(b *book) (int64, bool) {
		id, ok := b.byName[strings.ToLower(name)]
		return id, ok
	})
}

// ByPhone implements PeerStore.
func (m *MemoryPeers) ByPhone(_ context.Context, self int64, phone string) (Peer, error) {
	return m.find(self, func(b *book) (int64, bool) {
		id, ok := b.byPhone[phone]
		return id, ok
	})
}

func (m *MemoryPeers) find(self int64, key func(*book) (int64, bool)) (Peer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b := m.books[self]; b != nil {
		if id, ok := key(b); ok {
			if p, ok := b.byID[id]; ok {
				return p, nil
			}
		}
	}
	return Peer{}, ErrUnknownPerson
}

// put also takes the name and the number from whoever had them: Telegram gives each to one person at a time.
func (b *book) put(p Peer) {
	b.drop(p.ID)
	b.byID[p.ID] = p
	if p.Username != "" {
		b.byName[strings.ToLower(p.Username)] = p.ID
	}
	if p.Phone != "" {
		b.byPhone[p.Phone] = p.ID
	}
}

func (b *book) drop(id int64) {
	old := b.byID[id]
	if name := strings.ToLower(old.Username); b.byName[name] == id {
		delete(b.byName, name)
	}
	if b.byPhone[old.Phone] == id {
		delete(b.byPhone, old.Phone)
	}
	delete(b.byID, id)
}

func (b *book) forget(n int) {
	for _, p := range b.people()[:n] {
		b.drop(p.ID)
	}
}

// people are all of them, the one not seen for longest first.
func (b *book) people() []Peer {
	all := make([]Peer, 0, len(b.byID))
	for _, p := range b.byID {
		all = append(all, p)
	}
	slices.SortFunc(all, func(x, y Peer) int { return x.Seen.Compare(y.Seen) })
	return all
}
