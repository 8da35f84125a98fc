package sip_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"switchgram/bridge/sip"
)

// authority is a certificate authority of a test's own.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{}
	a.cert, a.key = sign(t, &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign}, nil)
	return a
}

// sign makes a certificate and its key; without an authority it signs itself.
func sign(t *testing.T, template *x509.Certificate, by *authority) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template.Subject = pkix.Name{CommonName: "test"}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := template, key
	if by != nil {
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	must(t, err)
	cert, err := x509.ParseCertificate(der)
	must(t, err)
	return cert, key
}

// config is for an agent of that name, which trusts the authority.
func (a *authority) config(t *testing.T, name string) *tls.Config {
	t.Helper()
	cert, key := sign(t, &x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: []string{name}}, a)
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	return &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}}}
}

// secureURI is how to call a user at an agent by TLS, under a name of this machine.
func secureURI(a *sip.Agent, user string) string {
	return fmt.Sprintf("sip:%s@localhost:%d;transport=tls", user, a.Addr("tls").Port())
}

func TestCallByTLS(t *testing.T) {
	t.Parallel()
	// given two agents with certificates of one authority
	ca := newAuthority(t)
	answerer, calls := callee(t, sip.Options{TLS: "127.0.0.1:0", TLSConfig: ca.config(t, "localhost")})
	caller := start(t, sip.Options{TLS: "127.0.0.1:0", TLSConfig: ca.config(t, "localhost")})

	// when one calls the other
	out, in := pair(t, caller, sip.Invite{To: secureURI(answerer, "1000")}, calls)

	// then everything goes by TLS, both ways
	if out.Transport() != "tls" || in.Transport() != "tls" {
		t.Errorf("by %s and %s", out.Transport(), in.Transport())
	}
	must(t, in.Hold(deadline(t), true))
	if !expect[sip.Held](t, out).On {
		t.Error("not held")
	}
	must(t, in.Hangup(deadline(t), sip.Hangup{Q850: 16}))
	if e := expect[sip.Ended](t, out); !e.Remote || e.Cause != 16 {
		t.Errorf("got %v", e)
	}
}

func TestCertificateThatDoesNotFitEndsTheAttempt(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	for name, tt := range map[string]struct {
		server *tls.Config
		client *tls.Config
		says   string
	}{
		"another authority's": {ca.config(t, "localhost"), newAuthority(t).config(t, "localhost"), "unknown authority"},
		"another name's":      {ca.config(t, "elsewhere"), ca.config(t, "localhost"), "elsewhere"},
		"nobody's we know":    {ca.config(t, "localhost"), nil, "certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			answerer, calls := callee(t, sip.Options{TLS: "127.0.0.1:0", TLSConfig: tt.server})
			caller := start(t, sip.Options{TLSConfig: tt.client})
			_, err := caller.Dial(deadline(t), sip.Invite{To: secureURI(answerer, "1000")})
			if !errors.Is(err, sip.ErrTransport) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want %v because of %q", err, sip.ErrTransport, tt.says)
			}
			if len(calls) > 0 {
				t.Error("the call came through")
			}
		})
	}
}

func TestConnectionIsNotUsedForAnotherName(t *testing.T) {
	t.Parallel()
	// given a connection to a far end whose certificate says localhost
	ca := newAuthority(t)
	answerer, calls := callee(t, sip.Options{TLS: "127.0.0.1:0", TLSConfig: ca.config(t, "localhost")})
	caller := start(t, sip.Options{TLSConfig: ca.config(t, "caller")})
	pair(t, caller, sip.Invite{To: secureURI(answerer, "1000")}, calls)

	// when another name leads to the same address
	other := strings.Replace(secureURI(answerer, "1000"), "localhost", "127.0.0.1", 1)

	// then it is not taken for that name
	if _, err := caller.Dial(deadline(t), sip.Invite{To: other}); err == nil {
		t.Error("dialled")
	}
}

func TestWhoDoesNotListenIsCalledByItsOwnConnection(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"tcp", "tls"} {
		t.Run(transport, func(t *testing.T) {
			// given an agent that listens by UDP alone, and a registrar by another transport
			ca := newAuthority(t)
			registrar := newStream(t, transport, ca.config(t, "localhost"))
			a, calls := udpCallee(t, sip.Options{TLSConfig: ca.config(t, "a"), Allow: everybody})
			r, states := registration("sip:" + registrar.host() + ";transport=" + transport)
			ctx, cancel := context.WithCancel(context.Background())
			var wg sync.WaitGroup
			wg.Go(func() { must(t, a.Register(ctx, r)) })
			req := registrar.request()
			registrar.answer(req, 200, "Expires: 60")
			next(t, states)

			// when the registrar calls it by the connection that the Contact shows
			contact := req.Contact().Address
			if got := net.JoinHostPort(contact.Host, fmt.Sprint(contact.Port)); got != registrar.conn.RemoteAddr().String() {
				t.Errorf("Contact %s, and the connection comes from %s", got, registrar.conn.RemoteAddr())
			}
			registrar.send("INVITE "+contact.String()+" SIP/2.0", "Via: SIP/2.0/"+strings.ToUpper(transport)+" localhost;branch=z9hG4bK1", "From: <sip:b@x>;tag=b", "To: <sip:a@x>",
				"Call-ID: back", "CSeq: 1 INVITE", "Contact: <sip:b@localhost>", "Max-Forwards: 70", "Content-Length: 0")

			// then the call comes
			d := next(t, calls)
			if d.Transport() != transport || d.RequestUser() != "tg#ann" {
				t.Errorf("by %s for %q", d.Transport(), d.RequestUser())
			}
			cancel()
			must(t, registrar.conn.Close())
			wg.Wait()
		})
	}
}

// udpCallee is callee that listens by UDP alone.
func udpCallee(t *testing.T, o sip.Options) (*sip.Agent, <-chan *sip.Dialog) {
	t.Helper()
	calls := make(chan *sip.Dialog, 16)
	o.UDP = "127.0.0.1:0"
	o.OnInvite = func(ctx context.Context, d *sip.Dialog) {
		calls <- d
		<-ctx.Done()
	}
	a, err := sip.New(o)
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { must(t, a.Run(ctx)) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	<-a.Ready()
	return a, calls
}

// stream is a far end by TCP or TLS, of one connection and text.
type stream struct {
	t        *testing.T
	listener net.Listener
	conn     net.Conn
}

func newStream(t *testing.T, transport string, config *tls.Config) *stream {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	must(t, err)
	if transport == "tls" {
		l = tls.NewListener(l, config)
	}
	t.Cleanup(func() { must(t, l.Close()) })
	return &stream{t: t, listener: l}
}

func (s *stream) host() string {
	return fmt.Sprintf("localhost:%d", s.listener.Addr().(*net.TCPAddr).Port)
}

// request is the next request that comes.
func (s *stream) request() *sipgo.Request {
	s.t.Helper()
	if s.conn == nil {
		conn, err := s.listener.Accept()
		must(s.t, err)
		s.conn = conn
	}
	must(s.t, s.conn.SetReadDeadline(time.Now().Add(patience)))
	buf := make([]byte, 65536)
	n, err := s.conn.Read(buf)
	must(s.t, err)
	m, err := sipgo.ParseMessage(buf[:n])
	must(s.t, err)
	return m.(*sipgo.Request)
}

func (s *stream) answer(req *sipgo.Request, status int, headers ...string) {
	s.t.Helper()
	res := sipgo.NewResponseFromRequest(req, status, "Text", nil)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		res.AppendHeader(sipgo.NewHeader(name, value))
	}
	_, err := s.conn.Write([]byte(res.String()))
	must(s.t, err)
}

func (s *stream) send(lines ...string) {
	s.t.Helper()
	_, err := s.conn.Write([]byte(strings.Join(lines, "\r\n") + "\r\n\r\n"))
	must(s.t, err)
}
