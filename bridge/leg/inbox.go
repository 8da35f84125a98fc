package leg

import (
	"context"
	"errors"
)

// mostUnread is how many texts an Inbox keeps that nobody has taken. More are left out.
const mostUnread = 32

// ErrListening is why there is no second Inbox for a person.
var ErrListening = errors.New("leg: somebody waits already for what this person writes")

// Inbox has what a person writes. Make one with Chats.Listen.
type Inbox struct {
	chats *Chats
	from  int64
	texts chan string
}

// Listen has everything that a person writes from now on go to an Inbox, until that is closed; by Telegram's id. The error is ErrListening.
func (c *Chats) Listen(from int64) (*Inbox, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inboxes[from] != nil {
		return nil, ErrListening
	}
	if c.inboxes == nil {
		c.inboxes = map[int64]*Inbox{}
	}
	in := &Inbox{chats: c, from: from, texts: make(chan string, mostUnread)}
	c.inboxes[from] = in
	return in, nil
}

// deliver gives a text to who waits for it; false: nobody does.
func (c *Chats) deliver(from int64, text string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	in := c.inboxes[from]
	if in == nil {
		return false
	}
	if text == "" { // a picture
		return true
	}
	select {
	case in.texts <- text:
	default:
	}
	return true
}

// Next is the next text that the person has written. It waits for one; the error is the context's.
func (in *Inbox) Next(ctx context.Context) (string, error) {
	select {
	case text := <-in.texts:
		return text, nil
	default:
	}
	select {
	case text := <-in.texts:
		return text, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// Close ends it. It is to be called once.
func (in *Inbox) Close() {
	in.chats.mu.Lock()
	defer in.chats.mu.Unlock()
	delete(in.chats.inboxes, in.from)
}
