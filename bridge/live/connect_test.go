package live_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"switchgram/bridge"
)

// phones are telephones that refuse at once, and remember for how long they were to ring.
type phones struct {
	mu   sync.Mutex
	rang map[string]time.Duration
}

// Dial implements bridge.Dialer.
func (p *phones) Dial(_ context.Context, to bridge.Address, o bridge.DialOptions) (bridge.Leg, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rang[to.User] = o.Timeout
	l := newCaller()
	l.end(bridge.Ended{Cause: bridge.UserBusy, Remote: true})
	return l, nil
}

const several = `{"name": "several", "context": "public", "destination_number": ["1"], "callflow": [{"bridge": {"global": {"call_timeout": 30},
	"endpoints": [{"type": "user", "name": "101", "parameters": {"leg_timeout": 12}}, {"type": "user", "name": "102"}, {"type": "user", "name": "103", "parameters": {"leg_timeout": 99}}]}},
	{"hangup": "NO_ANSWER"}]}`

func TestEachOfSeveralRingsForAsLongAsTheScriptSays(t *testing.T) {
	w := newTown(t)
	client := newClient()
	defer client.Close()
	r, _ := run(t, options(folderOf(t, w.server.URL, several), client))
	p := &phones{rang: map[string]time.Duration{}}
	b, err := bridge.New(bridge.Options{Default: r, Sink: r, Dialers: map[string]bridge.Dialer{"sip": p}})
	must(t, err)
	b.Handle(t.Context(), newCaller(), bridge.Address{Scheme: "sip", User: "1000"})
	for user, most := range map[string]time.Duration{"101": 12 * time.Second, "102": 30 * time.Second, "103": 30 * time.Second} {
		if got := p.rang[user]; got > most || got < most-5*time.Second {
			t.Errorf("%s was to ring for %s, want %s", user, got, most)
		}
	}
}
