package notify

import (
	"context"
	"errors"
	"text/template"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/fetch"
)

// Mail is an endpoint that is told by e-mail, handed to a server.
type Mail struct {
	MailServer
	To      []string       // "Desk <desk@example.org>"
	Subject string         // templates as HTTP has them, of plain text
	Text    string         //
	Zone    *time.Location // of clock; nil: this machine's
}

// letter is a Mail that is ready for use.
type letter struct {
	post          *Post
	to            []string
	subject, text *template.Template
}

// prepare checks the endpoint.
func (m Mail) prepare() (sender, error) {
	l := &letter{to: m.To}
	var err error
	if l.post, err = NewPost(m.MailServer); err != nil {
		return nil, err
	}
	if _, err := addresses("to", m.To); err != nil {
		return nil, err
	}
	if len(l.to) == 0 || m.Subject == "" || m.Text == "" {
		return nil, errors.New("want to, subject and text")
	}
	if l.subject, err = (compose{zone: m.Zone}).parse("subject", m.Subject); err != nil {
		return nil, err
	}
	l.text, err = compose{zone: m.Zone}.parse("text", m.Text)
	return l, err
}

// try makes the mail, as a check does.
func (l *letter) try(r *bridge.Report) error {
	_, err := l.make(r, Notification{})
	return err
}

// make fills in the templates.
func (l *letter) make(r *bridge.Report, n Notification) (Letter, error) {
	subject, wrongSubject := fill(l.subject, r)
	text, wrongText := fill(l.text, r)
	return Letter{ID: n.ID, At: n.At, To: l.to, Subject: string(subject), Text: string(text)}, errors.Join(wrongSubject, wrongText)
}

// send hands the mail to the server.
func (l *letter) send(ctx context.Context, _ *fetch.Client, d Delivery, r *bridge.Report) error {
	made, err := l.make(r, d.Notification)
	if err != nil {
		return err
	}
	return l.post.Send(ctx, made)
}
