package program_test

import (
	"fmt"
	"strings"
	"testing"

	"switchgram/bridge/notify/notifytest"
	"switchgram/cmd/switchgram/program"
	"switchgram/tgcall"
)

// TestScriptsAndNotificationsMailByOneServer has a call that is missed: its script mails during and after it, and an endpoint tells of it.
func TestScriptsAndNotificationsMailByOneServer(t *testing.T) {
	server, err := notifytest.NewMailServer(notifytest.MailOptions{Open: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	const script = `{"name": "mailing", "context": "public", "destination_number": ["1"],
		"callflow": [{"sendEmail": {"to": "desk@example.org", "subject": "${caller_id_name} calls", "message": "<b>${caller_id_number}</b>"}}, {"hangup": "USER_BUSY"}],
		"onDisconnect": [{"sendEmail": {"to": "boss@example.org", "subject": "missed: ${missed}", "message": "."}, "async": true}]}`
	settings := fmt.Sprintf(`mail: {server: %q, tls: none, from: calls@example.org}
notify: {to: [{name: told, events: [call.missed], mail: {to: [owner@example.org], subject: "Missed: {{.Caller}}", text: "x"}}]}
`, server.Addr())
	h := routed(t, newTown(t, nil), "1", plan{settings: settings}, script)

	call, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main")
	h.must(err)
	h.wantDiscarded(call, tgcall.Busy)

	want := map[string]string{
		"desk@example.org": "Subject: Ann Ahlers calls", "boss@example.org": "Subject: missed: true", "owner@example.org": "Subject: Missed: Ann Ahlers",
	}
	for range 3 {
		l, err := server.Next(h.ctx)
		h.must(err)
		if subject, ok := want[l.To[0]]; !ok || !strings.Contains(string(l.Text), subject) {
			t.Errorf("mailed to %v: %s", l.To, l.Text)
		}
		delete(want, l.To[0])
	}
}

func TestAMailServerIsCheckedBeforeItIsNeeded(t *testing.T) {
	for text, want := range map[string]string{
		"notify: {to: [{name: a, events: [call.missed], mail: {to: [a@example.org], subject: x, text: x}}]}": "notify.to[0].mail.server: missing",
		"notify: {to: [{name: a, events: [call.missed]}]}":                                                   "want one of url, url_env, url_file and mail",
	} {
		_, err := program.Read("c.yaml", strings.NewReader(right+"\n"+text+"\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
