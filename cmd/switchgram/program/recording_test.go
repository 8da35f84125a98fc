package program_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"switchgram/bridge"
	"switchgram/bridge/recording"
	"switchgram/bridge/sound"
	"switchgram/cmd/switchgram/program"
	"switchgram/tgcall"
)

func TestCallsOfALineAreRecordedAndSealed(t *testing.T) {
	t.Parallel()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	h := build(t, plan{settings: fmt.Sprintf("recording: {directory: %q, lines: [main], recipient: %s}", dir, key.Recipient())})
	desk := h.telephone("1000", 0)
	call, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main")
	h.must(err)
	until[tgcall.Connected](h, call)
	talk(h.telegramEnd(call, 700), h.sipEnd(next(h, desk.taken), 1100))
	h.must(call.Discard(h.ctx, tgcall.Hangup))
	out := h.outcome()
	if out.Path != "relay opus" || out.Cause != bridge.NormalClearing {
		t.Errorf("ended with %s, path %s", out.Cause, out.Path)
	}
	i := next(h, h.ready)
	if len(out.Recordings) != 1 || out.Recordings[0].Place != i.Place || i.Call != string(out.Call) || !i.Announced || !i.Sealed {
		t.Fatalf("the record says %+v, ready is %+v", out.Recordings, i)
	}
	h.log.await(h.ctx, "recording ready") // it is told before the spool is removed
	if left, err := os.ReadDir(filepath.Join(dir, "spool")); err != nil || len(left) > 0 {
		t.Errorf("left in the spool: %v, %v", left, err)
	}
	h.wantSound(i, key)
}

// wantSound opens a sealed recording and checks that it plays as long as it says.
func (h *house) wantSound(i recording.Info, key age.Identity) {
	h.t.Helper()
	f, err := os.Open(i.Place)
	h.must(err)
	defer f.Close()
	open, err := age.Decrypt(f, key)
	h.must(err)
	text, err := io.ReadAll(open)
	h.must(err)
	src, err := sound.ReadOpus(strings.NewReader(string(text)))
	h.must(err)
	pcm := make([]int16, 48000)
	n, loud := 0, 0
	for got := len(pcm); got == len(pcm); n += got {
		got = src.Fill(pcm, 48000)
		for _, s := range pcm[:got] {
			if s > 1000 {
				loud++
			}
		}
	}
	if length := float64(n) / 48000; length < i.Seconds-0.1 || length > i.Seconds+0.1 || loud < n/20 {
		h.t.Errorf("it plays for %.2f s, the record says %.2f; %d of %d samples are loud", length, i.Seconds, loud, n)
	}
}

func TestWhatAnEarlierRunHasLeftIsFinished(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	earlier, err := recording.New(recording.Options{Directory: dir})
	if err != nil {
		t.Fatal(err)
	}
	take, err := earlier.Begin(recording.Call{Name: "65f0-1", Line: "main"})
	if err != nil {
		t.Fatal(err)
	}
	take.End()
	h := build(t, plan{settings: fmt.Sprintf("recording: {directory: %q, all: true, announce: none}", dir)})
	if i := next(h, h.ready); i.Call != "65f0-1" || i.Size == 0 {
		t.Errorf("finished %+v", i)
	}
}

func TestMistakesAboutRecordingAreFoundAtTheStart(t *testing.T) {
	for text, want := range map[string]string{
		"recording: {all: true}":                                      "recording.directory: missing",
		"recording: {directory: x, lines: [nobody]}":                  `recording.lines[0]: "nobody": there is no such line`,
		"recording: {directory: x, recipient: AGE-SECRET-KEY-1}":      "recording.recipient",
		"recording: {directory: x, retention: 30}":                    "want days, such as 30d",
		"recording: {directory: x, max_size: 12}":                     "want a size, such as 512MB",
		"recording: {directory: x, retention: 30d, max_size: 2GB, }x": "not YAML",
	} {
		_, err := program.Read("c.yaml", strings.NewReader(right+"\n"+text+"\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestAnnouncementThatIsNotThereIsFoundAtTheStart(t *testing.T) {
	c, err := program.Read("c.yaml", strings.NewReader(right+fmt.Sprintf("\nrecording: {directory: %q, announce: none.ogg}\n", t.TempDir())))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PROGRAM_TEST_HASH", "hash")
	c.State = t.TempDir()
	if p, err := program.New(c, program.Options{}); err == nil || !strings.Contains(err.Error(), "none.ogg") {
		t.Errorf("made %v, %v", p, err)
	}
}
