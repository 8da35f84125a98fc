package calendar

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const office = `{"name": "office", "timezone": "Europe/Kyiv", "from": "2026-01-01", "to": "2027-12-31",
 "accept": [{"days": [1,2,3,4,5], "start": "09:00", "end": "18:00"}, {"days": [6], "start": "22:00", "end": "02:00"}],
 "except": [{"name": "Christmas", "date": "12-25", "yearly": true},
            {"name": "Short day", "date": "2026-12-31", "accept": [{"start": "09:00", "end": "13:00"}]}]}`

func parse(t *testing.T, text string) *Calendar {
	t.Helper()
	c, err := Parse("office.json", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWhenSomebodyIsThere(t *testing.T) {
	c := parse(t, office)
	for at, want := range map[string]string{
		"2026-11-20 08:59": "false",
		"2026-11-20 09:00": "true", // a Friday
		"2026-11-20 17:59": "true",
		"2026-11-20 18:00": "false", // the end is not included
		"2026-11-21 12:00": "false",
		"2026-11-21 23:00": "true", // over midnight
		"2026-11-22 01:59": "true",
		"2026-11-22 02:00": "false",
		"2026-12-25 12:00": "holiday",
		"2027-12-25 12:00": "holiday",
		"2026-12-31 10:00": "true",
		"2026-12-31 14:00": "holiday",
		"2025-12-31 10:00": "ahead",
		"2028-01-01 10:00": "expire",
		"2026-03-30 09:00": "true", // the Monday after summer time began
		"2026-10-26 17:59": "true", // and ended
	} {
		t.Run(at, func(t *testing.T) {
			moment, err := time.ParseInLocation("2006-01-02 15:04", at, c.zone)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.State(moment.UTC(), time.UTC); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
}

func TestACalendarWithoutZoneHasThatOfTheScript(t *testing.T) {
	c := parse(t, `{"name": "x", "accept": [{"days": [1,2,3,4,5,6,7], "start": "09:00", "end": "10:00"}]}`)
	at := time.Date(2026, 7, 1, 7, 30, 0, 0, time.UTC)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	if c.State(at, time.UTC) != "false" || c.State(at, berlin) != "true" {
		t.Error("the zone of whoever asks does not count")
	}
}

func TestWhenItChanges(t *testing.T) {
	c := parse(t, office)
	friday := time.Date(2026, 11, 20, 20, 0, 0, 0, c.zone)
	if next := c.Next(friday, time.UTC); !next.Equal(time.Date(2026, 11, 21, 22, 0, 0, 0, c.zone)) {
		t.Errorf("next change %v", next)
	}
	never := parse(t, `{"name": "never"}`)
	if next := never.Next(friday, time.UTC); !next.IsZero() {
		t.Errorf("nothing changes at %v", next)
	}
}

func TestMistakesInCalendars(t *testing.T) {
	for text, want := range map[string]string{
		"{\n \"nam\": \"x\"}": "office.json:2:",
		`{}`:                  "office.json: name: it is missing",
		"{\"name\": \"x\",\n \"accept\": [],\n \"accept\": []}": `office.json:3:2: "accept" stands here twice`,
		`{"name": "x"} {}`: "office.json:1:15: there is more after the end",
		`{"name": "x", "timezone": "Mars", "except": [{"date": "12-24", "yearly": true}, {"date": "x"}]}`: "\noffice.json: except[1]: date \"x\"",
		`{"name": "x", "accept": [{"start": "9", "end": "10:00", "days": [1]}]}`:                          `time "9"`,
		`{"name": "x", "accept": [{"start": "09:00", "end": "10:00"}]}`:                                   "days are missing",
		`{"name": "x", "accept": [{"days": [0], "start": "09:00", "end": "10:00"}]}`:                      "day 0",
		`{"name": "x", "except": [{"date": "12-25"}]}`:                                                    `date "12-25"`,
		`{"name": "x", "timezone": "Mars/Base"}`:                                                          "unknown time zone",
	} {
		if _, err := Parse("office.json", strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(office)
	f.Add(`{"name":"x","except":[{"date":"02-29","yearly":true}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse("f", strings.NewReader(text))
		if err != nil {
			return
		}
		switch state := c.State(time.Date(2028, 2, 29, 12, 0, 0, 0, time.UTC), time.UTC); state {
		case "true", "false", "ahead", "expire", "holiday":
		default:
			t.Errorf("state %q", state)
		}
	})
}

func ExampleCalendar_State() {
	c, err := Parse("office.json", strings.NewReader(`{"name": "office", "timezone": "Europe/Kyiv",
		"accept": [{"days": [1, 2, 3, 4, 5], "start": "09:00", "end": "18:00"}], "except": [{"date": "12-25", "yearly": true}]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.State(time.Date(2026, 12, 25, 10, 0, 0, 0, time.UTC), time.UTC))
	// Output: holiday
}
