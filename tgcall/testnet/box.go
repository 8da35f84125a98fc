package testnet

import (
	"time"

	"github.com/gotd/td/tg"
)

// box holds a user's messages, https://core.telegram.org/api/updates#message-related-event-sequences. Each takes one pts; nothing is deleted.
type box struct {
	messages []*message // by id, the first has id 1
}

// firstPts is the state of an empty box: clients take 0 for "no state".
const firstPts = 1

func newBox() box { return box{} }

func (b *box) pts() int { return firstPts + len(b.messages) }

// since returns the messages that a client which has seen pts lacks.
func (b *box) since(pts int) []*message {
	seen := min(max(pts-firstPts, 0), len(b.messages))
	return b.messages[seen:]
}

// message as it lies in one user's box. The other side has another one, with its own id.
type message struct {
	id     int
	owner  *User
	peer   *User // with whom
	out    bool
	date   time.Time
	text   string
	random int64                        // random_id of what was sent
	action func() tg.MessageActionClass // of a service message; nil: text
}

// put stores m in its owner's box.
func (m message) put() *message {
	b := &m.owner.box
	m.id = len(b.messages) + 1
	b.messages = append(b.messages, &m)
	return &m
}

// pts after the message.
func (m *message) pts() int { return firstPts + m.id }

// tell makes the message as its owner sees it, anew each time.
func (m *message) tell() tg.MessageClass {
	from := m.peer
	if m.out {
		from = m.owner
	}
	peer := &tg.PeerUser{UserID: m.peer.o.ID}
	if m.action != nil {
		s := &tg.MessageService{ID: m.id, Out: m.out, PeerID: peer, Date: unix(m.date), Action: m.action()}
		s.SetFromID(&tg.PeerUser{UserID: from.o.ID})
		return s
	}
	t := &tg.Message{ID: m.id, Out: m.out, PeerID: peer, Date: unix(m.date), Message: m.text}
	t.SetFromID(&tg.PeerUser{UserID: from.o.ID})
	return t
}

// update announces the message.
func (m *message) update() tg.UpdateClass {
	return &tg.UpdateNewMessage{Message: m.tell(), Pts: m.pts(), PtsCount: 1}
}

// announce is the update with the people it speaks of.
func (m *message) announce(v viewer) *tg.Updates {
	return &tg.Updates{Updates: []tg.UpdateClass{m.update()}, Users: v.seeAll(m.owner, m.peer), Date: unix(m.date)}
}
