// Package calendar knows when somebody is there: working hours by days of the week, holidays, short days. Everything goes by the clock on the
// wall in the calendar's zone, so opening hours do not move when summer time begins.
package calendar

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // where the machine has no zones

	"switchgram/bridge/route/tree"
)

// Calendar is one. It is not changed after Parse and may be used at once.
type Calendar struct {
	Name   string
	zone   *time.Location // nil: that of whoever asks
	from   day            // zero: always
	to     day            // the last one; zero: for ever
	accept []hours
	except []exception
}

// day is a date without a time: year, month and day of month as one number that grows; year 0 stands for every year.
type day int

func dayOf(t time.Time) day { return day(t.Year()*10000 + int(t.Month())*100 + t.Day()) }

// every is the day without its year.
func (d day) every() day { return d % 10000 }

// hours are from a minute of the day to another, on some days.
type hours struct {
	days  [8]bool // Monday is 1
	start int
	end   int // not included; at or before start: of the next day
}

// exception is a day that is not like others.
type exception struct {
	name   string
	date   day // without year: every year
	accept []hours
}

// document is a calendar as people write it.
type document struct {
	Name     string       `json:"name"`
	Timezone string       `json:"timezone"`
	From     *string      `json:"from"`
	To       *string      `json:"to"`
	Accept   []hoursText  `json:"accept"`
	Except   []exceptText `json:"except"`
}

type hoursText struct {
	Days  []int  `json:"days"`
	Start string `json:"start"`
	End   string `json:"end"`
}

type exceptText struct {
	Name   string      `json:"name"`
	Date   string      `json:"date"`
	Yearly bool        `json:"yearly"`
	Accept []hoursText `json:"accept"`
}

// Parse reads a calendar, strictly. file is for errors.
func Parse(file string, from io.Reader) (*Calendar, error) {
	data, err := io.ReadAll(io.LimitReader(from, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	if _, err := tree.Parse(file, bytes.NewReader(data)); err != nil { // which shows where what is wrong stands, and passes over nothing
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\uFEFF"))))
	d.DisallowUnknownFields()
	var text document
	if err := d.Decode(&text); err != nil {
		return nil, fmt.Errorf("%s:%s: %w", file, place(data, err, d.InputOffset()), err)
	}
	c, err := text.calendar(file)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// place is line:column of an error of encoding/json.
func place(data []byte, err error, offset int64) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &kind):
		offset = kind.Offset
	}
	before := string(data[:min(offset, int64(len(data)))])
	return fmt.Sprintf("%d:%d", strings.Count(before, "\n")+1, len(before)-strings.LastIndexByte(before, '\n'))
}

func (d *document) calendar(file string) (*Calendar, error) {
	c := &Calendar{Name: d.Name}
	var wrong []error
	say := func(where string, err error) {
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %s: %w", file, where, err))
		}
	}
	if d.Name == "" {
		say("name", errors.New("it is missing"))
	}
	if d.Timezone != "" {
		z, err := time.LoadLocation(d.Timezone)
		say("timezone", err)
		c.zone = z
	}
	for _, one := range []struct {
		name string
		text *string
		into *day
	}{{"from", d.From, &c.from}, {"to", d.To, &c.to}} {
		if one.text != nil {
			date, err := parseDay(*one.text, false)
			say(one.name, err)
			*one.into = date
		}
	}
	var err error
	c.accept, err = parseHours(d.Accept, true)
	say("accept", err)
	for i, e := range d.Except {
		x, err := e.exception()
		say(fmt.Sprintf("except[%d]", i), err)
		c.except = append(c.except, x)
	}
	return c, errors.Join(wrong...)
}

func (e *exceptText) exception() (exception, error) {
	date, err := parseDay(e.Date, e.Yearly)
	if err != nil {
		return exception{}, err
	}
	accept, err := parseHours(e.Accept, false)
	if err != nil {
		return exception{}, fmt.Errorf("%s: %w", e.Date, err)
	}
	return exception{e.Name, date, accept}, nil
}

func parseDay(s string, yearly bool) (day, error) {
	if t, err := time.Parse("01-02", s); err == nil && yearly {
		return dayOf(t).every(), nil
	} else if s == "02-29" && yearly {
		return 229, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, fmt.Errorf("date %q: want one such as 2026-12-31, or 12-25 of every year with \"yearly\": true", s)
	}
	if yearly {
		return dayOf(t).every(), nil
	}
	return dayOf(t), nil
}

func parseHours(all []hoursText, wantDays bool) (parsed []hours, err error) {
	for _, text := range all {
		h := hours{}
		if h.start, err = minute(text.Start); err != nil {
			return nil, err
		}
		if h.end, err = minute(text.End); err != nil {
			return nil, err
		}
		if wantDays && len(text.Days) == 0 {
			return nil, fmt.Errorf("%s-%s: days are missing: 1 is Monday, 7 Sunday", text.Start, text.End)
		}
		for _, d := range text.Days {
			if d < 1 || d > 7 {
				return nil, fmt.Errorf("day %d: want 1 for Monday to 7 for Sunday", d)
			}
			h.days[d] = true
		}
		parsed = append(parsed, h)
	}
	return parsed, nil
}

func minute(s string) (int, error) {
	if s == "24:00" {
		return 24 * 60, nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0, fmt.Errorf("time %q: want one such as 09:00", s)
	}
	return t.Hour()*60 + t.Minute(), nil
}

// State is "true" in working hours and "false" outside; "ahead" before the calendar begins, "expire" after its end, and "holiday" on a day that is an
// exception and has no hours at this time. fallback is the zone of a calendar that has none.
func (c *Calendar) State(now time.Time, fallback *time.Location) string {
	zone := c.zone
	if zone == nil {
		zone = fallback
	}
	t := now.In(zone)
	today := dayOf(t)
	switch {
	case c.from != 0 && today < c.from:
		return "ahead"
	case c.to != 0 && today > c.to:
		return "expire"
	}
	at := t.Hour()*60 + t.Minute()
	yesterday := t.AddDate(0, 0, -1)
	if c.open(t, at) || c.open(yesterday, at+24*60) {
		return "true"
	}
	if _, ok := c.exceptional(today); ok {
		return "holiday"
	}
	return "false"
}

// open tells whether a minute, counted from the beginning of a day, is in the hours that begin on that day.
func (c *Calendar) open(date time.Time, minute int) bool {
	weekday := (int(date.Weekday())+6)%7 + 1
	accept := c.accept
	x, special := c.exceptional(dayOf(date))
	if special {
		accept = x.accept
	}
	return slices.ContainsFunc(accept, func(h hours) bool {
		end := h.end
		if end <= h.start {
			end += 24 * 60
		}
		return (special || h.days[weekday]) && h.start <= minute && minute < end
	})
}

// exceptional finds the exception of a day.
func (c *Calendar) exceptional(date day) (exception, bool) {
	for _, x := range c.except {
		if x.date == date || x.date == date.every() {
			return x, true
		}
	}
	return exception{}, false
}

// Next is when the state changes, looked for by the minute within two weeks; zero: it does not.
func (c *Calendar) Next(now time.Time, fallback *time.Location) time.Time {
	state := c.State(now, fallback)
	for t := now.Truncate(time.Minute).Add(time.Minute); t.Before(now.AddDate(0, 0, 14)); t = t.Add(time.Minute) {
		if c.State(t, fallback) != state {
			return t
		}
	}
	return time.Time{}
}
