package program_test

import (
	"os"
	"path/filepath"
	"testing"

	"switchgram/bridge/sip/siptest"
	"switchgram/tgcall"
)

// TestAScriptDialsAndAsksOnlyWhatItMay has numbers and hosts that the configuration does not allow.
func TestAScriptDialsAndAsksOnlyWhatItMay(t *testing.T) {
	const script = `{"name": "r", "context": "public", "destination_number": ["1"], "callflow": [
		{"bridge": {"endpoints": [{"type": "sipGateway", "name": "gsm", "dialString": "09001234567"}]}}, {"setVar": "dear=${last_error} ${originate_disposition}"},
		{"bridge": {"endpoints": [{"type": "user", "name": "+380501234567"}]}}, {"setVar": "abroad=${last_error}"},
		{"httpRequest": {"url": "http://127.0.0.2/x"}}, {"setVar": "host=${last_error}"},
		{"httpRequest": {"url": "http://127.0.0.2/x"}, "async": true}, {"setVar": "later=${last_error}"},
		{"httpRequest": {"url": "TOWN/did", "data": {"dear": "${dear}", "abroad": "${abroad}", "host": "${host}", "later": "${later}"}}},
		{"bridge": {"endpoints": [{"type": "sipGateway", "name": "gsm", "dialString": "38050123777"}]}}]}`
	w := newTown(t, nil)
	p := plan{state: t.TempDir(), extensions: []siptest.Extension{{Number: "38050123777", Status: 486}}}
	p.settings = routesAt(t, w.routes(script), "1") + "  requests: {hosts: [127.0.0.1]}\n"
	h := build(t, p)

	call, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main")
	h.must(err)

	if did := string(w.hears(h, "/did").Body); did != `{"abroad":"not_allowed","dear":"not_allowed OUTGOING_CALL_BARRED","host":"http_not_allowed","later":"http_not_allowed"}` {
		t.Errorf("the script did %s", did)
	}
	h.wantDiscarded(call, tgcall.Busy) // of the number that it may dial
}

// TestANumberThatAScriptHasAddedIsInTheListAfterARestart: the caller is barred for good.
func TestANumberThatAScriptHasAddedIsInTheListAfterARestart(t *testing.T) {
	const script = `{"name": "r", "context": "public", "destination_number": ["1"], "callflow": [{"blackList": "spam"},
		{"listAdd": {"list": {"name": "spam"}, "description": "called"}}, {"httpRequest": {"url": "TOWN/added"}}, {"hangup": "USER_BUSY"}],
		"onDisconnect": [{"httpRequest": {"url": "TOWN/${hangup_cause}"}}]}`
	w := newTown(t, nil)
	settings, before := routesAt(t, w.routes(script), "1"), ""
	for _, want := range []string{"/USER_BUSY", "/INCOMING_CALL_BARRED"} {
		state := t.TempDir()
		if before != "" { // of sessions this network of Telegram's knows nothing
			if err := os.CopyFS(filepath.Join(state, "lists"), os.DirFS(filepath.Join(before, "lists"))); err != nil {
				t.Fatal(err)
			}
		}
		before = state
		h := build(t, plan{state: state, settings: settings})
		call, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main")
		h.must(err)
		w.hears(h, want)
		until[tgcall.Ended](h, call)
		h.end()
		h.must(next(h, h.done))
	}
}
