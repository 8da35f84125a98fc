package sip

import (
	"context"
	"log/slog"
	"sync"
)

// hush is the log handler for sipgo. What sipgo calls an error is mostly some stranger's broken datagram, so everything of it is for
// debugging; it logs those whole, with credentials and all, which is not to be; and its readers of TCP connections log after the agent
// has ended, which would surprise whoever closes the log then.
type hush struct {
	next slog.Handler
	end  *silence // shared by all derived handlers
}

// silence falls when the agent has ended.
type silence struct {
	mu     sync.RWMutex
	fallen bool
}

func newHush(log *slog.Logger) hush { return hush{next: log.Handler(), end: &silence{}} }

func (s *silence) fall() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fallen = true
}

// Enabled implements [slog.Handler].
func (h hush) Enabled(ctx context.Context, _ slog.Level) bool {
	return h.next.Enabled(ctx, slog.LevelDebug)
}

// Handle implements [slog.Handler].
func (h hush) Handle(ctx context.Context, r slog.Record) error {
	h.end.mu.RLock()
	defer h.end.mu.RUnlock()
	if h.end.fallen {
		return nil
	}
	out := slog.NewRecord(r.Time, slog.LevelDebug, "sipgo: "+r.Message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		if a.Key != "data" && a.Key != "msg" && a.Key != "req" {
			out.AddAttrs(a)
		}
		return true
	})
	return h.next.Handle(ctx, out)
}

// WithAttrs implements [slog.Handler].
func (h hush) WithAttrs(attrs []slog.Attr) slog.Handler { return hush{h.next.WithAttrs(attrs), h.end} }

// WithGroup implements [slog.Handler].
func (h hush) WithGroup(name string) slog.Handler { return hush{h.next.WithGroup(name), h.end} }
