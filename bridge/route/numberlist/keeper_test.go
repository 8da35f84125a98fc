package numberlist

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func keeper(t *testing.T, dir string) *Keeper {
	t.Helper()
	k, err := OpenKeeper(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func (k *Keeper) wants(t *testing.T, list, number string, now time.Time, want bool) {
	t.Helper()
	if k.Has(list, number, now) != want {
		t.Errorf("%s has %s at %s: %t", list, number, now.Format(time.RFC3339), !want)
	}
}

func TestWhatWasAddedSurvivesARestart(t *testing.T) {
	dir := t.TempDir()
	k := keeper(t, dir)
	for number, until := range map[string]time.Time{"+380 50 123-45-67": {}, "@Nuisance": noon.Add(time.Hour), "": {}} {
		for range 2 { // as after a crash
			if err := k.Add(t.Context(), "spam", number, "called\n too often # x", until); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, k := range []*Keeper{k, keeper(t, dir)} {
		k.wants(t, "spam", "380501234567", noon, true)
		k.wants(t, "spam", "tg:@nuisance", noon, true)
		k.wants(t, "spam", "@nuisance", noon.Add(2*time.Hour), false)
		k.wants(t, "spam", "anonymous", noon, true)
		k.wants(t, "spam", "49", noon, false)
		k.wants(t, "vip", "380501234567", noon, false)
		if all := k.Entries("spam", noon); len(all) != 3 || all[0].Number != "380501234567" || all[0].Comment != "called too often # x" {
			t.Errorf("entries %+v", all)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "spam.txt"))
	if err != nil || strings.Count(string(text), "\n") != 3 {
		t.Errorf("%s (%v)", text, err)
	}
}

func TestALongerTimeTakesThePlaceOfAShorterOne(t *testing.T) {
	k := keeper(t, t.TempDir())
	for _, until := range []time.Time{noon.Add(time.Hour), noon.Add(3 * time.Hour), noon.Add(2 * time.Hour)} {
		if err := k.Add(t.Context(), "spam", "1", "", until); err != nil {
			t.Fatal(err)
		}
	}
	k.wants(t, "spam", "1", noon.Add(150*time.Minute), true)
	k.wants(t, "spam", "1", noon.Add(4*time.Hour), false)
}

func TestPeopleTakeOutWhatAScriptHasAdded(t *testing.T) {
	dir := t.TempDir()
	k := keeper(t, dir)
	for _, number := range []string{"1", "2"} {
		if err := k.Add(t.Context(), "spam", number, "", time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "spam.txt")
	edit := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		k.lists["spam"].looked = time.Time{} // two seconds have passed
	}
	edit("2 # by hand, and no line break at the end")
	k.wants(t, "spam", "1", noon, false)
	k.wants(t, "spam", "2", noon, true)
	if err := k.Add(t.Context(), "spam", "3", "", time.Time{}); err != nil {
		t.Fatal(err)
	}
	k.lists["spam"].looked = time.Time{}
	k.wants(t, "spam", "2", noon, true)
	k.wants(t, "spam", "3", noon, true)
	edit("4 until tomorrow")
	k.wants(t, "spam", "3", noon, true)
	if _, err := OpenKeeper(dir, nil); err == nil || !strings.Contains(err.Error(), "spam.txt:1") {
		t.Errorf("a broken list was taken: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	k.lists["spam"].looked = time.Time{}
	k.wants(t, "spam", "3", noon, false)
}

func TestNothingHostileGetsIntoAList(t *testing.T) {
	dir := t.TempDir()
	k := keeper(t, dir)
	for _, number := range []string{"@x\n49", "@x # y", "@x until 2027-01-01", "()", "@\x00"} {
		if err := k.Add(context.Background(), "spam", number, "", time.Time{}); err != nil && !errors.Is(err, ErrEntry) {
			t.Errorf("%q: %v", number, err)
		}
		k.wants(t, "spam", "49", noon, false)
	}
	for _, list := range []string{"", "../spam", "a/b", ".."} {
		if err := k.Add(context.Background(), list, "1", "", time.Time{}); err == nil {
			t.Errorf("list %q was taken", list)
		}
	}
	if _, err := OpenKeeper(filepath.Join(dir, "spam.txt", "x"), nil); err == nil && len(k.Entries("spam", noon)) > 0 {
		t.Error("a file was taken for a folder")
	}
	keeper(t, dir) // what was written can be read
}

func TestAFullListForgetsWhatHasExpired(t *testing.T) {
	dir := t.TempDir()
	var text strings.Builder
	for i := range mostAdded {
		fmt.Fprintf(&text, "%d until 2020-01-01\n", i+1)
	}
	path := filepath.Join(dir, "spam.txt")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	k := keeper(t, dir)
	if err := k.Add(t.Context(), "spam", "777777777", "", time.Time{}); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadFile(path); string(left) != "777777777\n" {
		t.Errorf("%d bytes are left", len(left))
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(text.String(), " until 2020-01-01", "")), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := keeper(t, dir).Add(t.Context(), "spam", "777777777", "", time.Time{}); !errors.Is(err, ErrFull) {
		t.Errorf("added to a full list: %v", err)
	}
}

func FuzzEntriesThatAreAddedCanBeRead(f *testing.F) {
	f.Add("+380 50", "why", int64(1_800_000_000))
	f.Add("!", "0", int64(0))
	f.Add("@ann#x until", "\r\n# until 2020-01-01", int64(0))
	f.Fuzz(func(t *testing.T, number, comment string, until int64) {
		dir := t.TempDir()
		var last time.Time
		if until > 0 && until < 200_000_000_000 {
			last = time.Unix(until, 0)
		}
		if err := keeper(t, dir).Add(t.Context(), "spam", number, comment, last); err != nil {
			return
		}
		if all, _ := keeper(t, dir).lists["spam"].list.Count(noon); all != 1 {
			t.Errorf("%q, %q: %d entries", number, comment, all)
		}
	})
}
