package live

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/route"
)

func opened(t *testing.T, dir string) *journal {
	t.Helper()
	j, err := openJournal(dir)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func state(call string, p route.Phase) *route.State {
	return &route.State{Version: route.StateVersion, Call: call, Phase: p, Variables: map[string]route.Variable{"lead": {Value: "7"}}}
}

func TestJournalKnowsWhatRan(t *testing.T) {
	dir := t.TempDir()
	j := opened(t, dir)
	for _, err := range []error{
		j.Keep(t.Context(), state("5f-1", route.Running)),
		j.over(state("5f-2", route.Running), route.Ended{Cause: bridge.NoAnswer, Missed: true}),
		j.Keep(t.Context(), state("../5f/3", route.Disconnected)),
		j.Keep(t.Context(), state("5f-4", route.Running)), j.Forget(t.Context(), "5f-4"), j.Forget(t.Context(), "5f-4"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	j.flush()
	j.flush() // there is nothing more

	kept, broken := opened(t, dir).left()

	if len(kept) != 3 || len(broken) != 0 {
		t.Fatalf("kept %+v, broken %v", kept, broken)
	}
	for _, e := range kept {
		if e.State.Value("lead") != "7" || (e.Ended != nil) != (e.State.Call == "5f-2") || e.Ended != nil && (!e.Ended.Missed || e.Ended.Cause != bridge.NoAnswer) {
			t.Errorf("kept %+v of %+v", e.Ended, e.State)
		}
	}
}

func TestJournalThatIsDamaged(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"half.json": `{"state": {"vers`, "old.json": `{"state": {"version": 0, "call": "x"}}`, "big.json": strings.Repeat(" ", mostJournal+1), "not ours.txt": "x",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if kept, broken := opened(t, dir).left(); len(kept) != 0 || len(broken) != 3 {
		t.Errorf("kept %+v, broken %v", kept, broken)
	}
	if _, err := openJournal(filepath.Join(dir, "old.json", "x")); err == nil {
		t.Error("a file was taken for a folder")
	}
}

func TestSoundsAreFoundInTheirFoldersAlone(t *testing.T) {
	dir, made := t.TempDir(), t.TempDir()
	s := sounds{dir, []string{"", made}}
	for _, name := range []string{"hello.wav", "sub/menu.ogg"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"hello.wav": filepath.Join(dir, "hello.wav"), "hello.mp3": filepath.Join(dir, "hello.wav"), "hello": filepath.Join(dir, "hello.wav"),
		"sub/menu": filepath.Join(dir, "sub/menu.ogg"), filepath.Join(made, "speech.wav"): filepath.Join(made, "speech.wav"),
		"none.wav": "", "../hello.wav": "", "/etc/passwd": "", made + "/../x.wav": "",
	} {
		if got, err := s.find(name); got != want || (err == nil) != (want != "") {
			t.Errorf("%s is %q, %v", name, got, err)
		}
	}
	if _, err := (sounds{}).find("hello.wav"); err == nil {
		t.Error("found where there is no folder")
	}
}

func TestPromptIsOneSoundAfterTheOther(t *testing.T) {
	src, err := sounds{}.all([]route.Sound{
		{Kind: route.Silence, Length: 100 * time.Millisecond}, {Kind: route.Tone, Name: "%(200,0,800)"}, {Kind: route.Silence, Length: time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, 8000)
	n := src.Fill(pcm[:500], 8000)
	n += src.Fill(pcm[500:], 8000)
	if n != 800+1600+8 || pcm[700] != 0 || loudness(pcm[900:2000]) < 100 || src.Fill(pcm, 8000) != 0 {
		t.Errorf("%d samples, loudness %d", n, loudness(pcm[900:2000]))
	}
	for _, s := range []route.Sound{{Kind: route.Say}, {Kind: route.Stream}, {Kind: route.Tone, Name: "x"}, {Name: "none.wav"}} {
		if _, err := (sounds{}).all([]route.Sound{s}); err == nil {
			t.Errorf("%+v can be played", s)
		}
	}
}

func TestMessageEndsWhenTheCallerHasSaidAll(t *testing.T) {
	loud, quiet := make([]int16, 960), make([]int16, 960)
	for i := range loud {
		loud[i] = 1000
	}
	a := attention{message: route.Message{Silence: time.Second, Threshold: 200}}
	for range 3 * 50 { // the caller thinks about it
		if a.take(quiet) {
			t.Fatal("over before a word was said")
		}
	}
	for range 10 {
		a.take(loud)
	}
	blocks := 0
	for !a.take(quiet) {
		blocks++
	}
	if blocks != 49 || !a.heard() {
		t.Errorf("over after %d blocks of silence, heard %t", blocks, a.heard())
	}
	patient := attention{message: route.Message{Threshold: 200}}
	for range 100 * 50 {
		if patient.take(quiet) {
			t.Fatal("silence ended what it was not to end")
		}
	}
}
