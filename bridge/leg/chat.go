package leg

import (
	"context"
	"sync"
	"time"

	"github.com/gotd/td/tg"

	"switchgram/bridge"
)

// maxChatDigits is how many digits a message may have: a card's number and more. What is longer is no key that was pressed.
const maxChatDigits = 32

// Chats hears what people write to an account: digits while they are in a call with it, since Telegram's apps have no keypad in calls, and what an Inbox waits
// for. The zero value is ready. All methods may be called at once.
type Chats struct {
	mu      sync.Mutex
	calls   map[int64]*Telegram // by whom we talk with
	inboxes map[int64]*Inbox    // by who writes
}

// Handle is an account's update; it does not block. A new message counts if it is all digits 0-9 A-D * #, perhaps with spaces, no more than 32,
// and the person we talk with wrote it since the call began. It is neither answered nor marked as read. While there is an Inbox for the person,
// everything goes there.
func (c *Chats) Handle(_ context.Context, _ tg.Entities, u tg.UpdateClass) {
	if m, from := written(u); m != nil && c.deliver(from, m.Message) {
		return
	}
	from, at, digits := chatDigits(u)
	if digits == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if t := c.calls[from]; t != nil && !at.Before(t.call.Date()) {
		t.typed(digits)
	}
}

func (c *Chats) join(t *Telegram) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls == nil {
		c.calls = map[int64]*Telegram{}
	}
	c.calls[t.call.Peer().ID] = t
}

func (c *Chats) leave(t *Telegram) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if id := t.call.Peer().ID; c.calls[id] == t {
		delete(c.calls, id)
	}
}

func forwarded(m *tg.Message) bool {
	_, from := m.GetFwdFrom()
	return from
}

// chatDigits are the digits of a message that somebody wrote to us: not forwarded, not edited, and nothing but them. None: empty.
func chatDigits(u tg.UpdateClass) (from int64, at time.Time, digits string) {
	m, from := written(u)
	if m == nil || m.EditDate != 0 || m.Media != nil || forwarded(m) || len(m.Message) > 2*maxChatDigits {
		return 0, at, ""
	}
	digits, err := bridge.ParseDigits(m.Message)
	if err != nil || len(digits) > maxChatDigits {
		return 0, at, ""
	}
	return from, time.Unix(int64(m.Date), 0), digits
}

// written is a new message that a person has written to us; nil: it is none.
func written(u tg.UpdateClass) (m *tg.Message, from int64) {
	news, ok := u.(*tg.UpdateNewMessage)
	if !ok {
		return nil, 0
	}
	m, ok = news.Message.(*tg.Message)
	if !ok || m.Out {
		return nil, 0
	}
	peer, ok := m.PeerID.(*tg.PeerUser) // a group's messages have another
	if !ok {
		return nil, 0
	}
	return m, peer.UserID
}
