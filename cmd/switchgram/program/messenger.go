package program

import (
	"context"
	"strings"

	"golang.org/x/time/rate"

	"switchgram/tgcall/account"
)

// What scripts may send: Telegram takes no more than about one message a second to one chat.
const (
	messagesASecond = 1
	messagesAtOnce  = 20
)

// messenger sends the messages of scripts, by the first line that is connected.
type messenger struct {
	p     *Program
	limit *rate.Limiter
}

func newMessenger(p *Program) *messenger {
	return &messenger{p, rate.NewLimiter(messagesASecond, messagesAtOnce)}
}

// SendMessage implements route.Messenger. A number without a "+" may be a Telegram id: of somebody met before.
func (m *messenger) SendMessage(ctx context.Context, to, text, format string) error {
	if err := m.limit.Wait(ctx); err != nil {
		return err
	}
	for _, l := range m.p.config.registry.Lines() {
		if s := m.p.telegram[l.Name].account(); s != nil {
			return s.Tell(ctx, known(ctx, s, to), text, format)
		}
	}
	return errNobody
}

// known is somebody as the account finds them: digits are the id of a person that it knows, or else a number.
func known(ctx context.Context, s *account.Session, who string) string {
	if who == "" || strings.Trim(who, "0123456789") != "" {
		return who
	}
	if _, err := s.Resolve(ctx, "*"+who); err != nil {
		return who
	}
	return "*" + who
}

// account is the line's, while it is connected; nil: it is not.
func (t *telegramLine) account() *account.Session {
	l, ok := t.ready()
	if !ok {
		return nil
	}
	s, _ := l.People.(*account.Session)
	return s
}
