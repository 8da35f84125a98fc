package tgcall

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func openJournal(t *testing.T, path string) *FileJournal {
	t.Helper()
	j, err := OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func wantLeft(t *testing.T, j *FileJournal, want ...Live) {
	t.Helper()
	got, err := j.Left()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var (
	firstLive  = Live{ID: 7, AccessHash: -9, Outgoing: true, Began: time.Unix(1_700_000_000, 0)}
	secondLive = Live{ID: 3, AccessHash: 4, Began: time.Unix(1_700_000_001, 0)}
)

func TestACallThatBeganAndDidNotEndIsLeft(t *testing.T) {
	path := filepath.Join(t.TempDir(), "calls")
	j := openJournal(t, path)
	wantLeft(t, j)
	must(t, j.Began(firstLive))
	must(t, j.Began(secondLive))
	must(t, j.Began(Live{ID: 5, Began: time.Unix(1, 0)}))
	must(t, j.Ended(5))
	must(t, j.Ended(99))
	j = openJournal(t, path)
	wantLeft(t, j, firstLive, secondLive)
	must(t, j.Ended(7))
	must(t, j.Ended(3))
	info, err := os.Stat(path)
	must(t, err)
	if info.Size() != 0 || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has %d bytes and mode %v", info.Size(), info.Mode())
	}
	must(t, j.Began(secondLive))
	wantLeft(t, openJournal(t, path), secondLive)
}

func TestAJournalThatWasCutAnywhereCanBeRead(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "calls")
	j := openJournal(t, path)
	must(t, j.Began(firstLive))
	must(t, j.Began(secondLive))
	must(t, j.Ended(7))
	whole, err := os.ReadFile(path)
	must(t, err)
	for n := range len(whole) + 1 {
		cut := filepath.Join(dir, "cut")
		must(t, os.WriteFile(cut, whole[:n], 0o600))
		var want []Live // what the finished lines say
		switch bytes.Count(whole[:n], []byte("\n")) {
		case 1:
			want = []Live{firstLive}
		case 2:
			want = []Live{firstLive, secondLive}
		case 3:
			want = []Live{secondLive}
		}
		j := openJournal(t, cut)
		wantLeft(t, j, want...)
		must(t, j.Began(Live{ID: 1, Began: time.Unix(2_000_000_000, 0)})) // does not stick to the rest of a line
		wantLeft(t, openJournal(t, cut), append(want, Live{ID: 1, Began: time.Unix(2_000_000_000, 0)})...)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("files left behind: %v", left)
	}
}

func TestWhatIsNotOursInAJournalChangesNothing(t *testing.T) {
	live, err := readJournal(strings.NewReader(firstLive.line() + "ended 7 or not\nbegan 1 2 sideways 3\n" +
		strings.Repeat("x", 2*maxJournalLine) + secondLive.line() + secondLive.line()))
	must(t, err)
	if diff := cmp.Diff(map[int64]Live{7: firstLive, 3: secondLive}, live); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	live, err = readJournal(strings.NewReader(strings.Repeat("x", maxJournalLine) + secondLive.line()))
	if err != nil || len(live) > 0 {
		t.Errorf("the rest of a long line counts: %v, %v", live, err)
	}
}

func TestAJournalThatCannotBeOpened(t *testing.T) {
	if _, err := OpenJournal(filepath.Join(t.TempDir(), "missing", "calls")); err == nil || !strings.Contains(err.Error(), "journal of calls") {
		t.Errorf("error %v", err)
	}
	if _, err := OpenJournal(t.TempDir()); err == nil {
		t.Error("a directory is no journal")
	}
}

func FuzzJournal(f *testing.F) {
	f.Add([]byte(firstLive.line() + secondLive.line() + "ended 7\n"))
	f.Add([]byte("began 1 2 sideways 3\nbegan 1 2 in 3 4\n\nended x\nbegan 1 2 in"))
	f.Add([]byte(strings.Repeat("x", 3*maxJournalLine) + "began 1 2 in 3\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		live, err := readJournal(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		for id, l := range live {
			if id != l.ID {
				t.Errorf("call %d is kept as %d", l.ID, id)
			}
			b.WriteString(l.line())
		}
		again, err := readJournal(&b)
		if err != nil || len(again) != len(live) {
			t.Errorf("%d calls written, %d read: %v", len(live), len(again), err)
		}
	})
}
