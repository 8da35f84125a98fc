package doctor

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"syscall"
	"time"

	"switchgram/bridge/line"
)

// reach asks every registrar for a sign of life (OPTIONS, RFC 3261 §11), which needs no password and changes nothing there.
type reach struct{}

const reached = "sip reach"

func (reach) look(ctx context.Context, p *patient) (all []Finding) {
	asked := map[string]bool{}
	for _, l := range p.registering() {
		where := l.SIP.Transport + " " + withPort(l.SIP.Registrar, l.SIP.Transport)
		if asked[where] {
			continue
		}
		asked[where] = true
		a, err := ping(ctx, l)
		if err != nil {
			all = append(all, wrong(reached, fmt.Sprintf("%s: %v", where, err), reachRemedy(err, l)))
			continue
		}
		all = append(all, ok(reached, "%s answers after %d ms: %s", where, a.took.Milliseconds(), a.who()))
	}
	return all
}

func reachRemedy(err error, l *line.Line) string {
	if errors.Is(err, errPing) {
		return "something else than a SIP registrar listens there; compare the address with what `sofia status` shows"
	}
	remedy := "start FreeSWITCH; compare the address with what `sofia status` shows; look for a firewall between"
	if host, _, _ := strings.Cut(l.SIP.Registrar, ":"); errors.Is(err, syscall.ECONNREFUSED) && loopback(net.JoinHostPort(host, "0")) {
		remedy += "\nFreeSWITCH's default configuration does not listen on 127.0.0.1, but on the machine's own address"
	}
	return remedy
}

// withPort is an address with the port that SIP has where none is said (RFC 3261 §18.2.1).
func withPort(registrar, transport string) string {
	if _, _, err := net.SplitHostPort(registrar); err == nil {
		return registrar
	}
	if transport == "tls" {
		return net.JoinHostPort(registrar, "5061")
	}
	return net.JoinHostPort(registrar, "5060")
}

// answer is what was said to OPTIONS.
type answer struct {
	status int
	header textproto.MIMEHeader
	took   time.Duration
}

func (a answer) who() string {
	for _, name := range []string{"Server", "User-Agent"} {
		if v := a.header.Get(name); v != "" {
			return fmt.Sprintf("%.60q", v)
		}
	}
	return fmt.Sprintf("somebody, with %d", a.status)
}

// How often and how long we ask over UDP, which loses packets.
const (
	pingTries = 3
	pingWait  = 2 * time.Second
)

var errPing = errors.New("what came is no SIP response")

// ping sends OPTIONS and waits for any response.
func ping(ctx context.Context, l *line.Line) (answer, error) {
	network := map[string]string{"udp": "udp", "tcp": "tcp", "tls": "tcp"}[l.SIP.Transport]
	d := net.Dialer{Timeout: pingWait}
	c, err := d.DialContext(ctx, network, withPort(l.SIP.Registrar, l.SIP.Transport))
	if err != nil {
		return answer{}, err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	if l.SIP.Transport == "tls" { // who takes the connection is there; the registration is what looks at certificates
		return answer{status: 200}, nil
	}
	began := time.Now()
	for range pingTries {
		var a answer
		if a, err = exchange(c, options(c, l)); err == nil {
			a.took = time.Since(began)
			return a, nil
		}
		if timeout := net.Error(nil); !errors.As(err, &timeout) || !timeout.Timeout() || network == "tcp" {
			break
		}
	}
	return answer{}, err
}

func exchange(c net.Conn, request string) (answer, error) {
	if err := c.SetDeadline(time.Now().Add(pingWait)); err != nil {
		return answer{}, err
	}
	if _, err := io.WriteString(c, request); err != nil {
		return answer{}, err
	}
	return readAnswer(c)
}

func options(c net.Conn, l *line.Line) string {
	to, transport := l.SIP.Registrar, strings.ToUpper(l.SIP.Transport)
	return fmt.Sprintf("OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/%s %s;branch=z9hG4bK%s;rport\r\nMax-Forwards: 70\r\n"+
		"From: <sip:doctor@%s>;tag=%s\r\nTo: <sip:%s>\r\nCall-ID: %s\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
		to, transport, c.LocalAddr(), rand.Text(), c.LocalAddr(), rand.Text()[:8], to, rand.Text())
}

const longestAnswer = 64 << 10

// readAnswer reads the status line and the headers of a SIP response (RFC 3261 §7.2).
func readAnswer(from io.Reader) (answer, error) {
	r := textproto.NewReader(bufio.NewReader(io.LimitReader(from, longestAnswer)))
	status, err := r.ReadLine()
	if err != nil {
		return answer{}, err
	}
	version, rest, _ := strings.Cut(status, " ")
	code, _, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(code)
	if version != "SIP/2.0" || err != nil || n < 100 || n > 699 {
		return answer{}, errPing
	}
	header, err := r.ReadMIMEHeader()
	if err != nil {
		return answer{}, fmt.Errorf("%w: %v", errPing, err)
	}
	return answer{status: n, header: header}, nil
}
