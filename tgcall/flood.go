package tgcall

import (
	"sync"
	"time"

	"github.com/gotd/td/tgerr"
)

// flood remembers which methods Telegram asked us to leave alone, and until when. A method whose time has not come fails at once:
// somebody waits with a telephone at the ear, and asking again makes the wait longer.
type flood struct {
	mu    sync.Mutex
	until map[string]time.Time // by method
}

func newFlood() *flood { return &flood{until: map[string]time.Time{}} }

// check is *FloodError while a method must not be used.
func (f *flood) check(method string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if wait := time.Until(f.until[method]); wait > 0 {
		return &FloodError{Method: method, Wait: wait}
	}
	delete(f.until, method)
	return nil
}

// learn makes *FloodError of Telegram's FLOOD_WAIT and remembers it; other errors it names.
func (f *flood) learn(method string, err error) error {
	wait, ok := tgerr.AsFloodWait(err)
	if !ok {
		return refusal(method, err)
	}
	wait = max(wait, time.Second) // FLOOD_WAIT_0: less than one is left
	f.mu.Lock()
	defer f.mu.Unlock()
	f.until[method] = time.Now().Add(wait)
	return &FloodError{Method: method, Wait: wait}
}

// use calls a method unless it must be left alone.
func (f *flood) use(method string, call func() error) error {
	if err := f.check(method); err != nil {
		return err
	}
	return f.learn(method, call())
}
