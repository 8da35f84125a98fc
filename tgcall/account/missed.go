package account

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/tg"
)

// Missed is a call that nobody here could have taken: somebody called the account and gave up while the program was not running, or not
// connected.
type Missed struct {
	From Person // as far as known; the id always is
	At   time.Time
}

// mostRung is how many calls that rang here are remembered.
const mostRung = 256

// rung knows the calls that rang here. The message in the chat that such a call leaves is no news (https://core.telegram.org/constructor/messageActionPhoneCall).
type rung struct {
	mu  sync.Mutex
	ids []int64 // oldest first
}

// watch remembers what rings: whoever makes the caller hear it says so with phone.receivedCall.
func (r *rung) watch(next tg.Invoker) telegram.InvokeFunc {
	return func(ctx context.Context, in bin.Encoder, out bin.Decoder) error {
		if q, ok := in.(*tg.PhoneReceivedCallRequest); ok {
			r.add(q.Peer.ID)
		}
		return next.Invoke(ctx, in, out)
	}
}

func (r *rung) add(id int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.ids) == mostRung {
		r.ids = slices.Delete(r.ids, 0, 1)
	}
	r.ids = append(r.ids, id)
}

func (r *rung) has(id int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Contains(r.ids, id)
}

// missed reads an update as a call that was missed, unless it rang here.
func (r *rung) missed(e tg.Entities, u tg.UpdateClass) (Missed, bool) {
	n, ok := u.(*tg.UpdateNewMessage)
	if !ok {
		return Missed{}, false
	}
	m, ok := n.Message.(*tg.MessageService)
	if !ok || m.Out {
		return Missed{}, false
	}
	call, ok := m.Action.(*tg.MessageActionPhoneCall)
	if !ok || r.has(call.CallID) {
		return Missed{}, false
	}
	from, ok := m.PeerID.(*tg.PeerUser)
	if _, gaveUp := call.Reason.(*tg.PhoneCallDiscardReasonMissed); !gaveUp || !ok {
		return Missed{}, false
	}
	who := Person{ID: from.UserID}
	if u := e.Users[from.UserID]; u != nil {
		who = personOf(u)
	}
	return Missed{From: who, At: time.Unix(int64(m.Date), 0)}, true
}

// withoutDead leaves out calls that were over before we heard of them: the difference tells how they began and how they ended in one batch,
// and they must not ring.
func withoutDead(all []tg.UpdateClass) (alive []tg.UpdateClass) {
	over := map[int64]bool{}
	for _, u := range slices.Backward(all) {
		call, ok := u.(*tg.UpdatePhoneCall)
		if !ok {
			continue
		}
		switch c := call.PhoneCall.(type) {
		case *tg.PhoneCallDiscarded, *tg.PhoneCallEmpty:
			over[c.GetID()] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(u tg.UpdateClass) bool {
		call, ok := u.(*tg.UpdatePhoneCall)
		if !ok {
			return false
		}
		asked, ok := call.PhoneCall.(*tg.PhoneCallRequested)
		return ok && over[asked.ID]
	})
}
