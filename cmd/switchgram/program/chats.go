package program

import (
	"context"
	"fmt"

	"switchgram/bridge/leg"
	"switchgram/bridge/route"
	"switchgram/tgcall/account"
)

// chats lets scripts write with people by the accounts of lines.
type chats struct{ m *messenger }

// Open implements route.Chats.
func (c chats) Open(ctx context.Context, line, who string) (route.Chat, error) {
	s, written, err := c.account(line)
	if err != nil {
		return nil, err
	}
	who = known(ctx, s, who)
	person, err := s.Resolve(ctx, who)
	if err != nil {
		return nil, err
	}
	in, err := written.Listen(person.ID)
	if err != nil {
		return nil, err
	}
	return &chat{c.m, s, who, in}, nil
}

// account is that of a line, or of the first that is connected if none is named.
func (c chats) account(line string) (*account.Session, *leg.Chats, error) {
	for _, l := range c.m.p.config.registry.Lines() {
		if line != "" && line != l.Name {
			continue
		}
		t := c.m.p.telegram[l.Name]
		if up, ok := t.ready(); ok && t.account() != nil {
			return t.account(), up.Written, nil
		}
	}
	if line != "" {
		return nil, nil, fmt.Errorf("line %q is not connected to Telegram", line)
	}
	return nil, nil, errNobody
}

// chat is what a script and a person write.
type chat struct {
	m   *messenger
	s   *account.Session
	who string
	in  *leg.Inbox
}

// Send implements route.Chat.
func (c *chat) Send(ctx context.Context, text string) error {
	if err := c.m.limit.Wait(ctx); err != nil {
		return err
	}
	return c.s.Tell(ctx, c.who, text, "text")
}

// Receive implements route.Chat.
func (c *chat) Receive(ctx context.Context) (string, error) { return c.in.Next(ctx) }

// Close implements route.Chat.
func (c *chat) Close() { c.in.Close() }
