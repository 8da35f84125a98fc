package route

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
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
	Globals   map[string]string // by name: what the operator has scripts know
	Default   string            // public route of numbers that no other has; empty: none
}

// Hidden are the secrets that are long enough to be looked for where they must not be shown, the longest first: one may be part of another.
func (l *Library) Hidden() []string {
	all := slices.DeleteFunc(slices.Collect(maps.Values(l.Secrets)), func(s string) bool { return len(s) < 4 })
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return all
}

// ErrNoRoute says that no route is for a number.
var ErrNoRoute = errors.New("route: no route for this number")

// Find is a script by its name; nil: there is none.
func (l *Library) Find(name string) *Script {
	for _, s := range l.Scripts {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// with is the library with another script of that name; nil: with none.
func (l *Library) with(name string, script *Script) *Library {
	other := *l
	other.Scripts = slices.DeleteFunc(slices.Clone(l.Scripts), func(s *Script) bool { return s.Name == name })
	if script != nil {
		other.Scripts = append(other.Scripts, script)
	}
	return &other
}

// Choose finds the route of a number. In public that is the first which names it exactly, and then Default; elsewhere the first in the order that has
// a pattern for it, exact ones before others. ErrNoRoute: there is none.
func (l *Library) Choose(context, domain, number string) (*Script, Capture, error) {
	var best *Script
	var found Capture
	for _, s := range l.Scripts {
		if s.Disabled || s.Context != context || s.Domain != "" && s.Domain != domain {
			continue
		}
		c, exact, ok := s.matches(number)
		switch {
		case exact:
			return s, c, nil
		case ok && (best == nil || s.Order < best.Order):
			best, found = s, c
		}
	}
	if best == nil && context == Public && l.Default != "" {
		best, found = l.Find(l.Default), Capture{Groups: []string{number}}
	}
	if best == nil {
		return nil, Capture{}, fmt.Errorf("%w: %q in %s", ErrNoRoute, number, context)
	}
	return best, found, nil
}

// matches tells whether a route is for a number, and whether it names just that.
func (s *Script) matches(number string) (found Capture, exact, ok bool) {
	for _, p := range s.Numbers {
		groups, named, matched := p.Match(number)
		switch {
		case matched && p.Exact():
			return Capture{groups, named}, true, true
		case matched && !ok:
			found, ok = Capture{groups, named}, true
		}
	}
	return found, false, ok
}

// Sorted are the scripts by context and order.
func (l *Library) Sorted() []*Script {
	return slices.SortedStableFunc(slices.Values(l.Scripts), func(a, b *Script) int {
		return cmp.Or(cmp.Compare(a.Context, b.Context), cmp.Compare(a.Order, b.Order), cmp.Compare(a.Name, b.Name))
	})
}

// Check looks for what scripts refer to outside of themselves: secrets, lists, calendars, other routes; and for two of the same name or number. What it finds
// are Problems.
func (l *Library) Check() error {
	var wrong []error
	byName, byNumber := map[string]*Script{}, map[string]*Script{}
	for _, s := range l.Scripts {
		if first := byName[s.Name]; first != nil {
			wrong = append(wrong, s.problem("there is a route %q already, in %s", s.Name, first.File))
		}
		byName[s.Name] = s
		for _, p := range s.Numbers {
			key := s.Context + " " + s.Domain + " " + p.String()
			if first := byNumber[key]; first != nil && p.Exact() && !s.Disabled && !first.Disabled {
				wrong = append(wrong, s.problem("%s is a number of route %q already", p, first.Name))
			}
			byNumber[key] = s
		}
		wrong = append(wrong, l.CheckScript(s))
	}
	if l.Default != "" && l.Find(l.Default) == nil {
		wrong = append(wrong, fmt.Errorf("the default route %q does not exist", l.Default))
	}
	return errors.Join(wrong...)
}

func (s *Script) problem(format string, args ...any) error {
	return &Problem{File: s.File, At: s.at, Text: fmt.Sprintf(format, args...)}
}

func (l *Library) global(name string) bool {
	_, known := l.Globals[name]
	return known
}

// CheckScript looks for what one script refers to outside of itself. What it finds are Problems.
func (l *Library) CheckScript(s *Script) error {
	var wrong []error
	for _, u := range s.uses {
		known := true
		switch u.kind {
		case useSecret:
			_, known = l.Secrets[u.name]
			known = known || l.global(u.name)
		case useGlobal:
			if known = l.global(u.name); !known && l.Secrets[u.name] != "" {
				wrong = append(wrong, &Problem{File: s.File, At: u.at, Path: u.path, Text: fmt.Sprintf("a secret, $${%s}, has no place here", u.name)})
				continue
			}
		case useList:
			known = l.Lists[u.name] != nil
		case useCalendar:
			known = l.Calendars[u.name] != nil
		case useLimit:
			known = l.Limits[u.name] > 0
		case useRoute:
			known = l.Find(u.name) != nil
		}
		if !known {
			wrong = append(wrong, &Problem{File: s.File, At: u.at, Path: u.path, Text: fmt.Sprintf("there is no %s %q", u.kind, u.name)})
		}
	}
	return errors.Join(wrong...)
}
