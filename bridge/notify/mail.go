package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"strings"
	"text/template"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/fetch"
)

// Mail is an endpoint that is told by e-mail, handed to a server.
type Mail struct {
	Server   string         // host and port
	TLS      string         // implicit: from the start (RFC 8314); starttls: by STARTTLS (RFC 3207); none: only to a server on this machine; empty: by the port
	User     string         // to log in with; empty: without
	Password string         //
	From     string         // "Switchgram <calls@example.org>"
	To       []string       // likewise
	Subject  string         // templates as HTTP has them, of plain text
	Text     string         //
	Zone     *time.Location // of clock; nil: this machine's
	RootCAs  *x509.CertPool // who may certify the server; nil: those of the system
}

// letter is a Mail that is ready for use.
type letter struct {
	Mail
	host          string
	from          *mail.Address
	to            []*mail.Address
	subject, text *template.Template
}

// prepare checks the endpoint.
func (m Mail) prepare() (sender, error) {
	l := &letter{Mail: m}
	var err error
	if l.host, _, err = net.SplitHostPort(m.Server); err != nil || l.host == "" {
		return nil, errors.New("server: want host and port, such as smtp.example.org:587")
	}
	if err := l.secured(); err != nil {
		return nil, err
	}
	if l.from, err = mail.ParseAddress(m.From); err != nil {
		return nil, fmt.Errorf("from: %w", err)
	}
	for _, text := range m.To {
		to, err := mail.ParseAddress(text)
		if err != nil {
			return nil, fmt.Errorf("to: %w", err)
		}
		l.to = append(l.to, to)
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

// The words of Mail.TLS.
const (
	implicitTLS = "implicit"
	startTLS    = "starttls"
	withoutTLS  = "none"
)

// secured checks or chooses how the server is spoken with.
func (l *letter) secured() error {
	switch _, port, _ := net.SplitHostPort(l.Server); {
	case l.TLS == "" && port == "465":
		l.TLS = implicitTLS
	case l.TLS == "":
		l.TLS = startTLS
	case l.TLS == withoutTLS:
		if ip := net.ParseIP(l.host); ip == nil || !ip.IsLoopback() {
			return errors.New("tls: without it the server has to be on this machine: 127.0.0.1 or ::1")
		}
	case l.TLS != implicitTLS && l.TLS != startTLS:
		return fmt.Errorf("tls %q: want implicit, starttls or none", l.TLS)
	}
	return nil
}

// try makes the mail, as a check does.
func (l *letter) try(r *bridge.Report) error {
	_, err := l.make(r, Notification{})
	return err
}

// make writes the mail (RFC 5322). Lines that come from outside are in the encoded subject or in the body, never in the header as they are.
func (l *letter) make(r *bridge.Report, n Notification) ([]byte, error) {
	subject, err := fill(l.subject, r)
	if err != nil {
		return nil, err
	}
	text, err := fill(l.text, r)
	if err != nil {
		return nil, err
	}
	var to []string
	for _, a := range l.to {
		to = append(to, a.String())
	}
	var b bytes.Buffer
	_, domain, _ := strings.Cut(l.from.Address, "@")
	for _, field := range [][2]string{
		{"From", l.from.String()}, {"To", strings.Join(to, ", ")}, {"Subject", mime.QEncoding.Encode("utf-8", plain(string(subject)))},
		{"Date", n.At.Format(time.RFC1123Z)}, {"Message-ID", "<" + n.ID + "@" + domain + ">"},
		{"Auto-Submitted", "auto-generated"}, // RFC 3834: nobody's holiday answers it
		{"MIME-Version", "1.0"}, {"Content-Type", "text/plain; charset=utf-8"}, {"Content-Transfer-Encoding", "quoted-printable"},
	} {
		fmt.Fprintf(&b, "%s: %s\r\n", field[0], field[1])
	}
	b.WriteString("\r\n")
	body := quotedprintable.NewWriter(&b)
	_, err = body.Write(text)
	return b.Bytes(), errors.Join(err, body.Close())
}

// send hands the mail to the server. It counts as delivered if the server takes it for one of those whom it is to.
func (l *letter) send(ctx context.Context, _ *fetch.Client, d Delivery, r *bridge.Report) error {
	text, err := l.make(r, d.Notification)
	if err != nil {
		return err
	}
	c, err := l.connect(ctx)
	if err != nil {
		return l.problem("connect", err)
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	return l.hand(c, text)
}

// connect greets the server, and logs in.
func (l *letter) connect(ctx context.Context) (*smtp.Client, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", l.Server)
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		err = conn.SetDeadline(deadline)
	}
	settings := &tls.Config{ServerName: l.host, RootCAs: l.RootCAs, MinVersion: tls.VersionTLS12}
	if l.TLS == implicitTLS {
		conn = tls.Client(conn, settings)
	}
	c, greeted := smtp.NewClient(conn, l.host)
	if err = errors.Join(err, greeted); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if l.TLS == startTLS {
		err = c.StartTLS(settings) // fails where the server offers none: nothing is told in the open
	}
	if err == nil && l.User != "" {
		err = c.Auth(smtp.PlainAuth("", l.User, l.Password, l.host))
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func (l *letter) hand(c *smtp.Client, text []byte) error {
	if err := c.Mail(l.from.Address); err != nil {
		return l.problem("MAIL", err)
	}
	taken, refused := 0, error(nil)
	for _, to := range l.to {
		if err := c.Rcpt(to.Address); err != nil {
			refused = err
			continue
		}
		taken++
	}
	if taken == 0 {
		return l.problem("RCPT", refused)
	}
	w, err := c.Data()
	if err != nil {
		return l.problem("DATA", err)
	}
	_, err = w.Write(text)
	if err = errors.Join(err, w.Close()); err != nil {
		return l.problem("DATA", err)
	}
	_ = c.Quit() // it has the mail
	return nil
}

// problem is what went wrong, in the server's words if it had any.
func (l *letter) problem(step string, err error) error {
	hidden := map[string]string{"password": l.Password}
	if said := (*textproto.Error)(nil); errors.As(err, &said) {
		return refusal(said.Code, fmt.Sprintf("%s with %d", step, said.Code), []byte(said.Msg), hidden)
	}
	return fmt.Errorf("mail: %s %s: %w", step, l.Server, err)
}
