package bridge

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The tables of causes in docs/freeswitch.md say what the program does.

// rows are those of the table after the mark, cell by cell and without backquotes.
func rows(t *testing.T, mark string) (all [][]string) {
	t.Helper()
	text, err := os.ReadFile("../docs/freeswitch.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "<!-- "+mark+": checked against the program -->\n")
	if !found {
		t.Fatalf("no table %q", mark)
	}
	for i, line := range strings.Split(rest, "\n") {
		if !strings.HasPrefix(line, "|") {
			break
		}
		if i < 2 { // head and rule
			continue
		}
		cells := strings.Split(strings.Trim(strings.ReplaceAll(line, "`", ""), "|"), "|")
		for c := range cells {
			cells[c] = strings.TrimSpace(cells[c])
		}
		all = append(all, cells)
	}
	return all
}

func TestDocumentedCausesAreTheProgramsOwn(t *testing.T) {
	documented := map[Cause]bool{}
	for _, r := range rows(t, "causes") {
		c, err := ParseCause(r[0])
		if err != nil {
			t.Error(err)
			continue
		}
		documented[c] = true
		want := []string{c.String(), fmt.Sprint(uint8(c)), fmt.Sprint(c.SIPStatus()), c.Discard(CallerWaiting).String(), c.Discard(WasAnswered).String()}
		if !slices.Equal(r, want) {
			t.Errorf("documented %v, is %v", r, want)
		}
	}
	for _, c := range slices.Concat(slices.Collect(maps.Values(rpcCauses)), slices.Collect(maps.Values(sipCauses))) {
		if !documented[c] {
			t.Errorf("%s is not documented", c)
		}
	}
}

func TestDocumentedWordsOfTelegramAreTheProgramsOwn(t *testing.T) {
	documented := map[string]bool{}
	for _, r := range rows(t, "telegram") {
		for word := range strings.SplitSeq(r[0], ", ") {
			documented[word] = true
			got := CauseOfTelegram(word)
			for d := DiscardMissed; d <= DiscardDisconnect; d++ {
				if word == d.String() {
					got = CauseOfDiscard(d, CalleeWaiting)
				}
			}
			if got.String() != r[1] {
				t.Errorf("%s: documented %s, is %s", word, r[1], got)
			}
		}
	}
	for word := range rpcCauses {
		if !documented[word] {
			t.Errorf("%s is not documented", word)
		}
	}
}

func TestDocumentedSIPStatusesAreTheProgramsOwn(t *testing.T) {
	documented := map[int]bool{}
	for _, r := range rows(t, "statuses") {
		for word := range strings.SplitSeq(r[0], ", ") {
			status, err := strconv.Atoi(word)
			if err != nil {
				t.Error(err)
			}
			documented[status] = true
			if got := CauseOfSIP(status).String(); got != r[1] {
				t.Errorf("%d: documented %s, is %s", status, r[1], got)
			}
		}
	}
	for status := range sipCauses {
		if !documented[status] {
			t.Errorf("%d is not documented", status)
		}
	}
}
