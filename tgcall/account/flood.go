package account

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// peerFlood is Telegram's error for an account that approached too many people who do not know it.
const peerFlood = "PEER_FLOOD"

// FloodError says that Telegram asked us to leave a method alone for a while.
type FloodError struct {
	Method    string        // such as contacts.resolvePhone
	Wait      time.Duration // how much longer
	Strangers bool          // only people who are no contacts are to be left alone; how long is our guess (PEER_FLOOD)
}

// Error names the method and the wait.
func (e *FloodError) Error() string {
	if e.Strangers {
		return fmt.Sprintf("%s: telegram finds that this account approaches too many people: only contacts for %v", e.Method, e.Wait.Round(time.Second))
	}
	return fmt.Sprintf("%s: telegram asks to wait %v", e.Method, e.Wait.Round(time.Second))
}

// Unwrap is the error as Telegram sends it, so that tgerr.AsFloodWait knows ours too.
func (e *FloodError) Unwrap() error {
	if e.Strangers {
		return tgerr.New(400, peerFlood)
	}
	return tgerr.New(420, fmt.Sprintf("%s_%d", tgerr.ErrFloodWait, int(math.Ceil(e.Wait.Seconds()))))
}

// budget heeds which methods Telegram asked to leave alone. One whose time has not come fails at once: whoever waits for its answer, a caller
// on the telephone perhaps, does not want to wait for minutes, and asking again makes the wait longer. Each method has its own wait, so
// that people who cannot be looked up now do not keep those from being called who are known.
type budget struct {
	ledger *Ledger
	log    *slog.Logger
}

// Handle implements telegram.Middleware.
func (b *budget) Handle(next tg.Invoker) telegram.InvokeFunc {
	return func(ctx context.Context, in bin.Encoder, out bin.Decoder) error {
		method := methodOf(in)
		if wait := b.ledger.wait(method); wait > 0 {
			return &FloodError{Method: method, Wait: wait}
		}
		err := next.Invoke(ctx, in, out)
		if wait, ok := tgerr.AsFloodWait(err); ok {
			return b.spend(method, &FloodError{Method: method, Wait: max(wait, time.Second)}) // FLOOD_WAIT_0: less than a second is left
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

// spend begins a wait.
func (b *budget) spend(what string, e *FloodError) error {
	if err := b.ledger.hold(what, e.Wait); err != nil {
		b.log.Warn("wait is not written, and forgotten at a restart", "err", err)
	}
	return e
}
