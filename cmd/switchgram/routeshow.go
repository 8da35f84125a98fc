package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"switchgram/bridge/route"
	"switchgram/bridge/route/calendar"
	"switchgram/bridge/route/folder"
	"switchgram/bridge/route/numberlist"
)

type showRoutes struct {
	Folder string `arg:"" help:"Folder of routes."`
}

// Run prints what would be in force now. Secrets are named and never shown.
func (c *showRoutes) Run(s surroundings) error {
	l, err := folder.Load(c.Folder, folder.Options{Lenient: true})
	if err != nil {
		return err
	}
	now := time.Now()
	t := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ROUTE\tCONTEXT\tORDER\tNUMBERS\tFILE")
	for _, script := range l.Sorted() {
		fmt.Fprintf(t, "%s\t%s\t%d\t%s\t%s\n", script.Name, state(script), script.Order, numbersOf(script), script.File)
	}
	showCalendars(t, l, now)
	showLists(t, l, now)
	for _, name := range slices.Sorted(maps.Keys(l.Limits)) {
		fmt.Fprintf(t, "limit %s\t%d calls at once\n", name, l.Limits[name])
	}
	for _, name := range slices.Sorted(maps.Keys(l.Secrets)) {
		found := "is there"
		if strings.HasPrefix(l.Secrets[name], folder.Placeholder) {
			found = "is missing here"
		}
		fmt.Fprintf(t, "secret %s\t%s\n", name, found)
	}
	return t.Flush()
}

func state(s *route.Script) string {
	if s.Disabled {
		return s.Context + ", disabled"
	}
	return s.Context
}

func numbersOf(s *route.Script) string {
	var all []string
	for _, n := range s.Numbers {
		all = append(all, n.String())
	}
	return strings.Join(all, " ")
}

func showCalendars(t io.Writer, l *route.Library, now time.Time) {
	for _, name := range slices.Sorted(maps.Keys(l.Calendars)) {
		c := l.Calendars[name]
		fmt.Fprintf(t, "calendar %s\t%s", name, c.State(now, time.Local))
		if known, ok := c.(*calendar.Calendar); ok {
			if next := known.Next(now, time.Local); !next.IsZero() {
				fmt.Fprintf(t, " until %s", next.Local().Format("2006-01-02 15:04"))
			}
		}
		fmt.Fprintln(t)
	}
}

func showLists(t io.Writer, l *route.Library, now time.Time) {
	for _, name := range slices.Sorted(maps.Keys(l.Lists)) {
		if known, ok := l.Lists[name].(*numberlist.List); ok {
			all, expired := known.Count(now)
			fmt.Fprintf(t, "list %s\t%d numbers, %d of them expired\n", name, all, expired)
		}
	}
}
