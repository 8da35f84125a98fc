package notify

import (
	"errors"
	"net"
	"net/smtp"
	"slices"
	"strconv"
	"strings"
)

// literal is how we introduce ourselves: by an address (RFC 5321 §4.1.3), since some servers send those away who say that they are localhost.
func literal(a net.Addr) string {
	tcp, ok := a.(*net.TCPAddr)
	switch {
	case !ok:
		return "localhost"
	case tcp.IP.To4() != nil:
		return "[" + tcp.IP.String() + "]"
	}
	return "[IPv6:" + tcp.IP.String() + "]"
}

// leave says goodbye.
func leave(c *smtp.Client) {
	_ = c.Quit() // whatever there was to be known is known
	_ = c.Close()
}

// takes tells whether the server takes mails of a length (RFC 1870).
func takes(c *smtp.Client, length int) bool {
	_, said := c.Extension("SIZE")
	most, err := strconv.Atoi(said)
	return err != nil || most == 0 || length <= most
}

// login is the way to log in that the server knows: PLAIN, unless it has but LOGIN, as some of Microsoft's do.
func (p *Post) login(c *smtp.Client) smtp.Auth {
	_, known := c.Extension("AUTH")
	if ways := strings.Fields(strings.ToUpper(known)); !slices.Contains(ways, "PLAIN") && slices.Contains(ways, "LOGIN") {
		return &login{answers: []string{p.User, p.Password}}
	}
	return smtp.PlainAuth("", p.User, p.Password, p.host)
}

// login is the mechanism LOGIN: the server asks for the name and then for the password. What is said is safe: there is TLS, or the server is on this
// machine.
type login struct{ answers []string }

// Start implements smtp.Auth.
func (*login) Start(*smtp.ServerInfo) (string, []byte, error) { return "LOGIN", nil, nil }

var errAsksMore = errors.New("the server asks for more than a name and a password")

// Next implements smtp.Auth.
func (l *login) Next(_ []byte, more bool) ([]byte, error) {
	if !more {
		return nil, nil
	}
	if len(l.answers) == 0 {
		return nil, errAsksMore
	}
	answer := l.answers[0]
	l.answers = l.answers[1:]
	return []byte(answer), nil
}
