package live

import (
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchgram/bridge/route"
)

func opened(t *testing.T, dir string) *journal {
	t.Helper()
	j, err := openJournal(dir, slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.close() }) // a test may have closed it
	return j
}

func state(call string, p route.Phase) *route.State {
	return &route.State{Version: route.StateVersion, Call: call, Phase: p, Variables: map[string]route.Variable{"lead": {Value: "7"}}}
}

// keep keeps States, in that order.
func (j *journal) keep(t *testing.T, all ...*route.State) {
	t.Helper()
	for _, s := range all {
		if err := j.Keep(s); err != nil {
			t.Fatal(err)
		}
	}
}

// remains wants these calls to be left to the next start, in that phase.
func remains(t *testing.T, dir string, want map[string]route.Phase) {
	t.Helper()
	got := map[string]route.Phase{}
	for _, s := range opened(t, dir).left {
		if got[s.Call] = s.Phase; s.Value("lead") != "7" {
			t.Errorf("kept %+v", s)
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("left are %v, want %v", got, want)
	}
}

func TestJournalKnowsWhatRan(t *testing.T) {
	dir := t.TempDir()
	j := opened(t, dir)

	j.keep(t, state("1", route.Running), state("2", route.Running), state("2", route.Disconnected), state("../3", route.Disconnected),
		state("4", route.Running), state("4", route.Disconnected), state("4", route.Done), state("4", route.Done))

	remains(t, dir, map[string]route.Phase{"1": route.Running, "2": route.Disconnected, "../3": route.Disconnected})
}

// TestJournalForgetsNothingNewer: what was to be written soon does not come after what was written since.
func TestJournalForgetsNothingNewer(t *testing.T) {
	dir := t.TempDir()
	j := opened(t, dir)
	for _, call := range []string{"runs", "ended", "done"} {
		j.Soon(state(call, route.Running))
	}
	due := j.due()
	j.keep(t, state("ended", route.Disconnected), state("done", route.Done))

	for _, call := range due {
		if err := j.writeLater(call); err != nil {
			t.Error(err)
		}
	}

	remains(t, dir, map[string]route.Phase{"runs": route.Running, "ended": route.Disconnected})
}

// TestJournalHasScriptsAsTheyWere, for as long as a call needs them.
func TestJournalHasScriptsAsTheyWere(t *testing.T) {
	dir := t.TempDir()
	j := opened(t, dir)
	due := state("1", route.Disconnected)
	due.Texts = map[string]string{"x": "aa"}
	for mark, text := range map[string]string{"aa": `{"name": "x\n"}`, "bb": "of nobody"} {
		for range 2 {
			if err := j.KeepText(mark, []byte(text)); err != nil {
				t.Fatal(err)
			}
		}
	}
	j.keep(t, due, state("2", route.Running))
	if err := j.renew(); err != nil {
		t.Fatal(err)
	}

	for range 2 {
		j = opened(t, dir)
		if aa, bb := string(j.Text("aa")), j.Text("bb"); aa != `{"name": "x\n"}` || bb != nil || len(j.left) != 2 {
			t.Errorf("kept %q and %q of %d calls", aa, bb, len(j.left))
		}
	}
	j.keep(t, state("1", route.Done))
	if j = opened(t, dir); j.Text("aa") != nil {
		t.Error("a text is kept that nobody needs")
	}
	if text, err := os.ReadFile(j.path); err != nil || strings.Contains(string(text), "name") {
		t.Errorf("the journal is %s, %v", text, err)
	}
}

func TestJournalOfAProcessThatWasKilledWhileItWrote(t *testing.T) {
	for _, missing := range []int64{1, 2, 20} {
		dir := t.TempDir()
		j := opened(t, dir)
		j.keep(t, state("1", route.Running), state("2", route.Running), state("1", route.Disconnected))
		if err := os.Truncate(j.path, j.size-missing); err != nil {
			t.Fatal(err)
		}

		j.keep(t, state("2", route.Done)) // as after a full disk

		remains(t, dir, map[string]route.Phase{"1": route.Running})
	}
}

func TestJournalThatIsDamaged(t *testing.T) {
	dir := t.TempDir()
	j := opened(t, dir)
	j.keep(t, state("1", route.Running))
	old := "\n" + `{"version": 0, "call": "old", "variables": {"lead": {"value": "7"}}}`
	for _, line := range []string{"\n{half", "\n{}", "\nnull", "\n", old} {
		if _, err := j.file.WriteString(line); err != nil {
			t.Fatal(err)
		}
	}
	j.keep(t, state("2", route.Running))

	remains(t, dir, map[string]route.Phase{"1": route.Running, "2": route.Running})
	if text, err := os.ReadFile(j.path); err != nil || strings.Count(string(text), old) != 1 || strings.Contains(string(text), "half") {
		t.Errorf("what another version may read is gone, or what nobody can is not: %s, %v", text, err)
	}
	if _, err := openJournal(filepath.Join(j.path, "x"), nil); err == nil {
		t.Error("a file was taken for a folder")
	}
}

func TestJournalIsNoLongerThanItsCalls(t *testing.T) {
	dir := t.TempDir()
	j := opened(t, dir)
	stays, comes := state("stays", route.Running), state("comes", route.Disconnected)
	comes.Variables["big"] = route.Variable{Value: strings.Repeat("x", mostStale/4)}
	j.keep(t, stays)

	for range 20 {
		j.keep(t, comes)
	}

	j.keep(t, state("comes", route.Done))
	if info, err := os.Stat(j.path); err != nil || info.Size() != j.size || j.size > 4*mostStale {
		t.Errorf("%v bytes, %d noted, %v", info.Size(), j.size, err)
	}
	remains(t, dir, map[string]route.Phase{"stays": route.Running})
}

// TestDoneIsDoneWhateverTheDiskDoes: what is done after a call would be done twice if the disk was full just then.
func TestDoneIsDoneWhateverTheDiskDoes(t *testing.T) {
	dir := t.TempDir()
	j := opened(t, dir)
	j.keep(t, state("1", route.Disconnected))
	works, full := j.file, opened(t, t.TempDir()).file
	if err := full.Close(); err != nil {
		t.Fatal(err)
	}

	j.file = full
	if err := j.Keep(state("1", route.Done)); err == nil {
		t.Error("kept where there is no disk")
	}
	j.Soon(state("2", route.Running))
	j.flush()
	j.file = works
	j.flush()

	remains(t, dir, map[string]route.Phase{"2": route.Running})
}

func TestWhoTalkedWasNotMissed(t *testing.T) {
	s := state("1", route.Running)
	s.Facts = map[string]string{"call_direction": "inbound"}
	if how := crashed(s); !how.Missed || !how.Answered.IsZero() {
		t.Errorf("%+v", how)
	}
	s.Talked = time.Now().Add(-time.Minute)
	if how := crashed(s); how.Missed || how.Bridged != s.Talked || how.Answered != s.Talked {
		t.Errorf("%+v", how)
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
