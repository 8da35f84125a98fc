package program_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"switchgram/bridge/notify/notifytest"
	"switchgram/tgcall"
)

// afterwards is what a script says of its recording while two talk, and when the call is over.
const afterwards = `"onDisconnect": [{"httpRequest": {"url": "https://crm.example/after", "data": {"file": "${record_file}"}}}]`

// recordedBy has two talk by a script that records them, and returns what that says of the recording.
func recordedBy(t *testing.T, dir, settings, step string) (h *house, talking, after string) {
	t.Helper()
	w := newTown(t, nil)
	script := `{"name": "r", "context": "public", "destination_number": ["1"], ` + afterwards + `, "callflow": [` + step + `, {"bridge":
		{"endpoints": [{"type": "user", "name": "1000"}], "bridged": [{"httpRequest": {"url": "https://crm.example/talking", "data": {"file": "${record_file}"}}}]}}]}`
	h = routed(t, w, "1", plan{settings: fmt.Sprintf("recording: {directory: %q, announce: none}\n", dir) + settings}, script)
	desk := h.telephone("1000", 0)
	call, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main")
	h.must(err)
	until[tgcall.Connected](h, call)
	talk(h.telegramEnd(call, 700), h.sipEnd(next(h, desk.taken), 1100))
	talking = file(t, w.hears(h, "/talking"))
	h.must(call.Discard(h.ctx, tgcall.Hangup))
	return h, talking, file(t, w.hears(h, "/after"))
}

func file(t *testing.T, r notifytest.Request) string {
	t.Helper()
	var told struct{ File string }
	if err := json.Unmarshal(r.Body, &told); err != nil {
		t.Fatal(err)
	}
	return told.File
}

func TestAScriptSaysHowACallIsRecorded(t *testing.T) {
	post, err := notifytest.NewMailServer(notifytest.MailOptions{Open: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(post.Close)
	dir := t.TempDir()
	h, talking, after := recordedBy(t, dir, fmt.Sprintf("mail: {server: %q, tls: none, from: calls@example.org}\n", post.Addr()),
		`{"recordSession": {"name": "../../orders/${caller_id_name} №47", "minSec": 0, "stereo": false, "bridged": true, "email": ["desk@example.org", "boss@example.org"]}}`)

	i, out := next(h, h.ready), h.outcome()
	if want := filepath.Join(dir, "_.._orders_Ann_Ahlers__47.ogg"); i.Place != want || talking != want || after != want {
		t.Errorf("recorded at %q; the script was told %q and %q", i.Place, talking, after)
	}
	if !i.Mono || len(out.Recordings) != 1 || out.Recordings[0].ID != i.ID {
		t.Errorf("ready is %+v, the record says %+v", i, out.Recordings)
	}
	l, err := post.Next(h.ctx)
	h.must(err)
	for _, want := range []string{"Subject: Recorded call of Ann Ahlers +4930123456", "_.._orders_Ann_Ahlers__47.ogg", "audio/ogg"} {
		if !strings.Contains(string(l.Text), want) || len(l.To) != 2 {
			t.Errorf("mailed to %v: %s, without %s", l.To, l.Text, want)
		}
	}
}

func TestARecordingThatIsTooShortForItsScriptIsNotThere(t *testing.T) {
	dir := t.TempDir()
	h, talking, after := recordedBy(t, dir, "", `{"recordSession": {"name": "x", "minSec": 3600}}`)
	if talking != filepath.Join(dir, "x.ogg") || after != "" {
		t.Errorf("the script was told %q and %q", talking, after)
	}
	if out := h.outcome(); len(out.Recordings) != 0 {
		t.Errorf("the record says %+v", out.Recordings)
	}
	h.end()
	h.must(next(h, h.done))
	h.must(filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			t.Errorf("left: %s", path)
		}
		return err
	}))
	if len(h.ready) > 0 {
		t.Errorf("somebody was told of %+v", <-h.ready)
	}
}
