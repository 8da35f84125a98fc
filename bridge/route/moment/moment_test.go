package moment

import (
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// at is a Saturday.
var at = time.Date(2026, 11, 21, 17, 59, 59, 0, time.UTC)

func TestConditionsOnTheTime(t *testing.T) {
	for _, tc := range []struct {
		function, argument string
		want               bool
	}{
		{"year", "2026", true}, {"year", "2020-2025", false},
		{"mon", "12,1-2", false}, {"mon", "10-11", true},
		{"mday", "24-31", false}, {"mday", "21", true},
		{"wday", "2-6", false}, {"wday", "7", true}, {"wday", "7-6", true},
		{"hour", "8-17", true}, {"hour", "17-8", true}, {"hour", "18-23", false},
		{"minute", "0-29", false}, {"minute_of_day", "1080", true}, {"minute_of_day", "480-1079", false},
		{"week", "47", true}, {"mweek", "3", true}, {"yday", "325", true},
		{"time_of_day", "09:00-18:00", true}, {"time_of_day", "18:00-24:00", false}, {"time_of_day", "17:59:59", true},
		{"date_time", "2026-11-21 17:00~2026-11-21 18:00", true}, {"date_time", "2026-11-20~2026-11-21", true},
		{"date_time", "2026-12-31 18:00~2027-01-02 09:00", false},
	} {
		c, err := Parse(tc.function, tc.argument)
		if err != nil {
			t.Errorf("&%s('%s'): %v", tc.function, tc.argument, err)
		} else if got := c.Holds(at); got != tc.want {
			t.Errorf("&%s('%s') is %v", tc.function, tc.argument, got)
		}
	}
}

func TestMistakesInConditions(t *testing.T) {
	for _, tc := range []struct{ function, argument, want string }{
		{"hour", "25", "from 0 to 23"}, {"hour", "", "want a number"}, {"wday", "Mon", "want a number"},
		{"time_of_day", "22:00-06:00", "write two ranges"}, {"time_of_day", "9", "time of day"},
		{"date_time", "yesterday", "date and time"}, {"moon", "1", "no such function"},
	} {
		if _, err := Parse(tc.function, tc.argument); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("&%s('%s'): %v", tc.function, tc.argument, err)
		}
	}
}

func TestValues(t *testing.T) {
	for function, want := range map[string]string{"wday": "7", "time_of_day": "17:59", "date_time": "2026-11-21 17:59:59", "minute_of_day": "1080", "mon": "11"} {
		if got, ok := Value(function, at); !ok || got != want {
			t.Errorf("&%s() is %q", function, got)
		}
	}
	for _, function := range Names() {
		if _, ok := Value(function, at); !ok {
			t.Errorf("&%s() has no value", function)
		}
	}
}

func TestStrftime(t *testing.T) {
	if got := Strftime("%d.%m.%Y %H:%M, day %j (%u), %A 100%% %q %", at); got != "21.11.2026 17:59, day 325 (6), Saturday 100% %q %" {
		t.Error(got)
	}
	for format, good := range map[string]bool{"%d.%m": true, "%q": false, "%": false, "": true} {
		if err := CheckFormat(format); (err == nil) != good {
			t.Errorf("%q: %v", format, err)
		}
	}
}
