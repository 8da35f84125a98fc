package recording

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"filippo.io/age"

	"switchgram/bridge/media"
)

// titled begins a recording that is to be called something.
func (s *stage) titled(call, title string) *Take {
	s.t.Helper()
	take, err := s.Begin(Call{Name: call, Title: title})
	s.must(err)
	return take
}

func TestARecordingIsCalledAsItIsWanted(t *testing.T) {
	for title, want := range map[string]string{
		"order 4711":                   "order_4711",
		"Заказ №7, Ольга":              "Заказ__7__Ольга",
		"../../etc/passwd":             "_.._etc_passwd",
		"/etc/cron.d/x":                "_etc_cron.d_x",
		"-rf":                          "rf",
		".hidden":                      "hidden",
		"a\x00b\nc\u202ed":             "a_b_c_d",
		"C:\\x|y*?<>\"":                "C__x_y_____",
		"\xff\xfe":                     "__",
		"spool":                        "spool",
		"+4930 (123) 456@example.org":  "+4930__123__456@example.org",
		strings.Repeat("ё", 200):       strings.Repeat("ё", longestTitle/2),
		strings.Repeat("a", 99) + "ёё": strings.Repeat("a", 99),
	} {
		s := newStage(t, Options{})
		take := s.titled("1-1", title)
		take.End()
		done, err := s.Finish(t.Context())
		s.must(err)
		if len(done) != 1 || done[0].ID != want || done[0].ID != take.ID() || done[0].Place != filepath.Join(s.dir, want+".ogg") || take.Place() != done[0].Place {
			t.Errorf("%q: %+v", title, done)
		}
		if got := files(t, s.dir); got != fmt.Sprint([]string{want + ".json", want + ".ogg"}) {
			t.Errorf("%q: on disk: %s", title, got)
		}
		if all, err := Finished(s.dir); err != nil || len(all) != 1 || all[0] != done[0] {
			t.Errorf("%q is listed as %+v, %v", title, all, err)
		}
	}
}

func TestTitlesOfNothingAreNone(t *testing.T) {
	for _, title := range []string{"", ".", "..", "...", "--", ".-."} {
		s := newStage(t, Options{})
		if take := s.titled("1-1", title); !strings.HasSuffix(take.ID(), "-1-1") {
			t.Errorf("%q: %s", title, take.ID())
		}
	}
}

func TestNoRecordingTakesTheNameOfAnother(t *testing.T) {
	inBubble(t, Options{}, func(s *stage) {
		var ids []string
		first := time.Now().UTC().Format(stamp)
		for _, call := range []string{"1-1", "1-2", "1-2", "1-2"} { // three of a call in one millisecond
			ids = append(ids, s.titled(call, "order").End().ID)
		}
		_, err := s.Finish(context.Background())
		s.must(err)
		ids = append(ids, s.titled("1-3", "order").ID(), s.begin("1-3").ID(), s.begin("1-3").ID()) // beside those that are finished
		now := time.Now().UTC().Format(stamp)
		want := []string{"order", "order-" + first + "-1-2", "order-" + first + "-1-2-2", "order-" + first + "-1-2-3", "order-" + now + "-1-3", now + "-1-3", now + "-1-3-2"}
		if !slices.Equal(ids, want) {
			t.Errorf("called %q, want %q", ids, want)
		}
		s.must(os.WriteFile(filepath.Join(s.dir, "invoice.ogg"), []byte("not ours"), 0o600))
		if id := s.titled("1-4", "invoice").ID(); id == "invoice" {
			t.Error("a file of others has its name taken")
		}
		if ids, err := Unfinished(s.dir); err != nil || len(ids) != 4 {
			t.Errorf("in the spool: %q, %v", ids, err)
		}
	})
}

func TestRecordingsAreListedOldestFirst(t *testing.T) {
	inBubble(t, Options{}, func(s *stage) {
		for _, title := range []string{"zebra", "", "apple"} {
			s.titled("1-1", title).End()
			wait(time.Second)
		}
		_, err := s.Finish(context.Background())
		s.must(err)
		all, err := Finished(s.dir)
		s.must(err)
		if len(all) != 3 || all[0].ID != "zebra" || all[2].ID != "apple" {
			t.Errorf("listed %+v", all)
		}
	})
}

func TestWhatIsTooShortIsNotKept(t *testing.T) {
	for name, c := range map[string]struct {
		lasts  time.Duration
		killed bool
		kept   int
	}{
		"too short":                   {1900 * time.Millisecond, false, 0},
		"just enough":                 {2 * time.Second, false, 1},
		"too short when it was cut":   {1900 * time.Millisecond, true, 0},
		"long enough when it was cut": {3 * time.Second, true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, Options{Ready: func(i Info, _ string) {
				if c.kept == 0 {
					t.Errorf("somebody was told of %+v", i)
				}
			}}, func(s *stage) {
				take, err := s.Begin(Call{Name: "1-1", Least: 2 * time.Second})
				s.must(err)
				talk(take, c.lasts, map[*talker]float64{newTalker(t, Left, media.Opus): 500})
				if c.killed {
					s.must(take.file.Close()) // as the system does then
				} else if take.End(); take.Short() != (c.kept == 0) {
					t.Errorf("at its end: short %t", take.Short())
				}
				done, err := s.Finish(context.Background())
				if err != nil || len(done) != c.kept {
					t.Errorf("finished %+v, %v", done, err)
				}
				if got := files(t, s.dir); (got == "[]") != (c.kept == 0) || strings.Contains(got, "spool") || strings.Contains(got, "part") {
					t.Errorf("on disk: %s", got)
				}
			})
		})
	}
}

func TestBothSidesAreOnOneChannelIfThatIsWanted(t *testing.T) {
	inBubble(t, Options{}, func(s *stage) {
		take, err := s.Begin(Call{Name: "1-1", Mono: true})
		s.must(err)
		ann, bob := newTalker(t, Left, media.Opus), newTalker(t, Right, media.PCMA)
		talk(take, 2*time.Second, map[*talker]float64{ann: 500, bob: 1100})
		take.End()
		i, h := s.finished()
		if !i.Mono || h[Right] != nil {
			t.Errorf("%+v with %d samples on the right", i, len(h[Right]))
		}
		for _, hz := range []float64{500, 1100} {
			if got := h.level(Left, hz, 500*time.Millisecond, 1500*time.Millisecond); got < -16 || got > -10 {
				t.Errorf("%.0f Hz at %.1f dB", hz, got)
			}
		}
	})
}

func TestANoteComesBackWithTheRecording(t *testing.T) {
	for _, killed := range []bool{false, true} {
		var told []string
		s := newStage(t, Options{})
		s.o.Ready = func(i Info, note string) {
			if ids, err := Unfinished(s.dir); err != nil || len(ids) != 1 {
				t.Errorf("it is gone before anybody was told of it, who would never be if we died now: %q, %v", ids, err)
			}
			told = append(told, i.ID+" "+note)
		}
		take := s.begin("1-1")
		s.must(take.Note("mail ann"))
		s.must(take.Note("mail bob"))
		if take.Note(strings.Repeat("x", maxNote+1)) == nil {
			t.Error("a note of any size is kept")
		}
		if killed {
			s.must(take.file.Close())
		} else if take.End(); take.Note("too late") == nil {
			t.Error("a note was taken after the end")
		}
		i, _ := s.finished()
		text, err := os.ReadFile(filepath.Join(s.dir, i.ID+".json"))
		s.must(err)
		if len(told) != 1 || told[0] != i.ID+" mail bob" || strings.Contains(string(text), "bob") {
			t.Errorf("told %q; %s", told, text)
		}
	}
}

// TestWhatWasFinishedBeforeACrashStaysAsItIs: sealed anew, it would not be the file whose sum others were told.
func TestWhatWasFinishedBeforeACrashStaysAsItIs(t *testing.T) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	var told []Info
	var notes []string
	inBubble(t, Options{Recipient: key.Recipient()}, func(s *stage) {
		take, ann := s.begin("1-1"), newTalker(t, Right, media.PCMU)
		s.must(take.Note("mail ann"))
		talk(take, time.Second, map[*talker]float64{ann: 700})
		spool := s.spool(take.End().ID)
		var left []byte
		s.o.Ready = func(i Info, note string) {
			told, notes = append(told, i), append(notes, note)
			var err error
			left, err = os.ReadFile(spool)
			s.must(err)
		}
		for range 2 {
			_, err := s.Finish(context.Background())
			s.must(err)
			s.must(os.WriteFile(spool, left, 0o600)) // as if the crash had come before it was gone
		}
	})
	if len(told) != 2 || told[0] != told[1] || !slices.Equal(notes, []string{"mail ann", "mail ann"}) {
		t.Errorf("told %+v with %q", told, notes)
	}
}

func FuzzFileName(f *testing.F) {
	for _, text := range []string{"order 7", "../x", ".-.", "\xff", strings.Repeat("ё", 99)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		name := fileName(text, longestTitle)
		switch {
		case len(name) > longestTitle, !utf8.ValidString(name), strings.ContainsAny(name, "/\\\x00 \n"), strings.HasPrefix(name, "."), strings.HasPrefix(name, "-"):
			t.Errorf("%q is called %q", text, name)
		case name != "" && (!isID(name) || filepath.Base(name) != name):
			t.Errorf("%q is called %q, which is no name of ours", text, name)
		}
	})
}
