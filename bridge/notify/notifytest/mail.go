package notifytest

import (
	"bufio"
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Letter is a mail that a MailServer got.
type Letter struct {
	From  string
	To    []string
	Text  []byte // header and body, with dots taken out
	TLS   bool
	Login string // user and password, with a zero byte before each
	Hello string // how the client introduced itself
}

// MailOptions are how a MailServer differs from one that takes everything.
type MailOptions struct {
	Implicit bool     // TLS from the start, not by STARTTLS
	Open     bool     // no TLS at all
	Refuse   []string // nobody of these addresses is here
	Fail     string   // the answer to DATA, in place of taking the mail: "451 later"
	Login    string   // the way to log in: PLAIN or LOGIN; empty: PLAIN
	Most     int      // bytes of a mail, as it says; 0: it does not say
}

// MailServer is a small server of SMTP (RFC 5321), with a certificate of its own.
type MailServer struct {
	o        MailOptions
	listener net.Listener
	settings *tls.Config
	pool     *x509.CertPool
	got      chan Letter
	served   sync.WaitGroup
	left     atomic.Int32

	mu    sync.Mutex
	conns map[net.Conn]bool
}

// NewMailServer listens, and serves until Close.
func NewMailServer(o MailOptions) (*MailServer, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	m := &MailServer{o: o, listener: l, got: make(chan Letter, mostKept), pool: x509.NewCertPool(), conns: map[net.Conn]bool{}}
	if m.settings, err = m.certify(); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	m.served.Go(m.accept)
	return m, nil
}

// certify makes a certificate for the loopback address.
func (m *MailServer) certify() (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		return nil, err
	}
	if c, err = x509.ParseCertificate(der); err != nil {
		return nil, err
	}
	m.pool.AddCert(c)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}, nil
}

// Addr is host and port.
func (m *MailServer) Addr() string { return m.listener.Addr().String() }

// RootCAs certify it.
func (m *MailServer) RootCAs() *x509.CertPool { return m.pool }

// Next waits for the next mail.
func (m *MailServer) Next(ctx context.Context) (Letter, error) {
	select {
	case got := <-m.got:
		return got, nil
	case <-ctx.Done():
		return Letter{}, errors.Join(errors.New("notifytest: no mail came"), ctx.Err())
	}
}

// Left is how many clients have said goodbye.
func (m *MailServer) Left() int { return int(m.left.Load()) }

// Close ends it, and every conversation.
func (m *MailServer) Close() {
	_ = m.listener.Close()
	m.mu.Lock()
	for c := range m.conns {
		_ = c.Close()
	}
	m.mu.Unlock()
	m.served.Wait()
}

func (m *MailServer) accept() {
	for {
		conn, err := m.listener.Accept()
		if err != nil {
			return
		}
		m.mu.Lock()
		m.conns[conn] = true
		m.mu.Unlock()
		m.served.Go(func() {
			m.converse(conn)
			m.mu.Lock()
			defer m.mu.Unlock()
			delete(m.conns, conn)
			_ = conn.Close()
		})
	}
}

// conversation is one connection.
type conversation struct {
	m      *MailServer
	conn   net.Conn
	text   *textproto.Reader
	letter Letter
}

func (m *MailServer) converse(conn net.Conn) {
	c := &conversation{m: m}
	c.use(conn, m.o.Implicit)
	c.say("220 notifytest")
	for {
		line, err := c.text.ReadLine()
		if err != nil || !c.obey(line) {
			return
		}
	}
}

// use speaks by a connection from now on.
func (c *conversation) use(conn net.Conn, secure bool) {
	if secure {
		conn, c.letter.TLS = tls.Server(conn, c.m.settings), true
	}
	c.conn, c.text = conn, textproto.NewReader(bufio.NewReader(conn))
}

func (c *conversation) say(line string) { fmt.Fprintf(c.conn, "%s\r\n", line) }

// obey answers a command, and tells whether to go on.
func (c *conversation) obey(line string) bool {
	verb, rest, _ := strings.Cut(line, " ")
	switch strings.ToUpper(verb) {
	case "EHLO", "HELO":
		c.letter.Hello = rest
		c.hello()
	case "STARTTLS":
		c.secure()
	case "AUTH":
		return c.login(rest)
	case "MAIL":
		c.letter.From = address(rest)
		c.say("250 ok")
	case "RCPT":
		c.recipient(address(rest))
	case "DATA":
		return c.data()
	case "QUIT":
		c.m.left.Add(1)
		c.say("221 bye")
		return false
	default:
		c.say("502 what?")
	}
	return true
}

func (c *conversation) hello() {
	c.say("250-notifytest")
	if !c.m.o.Open && !c.letter.TLS {
		c.say("250-STARTTLS")
	}
	if c.m.o.Most > 0 {
		c.say(fmt.Sprintf("250-SIZE %d", c.m.o.Most))
	}
	c.say("250 AUTH " + cmp.Or(c.m.o.Login, "PLAIN"))
}

// login asks for name and password, unless they come with the command.
func (c *conversation) login(rest string) bool {
	way, encoded, _ := strings.Cut(rest, " ")
	if way != cmp.Or(c.m.o.Login, "PLAIN") {
		c.say("504 not by " + way)
		return true
	}
	if way == "LOGIN" {
		name, password := c.ask("Username:"), c.ask("Password:")
		c.letter.Login = "\x00" + name + "\x00" + password
	} else {
		text, _ := base64.StdEncoding.DecodeString(encoded)
		c.letter.Login = string(text)
	}
	c.say("235 welcome")
	return true
}

func (c *conversation) ask(what string) string {
	c.say("334 " + base64.StdEncoding.EncodeToString([]byte(what)))
	line, _ := c.text.ReadLine()
	text, _ := base64.StdEncoding.DecodeString(line)
	return string(text)
}

func (c *conversation) secure() {
	if c.m.o.Open {
		c.say("502 not here")
		return
	}
	c.say("220 go on")
	c.use(c.conn, true)
}

func (c *conversation) recipient(who string) {
	for _, nobody := range c.m.o.Refuse {
		if who == nobody {
			c.say("550 no such person")
			return
		}
	}
	c.letter.To = append(c.letter.To, who)
	c.say("250 ok")
}

func (c *conversation) data() bool {
	c.say("354 go on")
	text, err := io.ReadAll(io.LimitReader(c.text.DotReader(), mostBody))
	if err != nil {
		return false
	}
	if c.m.o.Fail != "" {
		c.say(c.m.o.Fail)
		return true
	}
	c.letter.Text = text
	select {
	case c.m.got <- c.letter:
		c.say("250 taken")
	default:
		c.say("452 nobody reads")
	}
	return true
}

// address is what stands between the angle brackets.
func address(rest string) string {
	_, rest, _ = strings.Cut(rest, "<")
	who, _, _ := strings.Cut(rest, ">")
	return who
}
