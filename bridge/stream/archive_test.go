package stream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"switchgram/bridge"
)

// shelf is an Archive for tests, which can be made to fail.
type shelf struct {
	mu    sync.Mutex
	all   []Entry
	next  int64
	away  bool
	asked int // for events
}

var errAway = errors.New("the archive is away")

// add keeps events of calls.
func (s *shelf) add(kind bridge.EventKind, line string, calls ...string) {
	for _, call := range calls {
		ev := bridge.Event{Version: bridge.EventVersion, Kind: kind, At: time.Unix(1_800_000_000, 0).UTC(), Call: bridge.CallID(call), Line: line}
		text, err := json.Marshal(ev)
		if err != nil {
			panic(err)
		}
		s.put(Entry{Kind: kind, Line: line, JSON: text})
	}
}

func (s *shelf) put(e Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	e.ID = s.next
	s.all = append(s.all, e)
}

// change does something to the shelf.
func (s *shelf) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *shelf) EventsAfter(_ context.Context, id int64, limit int) (found []Entry, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked++; s.away {
		return nil, errAway
	}
	if len(s.all) == 0 {
		return nil, nil
	}
	first := max(id+1-s.all[0].ID, 0) // places follow each other here
	for _, e := range s.all[min(first, int64(len(s.all))):] {
		if len(found) < limit {
			found = append(found, e)
		}
	}
	return found, nil
}

func (s *shelf) EventsKept(context.Context) (first, last int64, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.away:
		return 0, 0, errAway
	case len(s.all) == 0:
		return 0, 0, nil
	}
	return s.all[0].ID, s.all[len(s.all)-1].ID, nil
}

// names are the names of n calls.
func names(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprint("call-", i))
	}
	return all
}
