package tgcall

import (
	"context"
	"time"

	"github.com/gotd/td/tg"
)

// Live is a call as a journal remembers it: what is needed to end it after a crash.
type Live struct {
	ID         int64
	AccessHash int64
	Outgoing   bool
	Began      time.Time // to the second
}

// Journal remembers the live calls of one account where a crash of this program does not reach: without it the other side's phone
// shows "reconnecting" for 20 s, or goes on ringing. Its methods may be called at once. FileJournal is one.
type Journal interface {
	// Began is told of a call before anybody rings for it.
	Began(Live) error
	// Ended is told of one that Telegram knows to be over.
	Ended(id int64) error
	// Left are those that began and did not end, oldest first: at the start of the program, those of its last life.
	Left() ([]Live, error)
}

// leftFor is how long a call that was left is worth ending. None lasts longer whose one side is gone.
const leftFor = 24 * time.Hour

// began notes a call. One that cannot be noted is made all the same.
func (c *Client) began(call *Call, id, hash int64) {
	if c.o.Journal == nil {
		return
	}
	if err := c.o.Journal.Began(Live{ID: id, AccessHash: hash, Outgoing: call.outgoing, Began: time.Now()}); err != nil {
		c.o.Log.Warn("telegram call not in the journal", "tg_call_id", id, "err", err)
	}
}

// ended forgets a call that Telegram knows to be over.
func (c *Client) ended(id int64) {
	if c.o.Journal == nil || id == 0 {
		return
	}
	if err := c.o.Journal.Ended(id); err != nil {
		c.o.Log.Warn("end of a telegram call not in the journal", "tg_call_id", id, "err", err)
	}
}

// left are the calls of the program's last life. They do not ring again.
func (c *Client) left() []Live {
	if c.o.Journal == nil {
		return nil
	}
	left, err := c.o.Journal.Left()
	if err != nil {
		c.o.Log.Warn("journal of telegram calls not read", "err", err)
	}
	for _, l := range left {
		c.registry.forget(l.ID)
	}
	return left
}

// endLeft ends calls of the program's last life. To both sides that is a connection that was lost. A call that Telegram cannot be
// told of stays in the journal, for the next time.
func (c *Client) endLeft(ctx context.Context, left []Live) {
	for _, l := range left {
		fresh := time.Since(l.Began) < leftFor
		if ctx.Err() != nil || fresh && c.discard(ctx, tg.InputPhoneCall{ID: l.ID, AccessHash: l.AccessHash}, Disconnect, 0) != nil {
			continue
		}
		c.o.Log.Info("telegram call of the last run ended", "tg_call_id", l.ID)
		c.ended(l.ID)
	}
}
