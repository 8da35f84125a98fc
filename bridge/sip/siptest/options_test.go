package siptest

import (
	"net"
	"strings"
	"testing"
	"time"
)

// ask sends OPTIONS from a bare socket and returns the status line; line ends become CRLF.
func ask(t *testing.T, w *world, to string) string {
	t.Helper()
	conn, err := net.Dial("udp", w.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	me := conn.LocalAddr().String()
	text := "OPTIONS " + w.URI("9196") + " SIP/2.0\nVia: SIP/2.0/UDP " + me + ";branch=z9hG4bK-" + me + "\nMax-Forwards: 70\n" +
		"From: <sip:a@test>;tag=a\nTo: " + to + "\nCall-ID: options-" + me + "\nCSeq: 1 OPTIONS\nContent-Length: 0\n\n"
	if _, err := conn.Write([]byte(strings.ReplaceAll(text, "\n", "\r\n"))); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4096)
	n, err := conn.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	status, _, _ := strings.Cut(string(buf[:n]), "\r\n")
	return status
}

func TestOptionsTellWhetherTheCallIsKnown(t *testing.T) {
	w := newWorld(t, Options{})
	if got := ask(t, w, "<sip:9196@test>"); !strings.Contains(got, " 200 ") {
		t.Errorf("outside a call: %s", got)
	}
	if got := ask(t, w, "<sip:9196@test>;tag=of-before-the-restart"); !strings.Contains(got, " 481 ") {
		t.Errorf("in a call of before: %s", got)
	}
}
