package sip_test

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"switchgram/bridge/sip"
)

// wire is a far end that does what no decent user agent does: a UDP socket and text.
type wire struct {
	t    *testing.T
	conn *net.UDPConn
	to   netip.AddrPort
}

func newWire(t *testing.T, a *sip.Agent) *wire {
	t.Helper()
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { must(t, conn.Close()) })
	w := &wire{t: t, conn: conn}
	if a != nil {
		w.to = a.Addr("udp")
	}
	return w
}

func (w *wire) addr() string { return w.conn.LocalAddr().String() }

// send sends a message; line ends become CRLF, $ME is our address.
func (w *wire) send(text string) {
	w.t.Helper()
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
	text = strings.ReplaceAll(text, "$ME", w.addr())
	_, err := w.conn.WriteToUDPAddrPort([]byte(text), w.to)
	must(w.t, err)
}

// read returns the next message, nil if there is none for so long.
func (w *wire) read(within time.Duration) sipgo.Message {
	w.t.Helper()
	must(w.t, w.conn.SetReadDeadline(time.Now().Add(within)))
	buf := make([]byte, 65536)
	n, from, err := w.conn.ReadFromUDPAddrPort(buf)
	if err != nil {
		return nil
	}
	w.to = from
	m, err := sipgo.ParseMessage(buf[:n])
	must(w.t, err)
	return m
}

// response waits for a response of that status, with others before it skipped.
func (w *wire) response(status int) *sipgo.Response {
	w.t.Helper()
	for {
		m := w.read(patience)
		if m == nil {
			w.t.Fatalf("no %d came", status)
		}
		if res, ok := m.(*sipgo.Response); ok && res.StatusCode == status {
			return res
		}
	}
}

// request waits for a request, with others before it skipped.
func (w *wire) request(method sipgo.RequestMethod) *sipgo.Request {
	w.t.Helper()
	for {
		m := w.read(patience)
		if m == nil {
			w.t.Fatalf("no %s came", method)
		}
		if req, ok := m.(*sipgo.Request); ok && req.Method == method {
			return req
		}
	}
}

// answer responds to a request.
func (w *wire) answer(req *sipgo.Request, status int, body string, headers ...string) {
	w.t.Helper()
	res := sipgo.NewResponseFromRequest(req, status, "Text", []byte(body))
	if to := res.To(); status > 100 {
		to.Params.Add("tag", "wire")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		res.AppendHeader(sipgo.NewHeader(name, value))
	}
	w.send(res.String())
}

// sdp is an offer or answer of the wire's.
func (w *wire) sdp(lines ...string) string {
	return "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0 101\r\n" +
		"a=rtpmap:101 telephone-event/8000\r\n" + strings.Join(lines, "\r\n")
}

const contentType = "Content-Type: application/sdp"

// message builds a request outside a dialog, or within it if toTag is set.
func (w *wire) message(method, callID, toTag string, seq int, body string, headers ...string) string {
	to := "<sip:1000@test>"
	if toTag != "" {
		to += ";tag=" + toTag
	}
	branch := fmt.Sprintf("z9hG4bK-%s-%s-%d", callID, method, seq)
	head := []string{method + " sip:1000@" + w.to.String() + " SIP/2.0", "Via: SIP/2.0/UDP $ME;rport;branch=" + branch,
		"From: \"W\" <sip:wire@test>;tag=w", "To: " + to, "Call-ID: " + callID, fmt.Sprintf("CSeq: %d %s", seq, method),
		"Contact: <sip:wire@$ME>", "Max-Forwards: 70"}
	head = append(head, headers...)
	if body != "" {
		head = append(head, contentType)
	}
	head = append(head, fmt.Sprintf("Content-Length: %d", len(body)))
	return strings.Join(head, "\r\n") + "\r\n\r\n" + body
}

// ack acknowledges a 2xx.
func (w *wire) ack(callID string, res *sipgo.Response, seq int, body string) {
	w.send(w.message("ACK", callID, toTag(res), seq, body))
}

func toTag(m sipgo.Message) string {
	tag, _ := m.To().Params.Get("tag")
	return tag
}
