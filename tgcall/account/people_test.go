package account

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotd/td/tg"
)

func sight(p *people, u tg.User) { p.learn(map[int64]*tg.User{u.ID: &u}) }

// writing runs people's writer during f and until all is written.
func writing(t *testing.T, p *people, f func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- p.write(ctx) }()
	f()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestANumberHiddenNowIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := NewMemoryPeers()
		shown := tg.User{ID: 7, AccessHash: 70, Username: "ann", Phone: "4930111111"}
		hidden := shown
		hidden.Phone = ""
		for _, u := range []tg.User{shown, hidden} { // a new people each time, as after a restart
			p := newPeople(store, slog.New(slog.DiscardHandler))
			p.setSelf(1)
			writing(t, p, func() { sight(p, u) })
			time.Sleep(time.Hour)
		}

		p, err := store.ByPhone(t.Context(), 1, "4930111111")
		if err != nil || p.ID != 7 || time.Since(p.PhoneSeen) != 2*time.Hour || time.Since(p.Seen) != time.Hour {
			t.Errorf("found %+v, %v", p, err)
		}
	})
}

func TestAnUnchangedPersonIsWrittenOnceAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &countingPeers{MemoryPeers: NewMemoryPeers()}
		p := newPeople(store, slog.New(slog.DiscardHandler))
		p.setSelf(1)
		writing(t, p, func() {
			for range 120 { // minutes
				sight(p, tg.User{ID: 7, AccessHash: 70})
				sight(p, tg.User{ID: 8, AccessHash: 80})
				time.Sleep(time.Minute)
			}
		})
		if store.puts != 2 {
			t.Errorf("written %d times in two hours", store.puts)
		}
	})
}

func TestNobodyIsLearnedBeforeTheLogin(t *testing.T) {
	p := newPeople(NewMemoryPeers(), slog.New(slog.DiscardHandler))
	sight(p, tg.User{ID: 7, AccessHash: 70})
	if len(p.news) != 0 {
		t.Error("learned for an account that we do not know")
	}
}

type countingPeers struct {
	*MemoryPeers
	puts int
}

func (c *countingPeers) Put(ctx context.Context, self int64, people ...Peer) error {
	c.puts++
	return c.MemoryPeers.Put(ctx, self, people...)
}

func TestCollectibleUsernames(t *testing.T) {
	u := tg.User{Usernames: []tg.Username{{Username: "old"}, {Username: "gold", Active: true}}}
	if got := personOf(&u).Username; got != "gold" {
		t.Errorf("username is %q", got)
	}
}
