package program_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchgram/bridge"
	"switchgram/bridge/notify/notifytest"
	"switchgram/bridge/sip/siptest"
	"switchgram/tgcall"
)

// heardBy is a house with a folder of sounds and a script, and a call to it from Telegram that was answered.
func heardBy(t *testing.T, settings, script string, sounds map[string]string, extensions ...siptest.Extension) (*house, *tgcall.Call, *servers) {
	t.Helper()
	w, folder := newTown(t, nil), t.TempDir()
	for name, from := range sounds {
		file, err := os.ReadFile(filepath.Join("../../../bridge/sound/testdata", from))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, path, string(file), 0o600)
	}
	script = `{"name": "r", "context": "public", "destination_number": ["1"], "callflow": [{"answer": ""}, ` + script + `]}`
	h := build(t, plan{state: t.TempDir(), settings: settings + routesAt(t, w.routes(script), "1") + fmt.Sprintf("  sounds: %q\n", folder), extensions: extensions})
	call, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main")
	h.must(err)
	until[tgcall.Connected](h, call)
	return h, call, w
}

// again plays for as long as the call lives.
const again = `{"while": {"condition": "1 == 1", "do": [{"playback": "tone.mp3"}]}}`

// TestACallerHearsMP3 also behind a file that is none, which costs its step alone.
func TestACallerHearsMP3(t *testing.T) {
	h, call, w := heardBy(t, "", `{"playback": {"name": "broken"}}, {"httpRequest": {"url": "https://crm.example/broken", "data": {"file": "${last_error_step}"}}}, `+again,
		map[string]string{"tone.mp3": "stereo.mp3", "broken.mp3": "README"})
	if step := file(t, w.hears(h, "/broken")); step != "callflow[1]" {
		t.Errorf("what failed is %q", step)
	}
	h.telegramEnd(call, 440).hearsHz(700)
	h.log.await(h.ctx, "broken.mp3")
	h.must(call.Discard(h.ctx, tgcall.Hangup))
}

func TestACallerHearsTheVoiceThatTheScriptHasChosen(t *testing.T) {
	h, call, _ := heardBy(t, "", `{"setSounds": {"lang": "en_us", "voice": "callie"}}, `+again, map[string]string{"en/us/callie/tone.mp3": "mono.mp3", "tone.mp3": "README"})
	h.telegramEnd(call, 440).hearsHz(700)
	h.must(call.Discard(h.ctx, tgcall.Hangup))
}

func TestACallerWhoWaitsHearsWhatTheScriptHasChosen(t *testing.T) {
	for name, ringback := range map[string]string{"file": `{"name": "tone.mp3"}`, "tone": `{"type": "tone", "name": "%(400,0,700)"}`} {
		t.Run(name, func(t *testing.T) {
			h, call, _ := heardBy(t, "", `{"ringback": {"call": `+ringback+`}}, {"bridge": {"endpoints": [{"type": "user", "name": "101"}]}}`,
				map[string]string{"tone.mp3": "mono.mp3"}, siptest.Extension{Number: "101", Ring: siptest.Forever})
			h.telegramEnd(call, 440).hearsHz(700)
			h.must(call.Discard(h.ctx, tgcall.Hangup))
			if o := h.outcome(); o.Cause != bridge.NormalClearing {
				t.Errorf("ended %+v", o)
			}
		})
	}
}

func TestAMessageIsMailed(t *testing.T) {
	post, err := notifytest.NewMailServer(notifytest.MailOptions{Open: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(post.Close)
	h, call, _ := heardBy(t, fmt.Sprintf("mail: {server: %q, tls: none, from: calls@example.org}\n", post.Addr()),
		`{"recordFile": {"maxSec": 1, "email": "desk@example.org", "emailBody": "<i>${caller_id_name}</i>"}}`, nil)
	ann := h.telegramEnd(call, 440)
	defer ann.hush()
	l, err := post.Next(h.ctx)
	h.must(err)
	for _, want := range []string{"Subject: Message from Ann Ahlers +4930123456", "<i>Ann Ahlers</i>", "attachment; filename=", ".wav"} {
		if !strings.Contains(string(l.Text), want) {
			t.Errorf("mailed %.400s…, without %s", l.Text, want)
		}
	}
}

func TestACallerHearsItself(t *testing.T) {
	h, call, _ := heardBy(t, "", `{"echo": 200}`, nil)
	h.telegramEnd(call, 700).hearsHz(700)
	h.must(call.Discard(h.ctx, tgcall.Hangup))
}
