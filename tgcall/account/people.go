package account

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/gotd/td/tg"
)

const (
	// learnAgain is how old what we know of a person must be before an unchanged sighting is written again.
	learnAgain = time.Hour
	// unknownFor is how long somebody not found is not asked for again.
	unknownFor = time.Minute
	// mostUnknown bounds how many of these are remembered.
	mostUnknown = 1000
	// newsSize is how many people wait to be written to the store. When there are more, the rest is remembered until exit only.
	newsSize = 1024
	// writeEvery is how long people are collected for one Put to the store, which may be a file.
	writeEvery = 2 * time.Second
	// writeTimeout bounds one Put, also the last one at the end.
	writeTimeout = 5 * time.Second
)

// people is who the account has met. It answers from memory first, so that an update is not held up by the store, and writes to the
// store from its own goroutine.
type people struct {
	store PeerStore
	log   *slog.Logger
	seen  *MemoryPeers
	news  chan Peer

	mu      sync.Mutex
	self    int64                // whose access hashes these are; 0: not logged in yet
	unknown map[string]time.Time // target: when we asked in vain
}

func newPeople(store PeerStore, log *slog.Logger) *people {
	return &people{
		store:   store,
		log:     log,
		seen:    NewMemoryPeers(),
		news:    make(chan Peer, newsSize),
		unknown: map[string]time.Time{},
	}
}

func (p *people) setSelf(id int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.self = id
}

func (p *people) whose() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.self
}

// learn remembers users an update or an answer came with. It does not block.
func (p *people) learn(users map[int64]*tg.User) {
	for _, u := range users {
		if addressable(u) {
			p.remember(personOf(u))
		}
	}
}

func (p *people) remember(now Person) {
	ctx, self := context.Background(), p.whose()
	if self == 0 {
		return
	}
	old, err := p.seen.ByID(ctx, self, now.ID)
	peer := newer(old, now)
	if err == nil && old.Person == peer.Person && time.Since(old.Seen) < learnAgain {
		return
	}
	_ = p.seen.Put(ctx, self, peer) // memory does not fail
	select {
	case p.news <- peer:
	default:
		p.log.Debug("people come faster than they are written")
	}
}

// newer takes what Telegram says now over what it said before, except for a number that it does not show this time.
func newer(old Peer, now Person) Peer {
	peer := Peer{Person: now, Seen: time.Now()}
	if now.Phone != "" {
		peer.PhoneSeen = peer.Seen
	} else {
		peer.Phone, peer.PhoneSeen = old.Phone, old.PhoneSeen
	}
	return peer
}

// find looks in memory, then in the store.
func (p *people) find(ctx context.Context, t target) (Peer, error) {
	self := p.whose()
	peer, err := findIn(ctx, p.seen, self, t)
	if err != nil {
		peer, err = findIn(ctx, p.store, self, t)
	}
	return peer, err
}

func findIn(ctx context.Context, store PeerStore, self int64, t target) (Peer, error) {
	switch t.kind {
	case byID:
		return store.ByID(ctx, self, t.id)
	case byUsername:
		return store.ByUsername(ctx, self, t.value)
	default:
		return store.ByPhone(ctx, self, t.value)
	}
}

// isContact says that the person is in the account's contacts, as far as we know.
func (p *people) isContact(ctx context.Context, id int64) bool {
	peer, err := p.find(ctx, target{kind: byID, id: id})
	return err == nil && peer.Contact
}

// forget removes a person, whose access hash has turned out to be wrong.
func (p *people) forget(ctx context.Context, id int64) {
	self := p.whose()
	_ = p.seen.Forget(ctx, self, id) // memory does not fail
	if err := p.store.Forget(ctx, self, id); err != nil {
		p.log.Warn("person not forgotten", "err", err)
	}
}

// missed remembers that Telegram knows nobody under t.
func (p *people) missed(t target) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.unknown) >= mostUnknown {
		clear(p.unknown)
	}
	p.unknown[t.String()] = time.Now()
}

// missing says that Telegram knew nobody under t a moment ago.
func (p *people) missing(t target) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	asked, ok := p.unknown[t.String()]
	return ok && time.Since(asked) < unknownFor
}

// write puts news into the store, a batch at a time, until ctx ends and nothing is left.
func (p *people) write(ctx context.Context) error {
	for last := false; !last; {
		last = ctx.Err() != nil // then collect only empties the queue
		p.put(ctx, p.collect(ctx))
	}
	return nil
}

// collect waits for news, and then a while for more.
func (p *people) collect(ctx context.Context) map[int64]Peer {
	batch := map[int64]Peer{}
	var enough <-chan time.Time
	for {
		select {
		case peer := <-p.news:
			batch[peer.ID] = peer
			if enough == nil {
				enough = time.After(writeEvery)
			}
			continue
		case <-enough:
			return batch
		case <-ctx.Done():
		}
		for len(p.news) > 0 { // nobody else reads
			peer := <-p.news
			batch[peer.ID] = peer
		}
		return batch
	}
}

func (p *people) put(ctx context.Context, batch map[int64]Peer) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	self, all := p.whose(), make([]Peer, 0, len(batch))
	for id, peer := range batch {
		if old, err := p.store.ByID(ctx, self, id); err == nil && peer.Phone == "" {
			peer.Phone, peer.PhoneSeen = old.Phone, old.PhoneSeen
		}
		all = append(all, peer)
	}
	if len(all) == 0 {
		return
	}
	if err := p.store.Put(ctx, self, all...); err != nil {
		p.log.Warn("people not written", "err", err)
	}
}
