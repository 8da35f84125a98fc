package route

import (
	"time"
)

// Calendar knows when somebody is there.
type Calendar interface {
	// State is true, false, ahead (it begins later), expire (it is over) or holiday. fallback is the zone of a calendar that has none.
	State(now time.Time, fallback *time.Location) string
}

// List is a list of numbers.
type List interface {
	Has(number string, now time.Time) bool
}

// Library is all scripts in force, with what they refer to. It is not changed once it is used: a change is another Library.
type Library struct {
	Scripts   []*Script
	Calendars map[string]Calendar
	Lists     map[string]List
	Limits    map[string]int    // most calls at once, by name
	Secrets   map[string]string // by name; never printed
	Default   string            // public route of numbers that no other has; empty: none
}
