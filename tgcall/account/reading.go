package account

import (
	"context"
	"errors"

	"github.com/gotd/td/telegram/updates"
)

// readTo is how far an account has read: the positions of Telegram's sequences (https://core.telegram.org/api/updates).
type readTo struct {
	Pts  int `json:"pts"`
	Qts  int `json:"qts"`
	Date int `json:"date"`
	Seq  int `json:"seq"`
}

// reading shows a Ledger to gotd's updates.Manager. What is posted in channels is not caught up with: nobody calls from there.
type reading struct{ *Ledger }

var _ updates.StateStorage = reading{}

// errNotRead is what gotd wants to hear of somebody who has no position yet.
var errNotRead = errors.New("no position in the updates of that account")

// GetState implements updates.StateStorage.
func (r reading) GetState(_ context.Context, self int64) (updates.State, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.content.Read == nil || r.content.Self != self {
		return updates.State{}, false, nil
	}
	return updates.State(*r.content.Read), true, nil
}

// SetState implements updates.StateStorage.
func (r reading) SetState(_ context.Context, self int64, to updates.State) error {
	r.mu.Lock()
	r.content.Self, r.content.Read = self, (*readTo)(&to)
	r.mu.Unlock()
	poke(r.news)
	return nil
}

func (r reading) set(self int64, change func(*readTo)) error {
	r.mu.Lock()
	known := r.content.Read != nil && r.content.Self == self
	if known {
		change(r.content.Read)
	}
	r.mu.Unlock()
	if !known {
		return errNotRead
	}
	poke(r.news)
	return nil
}

// SetPts implements updates.StateStorage.
func (r reading) SetPts(_ context.Context, self int64, pts int) error {
	return r.set(self, func(to *readTo) { to.Pts = pts })
}

// SetQts implements updates.StateStorage.
func (r reading) SetQts(_ context.Context, self int64, qts int) error {
	return r.set(self, func(to *readTo) { to.Qts = qts })
}

// SetDate implements updates.StateStorage.
func (r reading) SetDate(_ context.Context, self int64, date int) error {
	return r.set(self, func(to *readTo) { to.Date = date })
}

// SetSeq implements updates.StateStorage.
func (r reading) SetSeq(_ context.Context, self int64, seq int) error {
	return r.set(self, func(to *readTo) { to.Seq = seq })
}

// SetDateSeq implements updates.StateStorage.
func (r reading) SetDateSeq(_ context.Context, self int64, date, seq int) error {
	return r.set(self, func(to *readTo) { to.Date, to.Seq = date, seq })
}

// GetChannelPts implements updates.StateStorage: no channel is known.
func (reading) GetChannelPts(context.Context, int64, int64) (int, bool, error) { return 0, false, nil }

// SetChannelPts implements updates.StateStorage.
func (reading) SetChannelPts(context.Context, int64, int64, int) error { return nil }

// ForEachChannels implements updates.StateStorage.
func (reading) ForEachChannels(context.Context, int64, func(context.Context, int64, int) error) error {
	return nil
}
