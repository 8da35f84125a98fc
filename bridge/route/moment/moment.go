// Package moment has the functions of dates that scripts know: &hour('8-17'), &wday(), &time_of_day('09:00-18:00') and so on. All look at the
// clock on the wall of the time that they are given, in its zone.
package moment

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// fields are the functions whose value is a number, and the numbers that each can be.
var fields = map[string]struct {
	of       func(time.Time) int
	from, to int
}{
	"year":          {time.Time.Year, 1, 9999},
	"yday":          {time.Time.YearDay, 1, 366},
	"mon":           {func(t time.Time) int { return int(t.Month()) }, 1, 12},
	"mday":          {time.Time.Day, 1, 31},
	"week":          {isoWeek, 1, 53},
	"mweek":         {func(t time.Time) int { return (t.Day()-1)/7 + 1 }, 1, 5},
	"wday":          {func(t time.Time) int { return int(t.Weekday()) + 1 }, 1, 7},
	"hour":          {time.Time.Hour, 0, 23},
	"minute":        {time.Time.Minute, 0, 59},
	"minute_of_day": {func(t time.Time) int { return t.Hour()*60 + t.Minute() + 1 }, 1, 1440},
}

func isoWeek(t time.Time) int {
	_, week := t.ISOWeek()
	return week
}

// Names are those of all functions, in order.
func Names() []string {
	names := []string{"date_time", "time_of_day"}
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Value is what the function says of a time, as text; false: there is no such function.
func Value(function string, t time.Time) (string, bool) {
	switch f, ok := fields[function]; {
	case ok:
		return strconv.Itoa(f.of(t)), true
	case function == "time_of_day":
		return t.Format("15:04"), true
	case function == "date_time":
		return t.Format(time.DateTime), true
	}
	return "", false
}

// Test is a condition on a time.
type Test struct {
	of     func(time.Time) int
	ranges [][2]int // from, to, both included
}

// Holds tells whether the time is in one of the ranges.
func (c *Test) Holds(t time.Time) bool {
	at := c.of(t)
	return slices.ContainsFunc(c.ranges, func(r [2]int) bool { return r[0] <= at && at <= r[1] })
}

// Parse reads the argument of a function: a list such as "1-5,7". A range of numbers is turned the right way round if need be; one of times of day
// does not go over midnight, as in the scripts that people have.
func Parse(function, argument string) (*Test, error) {
	switch f, ok := fields[function]; {
	case ok:
		return parse(argument, ",", "-", f.of, func(s string, _ bool) (int, error) { return number(s, f.from, f.to) }, true)
	case function == "time_of_day":
		return parse(argument, ",", "-", secondOfDay, clock, false)
	case function == "date_time":
		return parse(argument, ",", "~", wall, date, false)
	}
	return nil, fmt.Errorf("&%s: there is no such function of dates", function)
}

// parse reads items, each one value or two. value is told whether it is the end of a range.
func parse(list, between, to string, of func(time.Time) int, value func(s string, last bool) (int, error), turn bool) (*Test, error) {
	c := &Test{of: of}
	for item := range strings.SplitSeq(list, between) {
		first, last, isRange := strings.Cut(item, to)
		if !isRange {
			last = first
		}
		a, err := value(strings.TrimSpace(first), false)
		if err != nil {
			return nil, err
		}
		b, err := value(strings.TrimSpace(last), true)
		if err != nil {
			return nil, err
		}
		switch {
		case a > b && turn:
			a, b = b, a
		case a > b:
			return nil, fmt.Errorf("%q ends before it begins; write two ranges", item)
		}
		c.ranges = append(c.ranges, [2]int{a, b})
	}
	return c, nil
}

func number(s string, from, to int) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < from || n > to {
		return 0, fmt.Errorf("%q: want a number from %d to %d", s, from, to)
	}
	return n, nil
}

func secondOfDay(t time.Time) int { return t.Hour()*3600 + t.Minute()*60 + t.Second() }

// clock reads a time of day; a range that ends with a minute includes its seconds no more than the first, so that 18:00 ends the day.
func clock(s string, _ bool) (int, error) {
	for _, layout := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return secondOfDay(t), nil
		}
	}
	if s == "24:00" {
		return 24 * 3600, nil
	}
	return 0, fmt.Errorf("%q: want a time of day, such as 09:00", s)
}

// wall is the clock on the wall as a number that grows with it.
func wall(t time.Time) int {
	return int(time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC).Unix())
}

func date(s string, last bool) (int, error) {
	for _, layout := range []string{time.DateTime, "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			if layout == time.DateOnly && last {
				t = t.AddDate(0, 0, 1).Add(-time.Second)
			}
			return wall(t), nil
		}
	}
	return 0, fmt.Errorf("%q: want a date and time, such as 2026-12-31 18:00", s)
}
