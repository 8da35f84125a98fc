package folder

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"switchgram/bridge/route"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const script = `{"name": "desk", "context": "public", "destination_number": ["100"], "callflow": [
  {"blackList": "spam"}, {"calendar": {"name": "office", "setVar": "open"}}, {"limit": "desk"},
  {"httpRequest": {"url": "$${hook}"}}]}`

// house is a folder with something of everything.
func house(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("HOOK", "https://hook.example/x")
	for name, text := range map[string]string{
		"desk.json": script, "calendars/o.json": `{"name": "office"}`, "lists/spam.txt": "123\n", "limits.json": `{"desk": 3}`,
		"secrets.json": `{"hook": {"env": "HOOK"}, "key": {"file": "key.txt"}}`, "key.txt": "sesame\n",
	} {
		write(t, filepath.Join(dir, name), text)
	}
	return dir
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAFolderHasEverythingThatScriptsNeed(t *testing.T) {
	l, err := Load(house(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if l.Find("desk") == nil || l.Limits["desk"] != 3 || l.Secrets["key"] != "sesame" || l.Secrets["hook"] == "" {
		t.Errorf("%+v", l)
	}
	if !l.Lists["spam"].Has("123", time.Now()) || l.Calendars["office"].State(time.Now(), time.UTC) != "false" {
		t.Error("list or calendar is not what was written")
	}
}

func TestWhatIsMissingIsShownByPlace(t *testing.T) {
	dir := house(t)
	write(t, filepath.Join(dir, "lists/spam.txt"), "x y z!")
	write(t, filepath.Join(dir, "broken.json"), "{\"name\": \"b\",\n \"context\": \"publik\", \"callflow\": []}")
	_, err := Load(dir, Options{})
	if err == nil || !strings.Contains(err.Error(), `broken.json:2:13: context: "publik": want public`) {
		t.Errorf("%v", err)
	}
	if err := os.Remove(filepath.Join(dir, "broken.json")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "lists/spam.txt")); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir, Options{}); err == nil || !strings.Contains(err.Error(), `desk.json:2:`) || !strings.Contains(err.Error(), `there is no list "spam"`) {
		t.Errorf("%v", err)
	}
}

// TestMistakesInTheFilesBesideScriptsAreShownByPlace, and no secret with them that somebody wrote there.
func TestMistakesInTheFilesBesideScriptsAreShownByPlace(t *testing.T) {
	for _, c := range []struct{ file, text, want string }{
		{"limits.json", "{\"desk\": 0}", "limits.json:1:10: desk: want a whole number, 1 or more"},
		{"limits.json", "{\"desk\": \"5\"}", "limits.json:1:10: desk: want a whole number"},
		{"limits.json", "{\"desk\": 1,\n \"desk\": 2}", `limits.json:2:2: "desk" stands here twice`},
		{"limits.json", "[]", "limits.json:1:1: want an object, not a list"},
		{"limits.json", "{\"desk\": 1} x", "limits.json:1:13: there is more after the end"},
		{"limits.json", "\uFEFF{\"desk\": 3}", ""},
		{"globals.json", "{\n\"a\": 5}", "globals.json:2:6: a: want a text, not a number"},
		{"secrets.json", `{"hook": "sesame"}`, `secrets.json:1:10: secret "hook": want {"env": …} or {"file": …}`},
		{"secrets.json", `{"hook": {}}`, `secrets.json:1:10: secret "hook": want {"env": …} or {"file": …}`},
		{"secrets.json", `{"hook": {"env": "HOOK", "file": "key.txt"}}`, `secrets.json:1:10: secret "hook": want`},
		{"secrets.json", `{"hook": {"env": "HOOK", "fle": "x"}}`, `secrets.json:1:26: "fle" is not known here`},
		{"secrets.json", `{"hook": {"env": 5}}`, `secrets.json:1:18: env: want a text`},
	} {
		dir := house(t)
		write(t, filepath.Join(dir, c.file), c.text)
		_, err := Load(dir, Options{Lenient: true})
		if (err != nil) != (c.want != "") || err != nil && (!strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "sesame")) {
			t.Errorf("%s: %v, want %s", c.text, err, c.want)
		}
	}
}

func TestASecretThatIsNotThereIsAMistakeUnlessOneOnlyLooks(t *testing.T) {
	dir := house(t)
	write(t, filepath.Join(dir, "secrets.json"), `{"hook": {"env": "NOBODY_HAS_SET_THIS"}}`)
	if _, err := Load(dir, Options{}); err == nil || !strings.Contains(err.Error(), "NOBODY_HAS_SET_THIS is not set") {
		t.Errorf("%v", err)
	}
	if _, err := Load(dir, Options{Lenient: true}); err != nil {
		t.Error(err)
	}
}

func TestAChangedFileIsInForceAndABrokenOneIsNot(t *testing.T) {
	dir := house(t)
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		f, err := Open(dir, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		go func() { _ = f.Run(t.Context()) }()
		look := func() *route.Library {
			time.Sleep(2 * every)
			synctest.Wait()
			return f.Library()
		}
		before := f.Library()
		if look() != before {
			t.Error("nothing has changed, but the routes have")
		}
		write(t, filepath.Join(dir, "desk.json"), strings.Replace(script, `"100"`, `"200"`, 1)+" ")
		if _, _, err := look().Choose(route.Public, "", "200"); err != nil {
			t.Error(err)
		}
		write(t, filepath.Join(dir, "desk.json"), "{")
		if _, _, err := look().Choose(route.Public, "", "200"); err != nil || !strings.Contains(log.String(), "desk.json:1:2") {
			t.Errorf("%v\n%s", err, log.String())
		}
		if before.Find("desk") == nil {
			t.Error("a call that runs has lost its route")
		}
	})
}
