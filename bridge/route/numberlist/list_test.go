package numberlist

import (
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const spam = `# nuisances
+380 50 123-45-67      # calls at night
*77123 until 2026-11-21
@Somebody

anonymous
`

func TestNumbersAreFoundHoweverTheyAreWritten(t *testing.T) {
	l, err := Parse("spam.txt", strings.NewReader(spam))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 21, 23, 0, 0, 0, time.Local)
	for number, want := range map[string]bool{
		"+380501234567": true, "380501234567": true, "00380501234567": true, "501234567": false, "@somebody": true, "tg:@SOMEBODY": true,
		"": true, "anonymous": true, "0000000000": true, "*77123": true, "1": false,
	} {
		if got := l.Has(number, at); got != want {
			t.Errorf("%q is in the list: %v", number, got)
		}
	}
	if l.Has("77123", at.Add(2*time.Hour)) {
		t.Error("an entry outlives its day")
	}
	if all, expired := l.Count(at.AddDate(0, 1, 0)); all != 4 || expired != 1 {
		t.Errorf("%d entries, %d expired", all, expired)
	}
}

func TestMistakesAreShownByLine(t *testing.T) {
	for text, want := range map[string]string{"1\n2 until tomorrow": "spam.txt:2: until", "\n---": "spam.txt:2: \"---\""} {
		if _, err := Parse("spam.txt", strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzParseEntry(f *testing.F) {
	for line := range strings.SplitSeq(spam, "\n") {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		e, err := ParseEntry(line)
		if err == nil && e.Number != "" && Normal(e.Number) != e.Number {
			t.Errorf("%q: %q is not normal", line, e.Number)
		}
	})
}
