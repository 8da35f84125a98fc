package live_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"switchgram/bridge"
	"switchgram/bridge/live"
	"switchgram/bridge/notify"
	"switchgram/bridge/notify/notifytest"
)

const mailing = `{"name": "r", "context": "public", "destination_number": ["1"],
	"callflow": [{"sendEmail": {"to": "desk@example.org", "cc": ["boss@example.org"], "subject": "${caller_id_name}", "message": "<b>${caller_id_name}</b> calls"}},
		{"sendEmail": {"to": ["nobody"], "subject": "x", "message": "x"}}, {"sendEmail": {"to": ["desk@example.org"], "subject": "later", "message": "${last_error}"}, "async": true}]}`

// TestScriptsSendMail has one at once, which arrives, and one by the queue.
func TestScriptsSendMail(t *testing.T) {
	server, err := notifytest.NewMailServer(notifytest.MailOptions{})
	must(t, err)
	defer server.Close()
	post, err := notify.NewPost(notify.MailServer{Server: server.Addr(), RootCAs: server.RootCAs(), From: "Calls <calls@example.org>"})
	must(t, err)
	queued := make(chan notify.Notification, 1)
	mail := live.NewMail(post, func(n notify.Notification) error { queued <- n; return nil }, slog.Default())
	o := options(folderOf(t, "", mailing), nil)
	o.Scripts.Mailer = mail
	r, _ := run(t, o)
	b, err := bridge.New(bridge.Options{Default: r, Sink: r})
	must(t, err)

	b.Handle(t.Context(), newCaller(), bridge.Address{Scheme: "sip", User: "1000"})

	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	got, err := server.Next(ctx)
	must(t, err)
	if text := string(got.Text); !strings.Contains(text, "<b>Ann ${x} &#34;O&#39;Neil</b> calls") || len(got.To) != 2 {
		t.Errorf("the server got %s for %v", text, got.To)
	}
	n := <-queued
	if !strings.Contains(string(n.Event), `"text":"mail_failed"`) || n.Endpoint != mail.Subscription().Name {
		t.Errorf("queued %s", n.Event)
	}
	if _, err := notify.NewPlan([]notify.Subscription{mail.Subscription()}); err != nil {
		t.Error(err)
	}
}

func TestMailOfScriptsWithoutAStoreIsNotPromised(t *testing.T) {
	const script = `{"name": "r", "context": "public", "destination_number": ["1"], "callflow": [
		{"sendEmail": {"to": "desk@example.org", "subject": "x", "message": "x"}, "async": true}, {"httpRequest": {"url": "TOWN/${last_error}"}}]}`
	w := newTown(t)
	client := newClient()
	defer client.Close()
	o := options(folderOf(t, w.URL(), script), client)
	o.Scripts.Mailer = live.NewMail(nil, nil, slog.Default())
	r, _ := run(t, o)
	b, err := bridge.New(bridge.Options{Default: r, Sink: r})
	must(t, err)
	b.Handle(t.Context(), newCaller(), bridge.Address{Scheme: "sip", User: "1000"})
	w.hears(t, "/mail_failed")
}
