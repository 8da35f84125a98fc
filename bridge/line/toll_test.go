package line

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func toll(t *testing.T, c TollConfig) *Toll {
	t.Helper()
	made, err := NewToll(c)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// TestWhatMayBeDialled has numbers that swindlers like.
func TestWhatMayBeDialled(t *testing.T) {
	german := TollConfig{Country: "DE", PerMinute: 1000}
	american := TollConfig{Country: "US", PerMinute: 1000}
	own := TollConfig{Country: "DE", Allow: patterns(t, "!+49151*", "+44*", "017x*", "11880"), PerMinute: 1000}
	for _, c := range []struct {
		toll   TollConfig
		number string
		why    string // empty: it may
	}{
		{TollConfig{}, "204", ""}, {TollConfig{}, "1000", ""}, {TollConfig{}, "nobody", ""}, {TollConfig{}, "030123456", "neither it nor a country"}, {TollConfig{}, "+49301234567", "neither it nor a country"},
		{german, "204", ""}, {german, "030 1234567", ""}, {german, "+49 30 1234567", ""}, {german, "0049301234567", ""}, {german, "015112345678", ""}, {german, "08001234567", ""},
		{german, "0900 1234567", "dear"}, {german, "+49900 1234567", "dear"}, {german, "0137 1234567", "dear"}, {german, "11880", "no number"},
		{german, "+380501234567", "abroad"}, {german, "00380501234567", "abroad"}, {german, "+88213123456", "no number"}, {german, "0", ""},
		{german, "99999999999999999999", "no number"}, {german, "ann", ""}, {german, "desk-204", ""}, {german, "a09001234567", "dear"}, {german, "+", "no number"}, {german, "", ""},
		{american, "2125550123", ""}, {american, "1-212-555-0123", ""}, {american, "9005550123", "dear"}, {american, "8095550123", "abroad"}, {american, "011442071234567", "abroad"},
		{own, "+442071234567", ""}, {own, "00442071234567", ""}, {own, "015112345678", "forbids !+49151*"}, {own, "01761234567", ""}, {own, "11880", ""}, {own, "+33123456789", "abroad"},
	} {
		err := toll(t, c.toll).MayDial("", c.number)
		var refused *TollError
		if errors.As(err, &refused) != (c.why != "") || refused != nil && !strings.Contains(refused.Why, c.why) {
			t.Errorf("%s, allowed %v: %q: %v, want %q", c.toll.Country, c.toll.Allow, c.number, err, c.why)
		}
	}
}

func TestNumbersAreDialledNoFasterThanAllowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := toll(t, TollConfig{Country: "DE", PerMinute: 6})
		dialled := func(domain, number string) (n int) {
			for range 20 {
				if all.MayDial(domain, number) == nil {
					n++
				}
			}
			return n
		}
		if n := dialled("a", "030 1234567"); n != 6 {
			t.Errorf("%d at once", n)
		}
		if n := dialled("b", "030 1234567"); n != 6 {
			t.Errorf("%d of another domain", n)
		}
		if n := dialled("a", "204"); n != 20 {
			t.Errorf("%d extensions", n)
		}
		time.Sleep(20 * time.Second)
		if n := dialled("a", "030 1234567"); n != 2 {
			t.Errorf("%d after 20 s", n)
		}
	})
}

func TestTollsThatMakeNoSense(t *testing.T) {
	for _, c := range []TollConfig{{Country: "Atlantis"}, {PerMinute: -1}} {
		if _, err := NewToll(c); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
}
