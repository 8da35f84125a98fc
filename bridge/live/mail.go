package live

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"switchgram/bridge/notify"
	"switchgram/bridge/route"
)

// MailEndpoint is what the mail of scripts is queued for that nobody waits for.
const MailEndpoint = "scripts-mail"

// mailing is how long a script waits for the mail server.
const mailing = 30 * time.Second

// Mail hands the mail of scripts to a server, now or by the queue of notifications.
type Mail struct {
	post *notify.Post
	put  func(notify.Notification) error
	log  *slog.Logger
}

var _ route.Mailer = (*Mail)(nil)

// NewMail makes Mail; put returns when a notification is on disk. Without it what nobody waits for is refused.
func NewMail(post *notify.Post, put func(notify.Notification) error, log *slog.Logger) *Mail {
	return &Mail{post, put, log}
}

// Subscription is to be part of the notifier's plan.
func (m *Mail) Subscription() notify.Subscription {
	return notify.Subscription{Name: MailEndpoint, To: notify.Letters{Post: m.post}}
}

// SendMail implements route.Mailer.
func (m *Mail) SendMail(ctx context.Context, mail route.Mail) error {
	ctx, cancel := context.WithTimeout(ctx, mailing)
	defer cancel()
	return m.post.Send(ctx, letter(mail))
}

var errNoQueue = errors.New("there is no store to keep it in")

// MailLater implements route.Mailer.
func (m *Mail) MailLater(_ context.Context, mail route.Mail) error {
	return m.queue(letter(mail))
}

func (m *Mail) queue(l notify.Letter) error {
	if m.put == nil {
		return errNoQueue
	}
	n, err := notify.NewLetter(MailEndpoint, l)
	if err != nil {
		return err
	}
	return m.put(n)
}

func letter(m route.Mail) notify.Letter {
	return notify.Letter{
		ID: notify.LetterID(m.Key), At: time.Now(), From: m.From, To: m.To, CC: m.CC, Subject: m.Subject, Text: m.HTML, HTML: true,
		Attach: m.Attach,
	}
}
