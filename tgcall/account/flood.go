package account

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// FloodError says that Telegram asked us to leave a method alone for a while.
type FloodError struct {
	Method string        // such as contacts.resolvePhone
	Wait   time.Duration // how much longer
}

// Error names the method and the wait.
func (e *FloodError) Error() string {
	return fmt.Sprintf("%s: telegram asks to wait %v", e.Method, e.Wait.Round(time.Second))
}

// Unwrap is the error as Telegram sends it, so that tgerr.AsFloodWait knows ours too.
func (e *FloodError) Unwrap() error {
	return tgerr.New(420, fmt.Sprintf("%s_%d", tgerr.ErrFloodWait, int(math.Ceil(e.Wait.Seconds()))))
}

// budget remembers which methods Telegram asked to leave alone, and until when. A method whose time has not come fails at once: whoever
// waits for its answer, a caller on the telephone perhaps, does not want to wait for minutes, and asking again makes the wait longer.
type budget struct {
	mu    sync.Mutex
	until map[string]time.Time // by method
}

func newBudget() *budget { return &budget{until: map[string]time.Time{}} }

// Handle implements telegram.Middleware.
func (b *budget) Handle(next tg.Invoker) telegram.InvokeFunc {
	return func(ctx context.Context, in bin.Encoder, out bin.Decoder) error {
		method := methodOf(in)
		if err := b.check(method); err != nil {
			return err
		}
		err := next.Invoke(ctx, in, out)
		if wait, ok := tgerr.AsFloodWait(err); ok {
			return b.spend(method, wait)
		}
		return err
	}
}

func methodOf(in bin.Encoder) string {
	if named, ok := in.(interface{ TypeName() string }); ok {
		return named.TypeName()
	}
	return fmt.Sprintf("%T", in)
}

func (b *budget) check(method string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	until, ok := b.until[method]
	if !ok {
		return nil
	}
	if wait := time.Until(until); wait > 0 {
		return &FloodError{Method: method, Wait: wait}
	}
	delete(b.until, method)
	return nil
}

// spend begins a wait of at least a second: FLOOD_WAIT_0 means that less than one is left.
func (b *budget) spend(method string, wait time.Duration) error {
	wait = max(wait, time.Second)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.until[method] = time.Now().Add(wait)
	return &FloodError{Method: method, Wait: wait}
}
