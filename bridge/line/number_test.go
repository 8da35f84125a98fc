package line_test

import (
	"testing"

	"switchgram/bridge/line"
)

func TestNumbersAreDialledAsPeopleOfTheCountryDo(t *testing.T) {
	for _, tc := range []struct{ country, who, want string }{
		{"DE", "030 123456", "+4930123456"},
		{"DE", "0151/12345678", "+4915112345678"},
		{"DE", "4930123456", "+4930123456"},
		{"DE", "004930123456", "004930123456"},
		{"DE", "+442079460123", "+442079460123"},
		{"DE", "@ann", "@ann"},
		{"DE", "*77", "*77"},
		{"DE", "1000", "1000"},
		{"DE", "", ""},
		{"DE", "0", "0"},
		{"US", "(212) 555-0123", "+12125550123"},
		{"US", "4930123456", "4930123456"},
		{"IT", "06 12345678", "+390612345678"},
		{"", "030123456", "030123456"},
	} {
		c := line.Config{Country: tc.country}
		if got := c.International(tc.who); got != tc.want {
			t.Errorf("%q in %s is %q, want %q", tc.who, tc.country, got, tc.want)
		}
	}
}

func FuzzInternational(f *testing.F) {
	f.Add("030 123456")
	f.Add("0)))))(((--..//00")
	f.Fuzz(func(t *testing.T, who string) {
		c := line.Config{Country: "DE"}
		once := c.International(who)
		if twice := c.International(once); twice != once {
			t.Errorf("%q becomes %q, and that %q", who, once, twice)
		}
	})
}
