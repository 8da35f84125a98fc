package account

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/gotd/td/tg"
)

// Session is a logged-in account while it runs. All methods may be called concurrently. It is of no use once Run has returned.
//
// While the connection is down, requests wait for the next one, as long as their context allows.
type Session struct {
	api            *tg.Client
	self           Person
	people         *people
	queue          *queue
	freshFor       time.Duration
	importContacts bool
	log            *slog.Logger
}

// API gives Telegram's methods. A method that Telegram asked us to leave alone fails with *FloodError without being sent.
func (s *Session) API() *tg.Client { return s.api }

// Self is the account itself.
func (s *Session) Self() Person { return s.self }

// UpdateFunc is given one update and the people and chats it came with. It is called from one goroutine for all subscribers and must not
// block: it enqueues and returns.
type UpdateFunc func(ctx context.Context, e tg.Entities, u tg.UpdateClass)

// OnUpdate subscribes f to every update from now on. Updates that came before the first subscription are kept for it, the last 1024 of
// calls and the last 1024 others.
//
// Updates of calls come in wire order, as soon as they are received, and are never dropped. All others come in the order of
// Telegram's sequence, with those missed fetched, and may come later than calls sent after them. What came while no Run was active is
// fetched if Options.Ledger remembers how far we had read; calls that were over by then are left out.
func (s *Session) OnUpdate(f UpdateFunc) { s.queue.subscribe(f) }

// SendMessage sends a text to a person. Telegram says how long one may be.
func (s *Session) SendMessage(ctx context.Context, to Person, text string) error {
	if strings.TrimSpace(text) == "" {
		return errors.New("send message: text is empty")
	}
	_, err := s.api.MessagesSendMessage(ctx, &tg.MessagesSendMessageRequest{
		Peer:     &tg.InputPeerUser{UserID: to.ID, AccessHash: to.AccessHash},
		Message:  text,
		RandomID: randomID(),
	})
	if err != nil {
		return fmt.Errorf("send message to *%d: %w", to.ID, err)
	}
	return nil
}
