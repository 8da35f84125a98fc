package account

import (
	"context"
	"errors"

	"github.com/gotd/td/tg"
)

// Session is a logged-in account while it runs. All methods may be called concurrently. It is of no use once Run has returned.
type Session struct {
	api  *tg.Client
	self Person
}

// API gives Telegram's methods. A method under a flood wait fails at once with *FloodError.
func (s *Session) API() *tg.Client { return s.api }

// Self is the account itself.
func (s *Session) Self() Person { return s.self }

// UpdateFunc is given one update and the people and chats it mentions. It is called from one goroutine for all subscribers, in wire
// order, and must not block: it enqueues and returns.
type UpdateFunc func(ctx context.Context, e tg.Entities, u tg.UpdateClass)

// OnUpdate subscribes f to every update from now on, calls included. Updates that came before the first subscription are kept for it.
func (s *Session) OnUpdate(f UpdateFunc) {}

// Resolve finds a person: "+4930123456", "4930123456", "004930123456", "@ann", "tg#ann", "ann" or "*77" (a Telegram id met before).
// Errors: ErrBadAddress, ErrUnknownPerson, *FloodError, or what the connection said.
func (s *Session) Resolve(ctx context.Context, who string) (Person, error) {
	return Person{}, errors.ErrUnsupported
}

// SendMessage sends a text to a person.
func (s *Session) SendMessage(ctx context.Context, to Person, text string) error {
	return errors.ErrUnsupported
}
