package account

import (
	"errors"
	"strings"
	"testing"
)

func TestWhatPeopleDial(t *testing.T) {
	for who, want := range map[string]string{
		"+4930123456":        "+4930123456",
		"4930123456":         "+4930123456",
		"004930123456":       "+4930123456",
		" +49 (30) 123-456 ": "+4930123456",
		"+888 1234 5678":     "+88812345678", // a number that only Telegram has
		"@ann":               "@ann",
		"@Ann_B":             "@ann_b",
		"tg#Ann":             "@ann",
		"ann":                "@ann",
		"*77":                "*77",
		"*9007199254740993":  "*9007199254740993",
	} {
		got, err := parseTarget(who)
		if err != nil || got.String() != want {
			t.Errorf("%q is %v, %v; want %s", who, got, err, want)
		}
	}
}

func TestWhatNobodyIsCalled(t *testing.T) {
	for _, who := range []string{
		"", " ", "+", "@", "tg#", "*", "*0", "*-5", "*+5", "*x", "*99999999999999999999", "@1ann", "@an n", "@" + strings.Repeat("a", 33), "@ann\r\nX: y",
		"030123456", "+0301234567", "123", "+1234567890123456", "+49;30123456", "sip:ann", "ann@example.org", "٠٠٤٩٣٠١٢٣٤٥٦",
	} {
		_, err := parseTarget(who)
		if !errors.Is(err, ErrBadAddress) {
			t.Errorf("%q: error is %v, want ErrBadAddress", who, err)
		}
	}
}

func FuzzTarget(f *testing.F) {
	for _, s := range []string{"+4930123456", "00 49 30 1", "@ann", "tg#ann", "ann", "*77", "*-1", "\x00", "@ann\r\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, who string) {
		got, err := parseTarget(who)
		if err != nil {
			if !errors.Is(err, ErrBadAddress) {
				t.Fatalf("%q: error is %v", who, err)
			}
			return
		}
		if strings.ContainsAny(got.value, "\r\n \x00+@*") || len(got.value) > 32 {
			t.Fatalf("%q became %q", who, got.value)
		}
		if again, err := parseTarget(got.String()); err != nil || again != got {
			t.Fatalf("%q is %v, which is read as %v, %v", who, got, again, err)
		}
	})
}
