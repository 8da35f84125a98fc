package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"switchgram/bridge/route"
	"switchgram/bridge/route/calendar"
	"switchgram/bridge/route/folder"
	"switchgram/bridge/route/numberlist"
	"switchgram/cmd/switchgram/program"
)

type showRoutes struct {
	configFlag
	Folder string `arg:"" optional:"" help:"Folder of routes. Without it that of the configuration, with what scripts have added to lists."`
}

// Run prints what would be in force now. Secrets are named and never shown.
func (c *showRoutes) Run(s surroundings) error {
	added, err := c.added()
	if err != nil {
		return err
	}
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
	showLists(t, l, added, now)
	for _, name := range slices.Sorted(maps.Keys(l.Limits)) {
		fmt.Fprintf(t, "limit %s\t%d calls at once\n", name, l.Limits[name])
	}
	for _, name := range slices.Sorted(maps.Keys(l.Globals)) {
		fmt.Fprintf(t, "global %s\t%q\n", name, l.Globals[name])
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

// added is what scripts have added to lists, where the configuration says; nil: a folder is to be shown that may be anybody's.
func (c *showRoutes) added() (*numberlist.Keeper, error) {
	if c.Folder != "" {
		return nil, nil
	}
	config, err := program.Load(c.Config)
	if err != nil {
		return nil, err
	}
	if c.Folder = config.Routes.Directory; c.Folder == "" {
		return nil, errors.New("the configuration names no routes.directory")
	}
	if _, err := os.Stat(config.AddedNumbers()); errors.Is(err, os.ErrNotExist) {
		return nil, nil // and is left to whom switchgram runs as
	}
	return numberlist.OpenKeeper(config.AddedNumbers(), nil)
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

func showLists(t io.Writer, l *route.Library, added *numberlist.Keeper, now time.Time) {
	for _, name := range slices.Sorted(maps.Keys(l.Lists)) {
		if known, ok := l.Lists[name].(*numberlist.List); ok {
			all, expired := known.Count(now)
			fmt.Fprintf(t, "list %s\t%d numbers, %d of them expired\n", name, all, expired)
		}
		if added == nil {
			continue
		}
		for _, e := range added.Entries(name, now) {
			fmt.Fprintf(t, "  added to %s\t%s\n", name, printable(e.String()))
		}
	}
}
