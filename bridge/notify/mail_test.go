package notify

import (
	"context"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/notify/notifytest"
)

func mailServer(t *testing.T, o notifytest.MailOptions) *notifytest.MailServer {
	t.Helper()
	s, err := notifytest.NewMailServer(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// mailTo is a mail to two people by a server.
func mailTo(s *notifytest.MailServer) Mail {
	return Mail{
		MailServer: MailServer{
			Server: s.Addr(), RootCAs: s.RootCAs(), User: "calls", Password: "hunter2", From: "Switchgram <calls@example.org>",
		},
		To:      []string{"Desk <desk@example.org>", "boss@example.org"},
		Subject: "Missed call from {{.Caller.Name}}", Text: "Call {{.Caller.Name}} back\n.\nat {{.Caller.Number}}",
	}
}

// mailNow sends a mail about a missed call of somebody of that name.
func mailNow(t *testing.T, m Mail, name string) error {
	t.Helper()
	p, err := NewPlan([]Subscription{{Name: "mail", Events: []string{"call.missed"}, To: m}})
	if err != nil {
		t.Fatal(err)
	}
	ev := Sample(bridge.CallMissed, time.Unix(1_800_000_000, 0).UTC())
	ev.Caller.FirstName, ev.Caller.LastName = name, ""
	n, err := New(Options{Plan: p, Queue: newMemory()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	return n.Test(ctx, "mail", ev)
}

func nextLetter(t *testing.T, s *notifytest.MailServer) (notifytest.Letter, *mail.Message) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	l, err := s.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	m, err := mail.ReadMessage(strings.NewReader(string(l.Text)))
	if err != nil {
		t.Fatal(err)
	}
	return l, m
}

func TestAMailArrivesByEitherKindOfTLS(t *testing.T) {
	for _, o := range []notifytest.MailOptions{{}, {Implicit: true}, {Login: "LOGIN"}} {
		s := mailServer(t, o)
		m := mailTo(s)
		if o.Implicit {
			m.TLS = implicitTLS
		}
		if err := mailNow(t, m, "Änn Ahlers"); err != nil {
			t.Fatal(err)
		}
		l, message := nextLetter(t, s)
		if !l.TLS || l.Login != "\x00calls\x00hunter2" || l.From != "calls@example.org" || strings.Join(l.To, " ") != "desk@example.org boss@example.org" {
			t.Errorf("the server saw %+v", l)
		}
		if l.Hello != "[127.0.0.1]" {
			t.Errorf("the client is %q", l.Hello) // there are servers that do not speak with localhost
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject"))
		if err != nil || subject != "Missed call from Änn Ahlers" {
			t.Errorf("subject %q (%v)", subject, err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(message.Body))
		if err != nil || strings.ReplaceAll(string(body), "\r\n", "\n") != "Call Änn Ahlers back\n.\nat +4930123456\n" {
			t.Errorf("body %q (%v)", body, err)
		}
		if id := message.Header.Get("Message-ID"); !strings.HasPrefix(id, "<msg_") || !strings.HasSuffix(id, "@example.org>") {
			t.Errorf("message id %q", id)
		}
	}
}

func TestANameAddsNoHeaderToAMail(t *testing.T) {
	s := mailServer(t, notifytest.MailOptions{})
	for _, name := range hostile {
		if err := mailNow(t, mailTo(s), name); err != nil {
			t.Fatal(err)
		}
		l, message := nextLetter(t, s)
		if len(message.Header) != 9 || message.Header.Get("Bcc") != "" || len(l.To) != 2 {
			t.Errorf("%q: header %v", name, message.Header)
		}
	}
}

func TestNothingIsMailedInTheOpen(t *testing.T) {
	s := mailServer(t, notifytest.MailOptions{Open: true})
	if err := mailNow(t, mailTo(s), "Ann"); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
	m := mailTo(s)
	m.Server, m.TLS = "mail.example.org:25", "none"
	if _, err := m.prepare(); err == nil {
		t.Error("a mail without TLS to another machine was not refused")
	}
	m = mailTo(s)
	m.RootCAs = nil
	if err := mailNow(t, m, "Ann"); err == nil {
		t.Error("a server that nobody certifies was believed")
	}
}

func TestAMailThatOneOfTwoCannotGetIsDelivered(t *testing.T) {
	s := mailServer(t, notifytest.MailOptions{Refuse: []string{"desk@example.org"}})
	if err := mailNow(t, mailTo(s), "Ann"); err != nil {
		t.Fatal(err)
	}
	if l, _ := nextLetter(t, s); strings.Join(l.To, " ") != "boss@example.org" {
		t.Errorf("to %v", l.To)
	}
}

func TestWhatAMailServerRefusesIsToldInItsWords(t *testing.T) {
	for want, o := range map[string]notifytest.MailOptions{
		"answered DATA with 451: hunter2 is no reason": {Fail: "451 hunter2 is no reason"},
		"answered RCPT with 550: no such person":       {Refuse: []string{"desk@example.org", "boss@example.org"}},
	} {
		s := mailServer(t, o)
		err := mailNow(t, mailTo(s), "Ann")
		if s.Left() != 1 {
			t.Error("the client went without a word")
		}
		if want := strings.ReplaceAll(want, "hunter2", "***"); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
