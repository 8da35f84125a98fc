package recording

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"switchgram/bridge/media"
)

func TestCallerIsOnTheLeftAndCalleeOnTheRight(t *testing.T) {
	for _, c := range [][2]media.Codec{{media.Opus, media.Opus}, {media.Opus, media.PCMU}, {media.PCMA, media.G722}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			inBubble(t, Options{}, func(s *stage) {
				take, ann, bob := s.begin("1-1"), newTalker(t, Left, c[0]), newTalker(t, Right, c[1])
				talk(take, 3*time.Second, map[*talker]float64{ann: 500, bob: 1100})
				take.End()
				i, h := s.finished()
				h.wantTone(t, Left, 500, 1100, 500*time.Millisecond, 2500*time.Millisecond)
				h.wantTone(t, Right, 1100, 500, 500*time.Millisecond, 2500*time.Millisecond)
				h.wantSpans(t, Left, 0, 3*time.Second)
				h.wantSpans(t, Right, 0, 3*time.Second)
				if i.Seconds != 3 || i.Lost != 0 || i.Incomplete || i.Problem != "" {
					t.Errorf("the record says %+v", i)
				}
			})
		})
	}
}

func TestOnlyTheOwnerReadsARecordingAndNothingElseIsLeft(t *testing.T) {
	inBubble(t, Options{}, func(s *stage) {
		take, ann := s.begin("65f0-7"), newTalker(t, Left, media.Opus)
		talk(take, time.Second, map[*talker]float64{ann: 500})
		wantMode(t, s.dir, 0o700)
		wantMode(t, filepath.Join(s.dir, "spool"), 0o700)
		ids, err := Unfinished(s.dir)
		s.must(err)
		wantMode(t, s.spool(ids[0]), 0o600)
		take.End()
		want := time.Now().UTC().Add(-time.Second).Format(stamp) + "-65f0-7"
		i, _ := s.finished()
		wantMode(t, i.Place, 0o600)
		if got := files(t, s.dir); got != fmt.Sprint([]string{want + ".json", want + ".ogg"}) {
			t.Errorf("on disk: %s", got)
		}
		text, err := os.ReadFile(i.Place)
		s.must(err)
		if sum := sha256.Sum256(text); i.SHA256 != hex.EncodeToString(sum[:]) || i.Size != int64(len(text)) {
			t.Errorf("the record says %d bytes, sum %s", i.Size, i.SHA256)
		}
		all, err := Finished(s.dir)
		s.must(err)
		if len(all) != 1 || all[0] != i {
			t.Errorf("listed as %+v, want %+v", all, i)
		}
	})
}

func wantMode(t *testing.T, path string, want fs.FileMode) {
	t.Helper()
	if stat, err := os.Stat(path); err != nil || stat.Mode().Perm() != want {
		t.Errorf("%s: %v, %v; want mode %o", path, stat.Mode(), err, want)
	}
}

// files lists the files below a directory, by name.
func files(t *testing.T, dir string) string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			all = append(all, d.Name())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(all)
}

func TestSealedRecordingIsNeverOnDiskInPlain(t *testing.T) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	inBubble(t, Options{Recipient: key.Recipient()}, func(s *stage) {
		take, ann := s.begin("1-1"), newTalker(t, Right, media.PCMU)
		talk(take, time.Second, map[*talker]float64{ann: 700})
		told := take.End()
		done, err := s.Finish(context.Background())
		s.must(err)
		if got := files(t, s.dir); !strings.HasSuffix(got, ".ogg.age]") || strings.Contains(got, "spool") {
			t.Errorf("on disk: %s", got)
		}
		if told.Place != done[0].Place || !done[0].Sealed {
			t.Errorf("told of %s, finished at %s", told.Place, done[0].Place)
		}
		f, err := os.Open(done[0].Place)
		s.must(err)
		defer f.Close()
		open, err := age.Decrypt(f, key)
		s.must(err)
		text, err := io.ReadAll(open)
		s.must(err)
		listen(t, text).wantTone(t, Right, 700, 500, 200*time.Millisecond, 800*time.Millisecond)
	})
}

func TestNamesFromOutsideAreRefused(t *testing.T) {
	s := newStage(t, Options{})
	for _, name := range []string{"", "../../etc/passwd", "a/b", "Ann Ahlers", "a\x00b", strings.Repeat("a", 65)} {
		if _, err := s.Begin(Call{Name: name}); err == nil {
			t.Errorf("call %q is recorded", name)
		}
	}
	if got := files(t, s.dir); got != "[]" {
		t.Errorf("on disk: %s", got)
	}
}

func TestTooOldRecordingsAreRemovedAndNothingElse(t *testing.T) {
	inBubble(t, Options{Retention: 30 * 24 * time.Hour}, func(s *stage) {
		for _, call := range []string{"old", "new"} {
			take, ann := s.begin(call), newTalker(t, Left, media.Opus)
			talk(take, 100*time.Millisecond, map[*talker]float64{ann: 500})
			take.End()
			_, err := s.Finish(context.Background())
			s.must(err)
			if call == "old" {
				for _, name := range []string{"holiday.ogg", "20010101-000000.000-mine.ogg", "20010101-000000.000-wrong.json"} {
					s.must(os.WriteFile(filepath.Join(s.dir, name), []byte("{}"), 0o600))
				}
				wait(29 * 24 * time.Hour)
			}
		}
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		wait(time.Minute)
		if got := files(t, s.dir); !strings.Contains(got, "-old.ogg") {
			t.Errorf("after 29 days: %s", got)
		}
		wait(48 * time.Hour)
		got := files(t, s.dir)
		if strings.Contains(got, "-old") || !strings.Contains(got, "-new.ogg") || !strings.Contains(got, "-new.json") {
			t.Errorf("after 31 days: %s", got)
		}
		if strings.Count(got, "mine") != 1 || strings.Count(got, "holiday") != 1 || strings.Count(got, "wrong") != 1 {
			t.Errorf("files of others: %s", got)
		}
		stop()
		s.must(<-done)
	})
}

func TestRunFinishesWhatEndsAndSaysSo(t *testing.T) {
	ready := make(chan Info, 4)
	inBubble(t, Options{Ready: func(i Info, _ string) { ready <- i }}, func(s *stage) {
		first, ann := s.begin("1-1"), newTalker(t, Left, media.Opus)
		talk(first, time.Second, map[*talker]float64{ann: 500})
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		wait(time.Second)
		if len(ready) > 0 {
			t.Fatalf("a call that runs was finished: %+v", <-ready)
		}
		first.End()
		wait(time.Second)
		if i := <-ready; i.Call != "1-1" || i.Size == 0 {
			t.Errorf("finished %+v", i)
		}
		second := s.begin("1-2")
		stop()
		second.End() // while it shuts down, or after it
		s.must(<-done)
		if again := first.End(); again.Call != "1-1" {
			t.Errorf("ended twice: %+v", again)
		}
	})
}

func TestWhatCannotBeFinishedInTimeIsLeft(t *testing.T) {
	s := newStage(t, Options{})
	take, ann := s.begin("1-1"), newTalker(t, Left, media.Opus)
	take.Packet(Left, ann.packet(500))
	take.End()
	ctx, stop := context.WithCancel(context.Background())
	stop()
	id := take.info.ID
	if _, err := s.finish(ctx, id); err == nil {
		t.Fatal("it was finished after the end of its time")
	}
	if got := files(t, s.dir); got != "["+id+".spool]" {
		t.Errorf("on disk: %s", got)
	}
	s.finished()
}

func TestStrangeSpoolsStay(t *testing.T) {
	s := newStage(t, Options{})
	const id = "20260102-150405.123-1-1"
	s.must(os.WriteFile(s.spool(id), []byte("a letter to my aunt, of some length"), 0o600))
	if done, err := s.Finish(context.Background()); err == nil || len(done) > 0 {
		t.Errorf("finished %+v, %v", done, err)
	}
	s.must(os.WriteFile(s.spool(id), []byte(magic[:5]), 0o600)) // its process may be about to go on
	if done, err := s.Finish(context.Background()); err != nil || len(done) > 0 {
		t.Errorf("finished %+v, %v", done, err)
	}
	s.must(os.Chtimes(s.spool(id), time.Time{}, time.Now().Add(-time.Hour)))
	_, err := s.Finish(context.Background())
	s.must(err)
	if got := files(t, s.dir); got != "[]" {
		t.Errorf("on disk: %s", got)
	}
}

func TestRecordSaysWhatItIs(t *testing.T) {
	inBubble(t, Options{}, func(s *stage) {
		take, err := s.Begin(Call{Name: "1-1", Line: "sales", Announced: true})
		s.must(err)
		take.End()
		i, _ := s.finished()
		text, err := os.ReadFile(filepath.Join(s.dir, i.ID+".json"))
		s.must(err)
		for _, want := range []string{`"call":"1-1"`, `"line":"sales"`, `"announced":true`, `"sha256":"`, `"place":"`} {
			if !bytes.Contains(text, []byte(want)) {
				t.Errorf("no %s in %s", want, text)
			}
		}
	})
}
