// Package numberlist has lists of telephone numbers: whom to turn away, whom to let through first. A list is a text file:
//
//	# one number a line; what follows # is for people
//	+380 50 123-45-67        # nuisance
//	*77123 until 2027-01-31  # entries may expire, on a day or at a moment: until 2027-01-31T18:00:00Z
//	@somebody
//	anonymous                # who hides the number
package numberlist

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Anonymous is the entry of callers without a number.
const Anonymous = "anonymous"

// Entry is a line of a list.
type Entry struct {
	Number  string    // as Normal makes it
	Comment string    // for people
	Until   time.Time // the last moment; zero: for good
}

// String is the entry as a line of a list.
func (e Entry) String() string {
	line := e.Number
	if !e.Until.IsZero() {
		line += " until " + e.Until.UTC().Format(time.RFC3339)
	}
	if e.Comment != "" {
		line += " # " + e.Comment
	}
	return line
}

// List is one. It is not changed after Parse.
type List struct {
	entries map[string]Entry
}

// Parse reads a list. file is for errors.
func Parse(file string, from io.Reader) (*List, error) {
	l := &List{entries: map[string]Entry{}}
	scanner := bufio.NewScanner(from)
	for line := 1; scanner.Scan(); line++ {
		e, err := ParseEntry(scanner.Text())
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, line, err)
		}
		if e.Number != "" {
			l.entries[e.Number] = e
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	return l, nil
}

// ParseEntry reads a line. One without a number, such as a comment, is an Entry without one.
func ParseEntry(line string) (Entry, error) {
	text, comment, _ := strings.Cut(line, "#")
	if strings.HasPrefix(strings.TrimSpace(line), "*#") || strings.HasPrefix(strings.TrimSpace(line), "#") {
		text, comment = "", line
	}
	number, until, limited := strings.Cut(strings.TrimSpace(text), " until ")
	e := Entry{Comment: strings.TrimSpace(comment)}
	if limited {
		var err error
		if e.Until, err = lastMoment(strings.TrimSpace(until)); err != nil {
			return e, err
		}
	}
	if strings.TrimSpace(number) == "" {
		return e, nil
	}
	if e.Number = Normal(number); e.Number == "" {
		return e, fmt.Errorf("%q: neither a number nor a name", number)
	}
	return e, nil
}

// lastMoment reads a day, or a moment.
func lastMoment(text string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	day, err := time.ParseInLocation(time.DateOnly, text, time.Local)
	if err != nil {
		return time.Time{}, fmt.Errorf("until %q: want a date such as 2027-01-31", text)
	}
	return day.AddDate(0, 0, 1).Add(-time.Second), nil
}

// Normal is how a number is compared: its digits, without what international ones begin with; a name in small letters. Callers without a number are all
// Anonymous.
func Normal(number string) string {
	number = strings.ToLower(strings.TrimSpace(number))
	switch {
	case number == "" || number == Anonymous || strings.Trim(number, "0") == "":
		return Anonymous
	case strings.ContainsAny(number, "abcdefghijklmnopqrstuvwxyz@"):
		return strings.TrimPrefix(number, "tg:")
	}
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, number)
	if digits != "" && strings.Trim(digits, "0") == "" {
		return Anonymous
	}
	for strings.HasPrefix(digits, "00") {
		digits = digits[2:]
	}
	return digits
}

// Has tells whether a number is in the list now.
func (l *List) Has(number string, now time.Time) bool {
	e, ok := l.entries[Normal(number)]
	return ok && e.lives(now)
}

// Entries are those that have not expired, by number.
func (l *List) Entries(now time.Time) []Entry {
	var all []Entry
	for _, e := range l.entries {
		if e.lives(now) {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(a, b Entry) int { return strings.Compare(a.Number, b.Number) })
	return all
}

// lives tells whether the entry counts now.
func (e Entry) lives(now time.Time) bool { return e.Until.IsZero() || !now.After(e.Until) }

// Count is how many entries there are, and how many of them have expired.
func (l *List) Count(now time.Time) (all, expired int) {
	for _, e := range l.entries {
		if !e.lives(now) {
			expired++
		}
	}
	return len(l.entries), expired
}
