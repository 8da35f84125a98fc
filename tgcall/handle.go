package tgcall

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/gotd/td/tg"
)

// clockSkew is how wrong our clock may be before it makes calls look stale that are not. A stale call that passes for a fresh
// one does no harm: phone.receivedCall fails.
const clockSkew = time.Minute

// Handle takes the account's updates, in wire order, from one goroutine; those that are not about calls it ignores. It never
// blocks. Updates that come before Run wait for it. A batch (updates.getDifference) in which a call both begins and ends must come without
// its beginning, or it rings for a moment: only whoever has the batch can see that.
func (c *Client) Handle(_ context.Context, e tg.Entities, u tg.UpdateClass) {
	switch u := u.(type) {
	case *tg.UpdatePhoneCall:
		if r, ok := u.PhoneCall.(*tg.PhoneCallRequested); ok {
			c.invited(e, r)
		} else if u.PhoneCall != nil {
			c.deliver(u.PhoneCall.GetID(), u.PhoneCall)
		}
	case *tg.UpdatePhoneCallSignalingData:
		c.deliver(u.PhoneCallID, blob(u.Data))
	}
}

// deliver hands an update to its call. A call that has a mailbox full of unread updates loses it: signalling is repeated, and
// the rest ends in a timeout.
func (c *Client) deliver(id int64, update any) {
	call := c.registry.route(id, update)
	if call == nil {
		return
	}
	select {
	case call.mail <- update:
	default:
		c.o.Log.Warn("telegram call update lost", "tg_call_id", id)
	}
}

// invited begins an incoming call, if it is one: getDifference may bring old ones.
func (c *Client) invited(e tg.Entities, r *tg.PhoneCallRequested) {
	age := time.Since(time.Unix(int64(r.Date), 0))
	log := c.o.Log.With("tg_call_id", r.ID)
	switch {
	case c.o.OnCall == nil:
		return
	case r.ParticipantID != c.o.Self || r.AdminID == c.o.Self:
		log.Debug("telegram call is not for us")
		return
	case len(r.GAHash) != sha256.Size:
		log.Warn("telegram call request is malformed")
		return
	case age > c.patience.get().Ring+clockSkew:
		log.Info("stale telegram call request ignored; is the clock right?", "dur", age)
		return
	}
	call := newCall(c, false, peerOf(r.AdminID, e.Users[r.AdminID]))
	call.id, call.hash, call.date, call.gAHash = r.ID, r.AccessHash, r.Date, r.GAHash
	c.registry.invite(call, func(ctx context.Context) { _ = c.discard(ctx, call.input(), Busy, 0) }) // it says in the log if it cannot
}
