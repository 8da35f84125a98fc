package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"
)

// MailServer is where mail is handed in, and as whom.
type MailServer struct {
	Server   string         // host and port
	TLS      string         // implicit: from the start (RFC 8314); starttls: by STARTTLS (RFC 3207); none: only to a server on this machine; empty: by the port
	User     string         // to log in with; empty: without
	Password string         //
	From     string         // "Switchgram <calls@example.org>"
	RootCAs  *x509.CertPool // who may certify the server; nil: those of the system
}

// Post hands letters to a mail server. Make one with NewPost; its methods may be called at once.
type Post struct {
	MailServer
	host string
	from *mail.Address
}

// Letter is a mail that is written. Addresses are as "Desk <desk@example.org>" or desk@example.org; there are no more than 50 in all.
type Letter struct {
	ID      string    `json:"id"` // the same for the same letter: what Message-ID begins with
	At      time.Time `json:"at"`
	From    string    `json:"from,omitempty"` // who has written it; empty: the server's From
	To      []string  `json:"to"`
	CC      []string  `json:"cc,omitempty"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
	HTML    bool      `json:"html,omitempty"`   // Text is that
	Attach  string    `json:"attach,omitempty"` // path of a file to go with it, if it is there then and has no more than 5 MB
}

// mostReaders is how many one letter may go to.
const mostReaders = 50

// NewPost checks what is known of a server; it asks nobody.
func NewPost(s MailServer) (*Post, error) {
	p := &Post{MailServer: s}
	var err error
	if p.host, _, err = net.SplitHostPort(s.Server); err != nil || p.host == "" {
		return nil, errors.New("server: want host and port, such as smtp.example.org:587")
	}
	if err := p.secured(); err != nil {
		return nil, err
	}
	if p.from, err = mail.ParseAddress(s.From); err != nil {
		return nil, fmt.Errorf("from: %w", err)
	}
	return p, nil
}

// The words of MailServer.TLS.
const (
	implicitTLS = "implicit"
	startTLS    = "starttls"
	withoutTLS  = "none"
)

// secured checks or chooses how the server is spoken with.
func (p *Post) secured() error {
	switch _, port, _ := net.SplitHostPort(p.Server); {
	case p.TLS == "" && port == "465":
		p.TLS = implicitTLS
	case p.TLS == "":
		p.TLS = startTLS
	case p.TLS == withoutTLS:
		if ip := net.ParseIP(p.host); ip == nil || !ip.IsLoopback() {
			return errors.New("tls: without it the server has to be on this machine: 127.0.0.1 or ::1")
		}
	case p.TLS != implicitTLS && p.TLS != startTLS:
		return fmt.Errorf("tls %q: want implicit, starttls or none", p.TLS)
	}
	return nil
}

// Send hands a letter to the server. It counts as sent if the server takes it for one of those whom it is to.
func (p *Post) Send(ctx context.Context, l Letter) error {
	_, err := p.send(ctx, l)
	return err
}

// send is Send, and tells whether the error is about the letter.
func (p *Post) send(ctx context.Context, l Letter) (about bool, err error) {
	text, readers, err := p.write(l)
	if err != nil {
		return true, &failure{final: true, err: err}
	}
	c, err := p.connect(ctx)
	if err != nil {
		return false, p.problem("connect", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	defer leave(c)
	if l.Attach != "" && !takes(c, len(text)) {
		l.Attach = ""
		if text, readers, err = p.write(l); err != nil {
			return true, &failure{final: true, err: err}
		}
	}
	return true, p.hand(c, readers, text)
}

// write writes the mail (RFC 5322), and tells whom it goes to. Lines that come from outside are in the encoded subject or in the body, never in the header
// as they are.
func (p *Post) write(l Letter) (text []byte, readers []*mail.Address, err error) {
	author, err := p.author(l.From)
	to, wrongTo := addresses("to", l.To)
	cc, wrongCC := addresses("cc", l.CC)
	readers = append(append(readers, to...), cc...)
	switch err := errors.Join(err, wrongTo, wrongCC); {
	case err != nil:
		return nil, nil, err
	case len(readers) == 0 || len(readers) > mostReaders:
		return nil, nil, fmt.Errorf("to: want 1 to %d addresses, not %d", mostReaders, len(readers))
	}
	_, domain, _ := strings.Cut(p.from.Address, "@")
	var b bytes.Buffer
	for _, field := range [][2]string{
		{"From", author}, {"Sender", p.sender(author)}, {"To", listed(to)}, {"Cc", listed(cc)},
		{"Subject", mime.QEncoding.Encode("utf-8", shortened(plain(l.Subject)))},
		{"Date", l.At.Format(time.RFC1123Z)}, {"Message-ID", "<" + l.ID + "@" + domain + ">"},
		{"Auto-Submitted", "auto-generated"}, // RFC 3834: nobody's holiday answers it
		{"MIME-Version", "1.0"},
	} {
		if field[1] != "" {
			fmt.Fprintf(&b, "%s: %s\r\n", field[0], folded(field[1]))
		}
	}
	err = l.body(&b)
	return b.Bytes(), readers, err
}

// longestSubject keeps what is no more than a line one, in characters.
const longestSubject = 200

func shortened(subject string) string {
	if all := []rune(subject); len(all) > longestSubject {
		return string(all[:longestSubject-1]) + "…"
	}
	return subject
}

// folded breaks a field where words that are encoded meet, and behind addresses: no line of a mail may have more than 998 bytes (RFC 5322 §2.1.1).
func folded(value string) string {
	return strings.NewReplacer("?= =?", "?=\r\n =?", ">, ", ">,\r\n ").Replace(value)
}

// author is whom a letter says it is from.
func (p *Post) author(from string) (string, error) {
	if from == "" {
		return p.from.String(), nil
	}
	a, err := mail.ParseAddress(from)
	if err != nil {
		return "", fmt.Errorf("from: %w", err)
	}
	return a.String(), nil
}

// sender is who hands in what another has written (RFC 5322 §3.6.2).
func (p *Post) sender(author string) string {
	if us := p.from.String(); us != author {
		return us
	}
	return ""
}

func addresses(field string, all []string) (list []*mail.Address, err error) {
	for _, text := range all {
		a, err := mail.ParseAddress(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", field, err)
		}
		list = append(list, a)
	}
	return list, nil
}

func listed(all []*mail.Address) string {
	var texts []string
	for _, a := range all {
		texts = append(texts, a.String())
	}
	return strings.Join(texts, ", ")
}

// connect greets the server, and logs in.
func (p *Post) connect(ctx context.Context) (*smtp.Client, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.Server)
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		err = conn.SetDeadline(deadline)
	}
	settings := &tls.Config{ServerName: p.host, RootCAs: p.RootCAs, MinVersion: tls.VersionTLS12}
	if p.TLS == implicitTLS {
		conn = tls.Client(conn, settings)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	c, greeted := smtp.NewClient(conn, p.host)
	if err = errors.Join(err, greeted); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	err = c.Hello(literal(conn.LocalAddr()))
	if err == nil && p.TLS == startTLS {
		err = c.StartTLS(settings) // fails where the server offers none: nothing is told in the open
	}
	if err == nil && p.User != "" {
		err = c.Auth(p.login(c))
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func (p *Post) hand(c *smtp.Client, readers []*mail.Address, text []byte) error {
	if err := c.Mail(p.from.Address); err != nil {
		return p.problem("MAIL", err)
	}
	taken, refused := 0, error(nil)
	for _, to := range readers {
		if err := c.Rcpt(to.Address); err != nil {
			refused = err
			continue
		}
		taken++
	}
	if taken == 0 {
		return p.problem("RCPT", refused)
	}
	w, err := c.Data()
	if err != nil {
		return p.problem("DATA", err)
	}
	_, err = w.Write(text)
	if err = errors.Join(err, w.Close()); err != nil {
		return p.problem("DATA", err)
	}
	return nil
}

// problem is what went wrong, in the server's words if it had any.
func (p *Post) problem(step string, err error) error {
	hidden := map[string]string{"password": p.Password}
	if said := (*textproto.Error)(nil); errors.As(err, &said) {
		return refusal(said.Code, fmt.Sprintf("%s with %d", step, said.Code), []byte(said.Msg), hidden)
	}
	return fmt.Errorf("mail: %s %s: %w", step, p.Server, err)
}
