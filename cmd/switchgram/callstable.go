package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/store"
)

// day is a moment as people say it, in local time.
type day time.Time

// UnmarshalText reads it.
func (d *day) UnmarshalText(text []byte) error {
	at, err := momentOf(string(text), time.Now())
	*d = day(at)
	return err
}

func momentOf(s string, now time.Time) (time.Time, error) {
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	switch s {
	case "today":
		return midnight, nil
	case "yesterday":
		return midnight.AddDate(0, 0, -1), nil
	}
	if number, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.ParseUint(number, 10, 16); err == nil {
			return midnight.AddDate(0, 0, -int(n)), nil
		}
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02 15:04", time.DateTime, time.RFC3339} {
		if at, err := time.ParseInLocation(layout, s, now.Location()); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q: want a time such as 2026-03-14, \"2026-03-14 12:30\", today, yesterday or 7d", s)
}

// printCalls prints a table.
func printCalls(to io.Writer, calls []store.Record) error {
	t := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "BEGAN\tLINE\tFROM\tTO\tTALK\tEND\tID")
	for _, r := range calls {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Times.Started.Local().Format(time.DateTime), printable(r.Line), printable(caller(r)), printable(callee(r)),
			talked(r), ending(r), printable(string(r.ID)))
	}
	return t.Flush()
}

// caller is the name and number of who called.
func caller(r store.Record) string {
	who := cmp.Or(r.Caller.Number, r.Caller.Username, r.From)
	if r.Caller.Name != "" {
		return r.Caller.Name + " " + who
	}
	return who
}

// callee is who was called, and who answered if that was somebody else.
func callee(r store.Record) string {
	if r.AnsweredBy != "" && r.AnsweredBy != r.To {
		return r.To + " → " + r.AnsweredBy
	}
	return r.To
}

func talked(r store.Record) string {
	if r.Times.Talk == 0 {
		return "-"
	}
	return seconds(r.Times.Talk).String()
}

// ending is how the call ended, in a word or two.
func ending(r store.Record) string {
	var all []string
	if r.Missed {
		all = append(all, "missed")
	}
	all = append(all, cmp.Or(r.Cause, "runs"))
	if len(r.Recordings) > 0 {
		all = append(all, "recorded")
	}
	if len(r.Notes) > 0 {
		all = append(all, "noted")
	}
	return strings.Join(all, ", ")
}

// printCall prints all that is known of a call.
func printCall(to io.Writer, r store.Record) error {
	t := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	say := func(name, format string, args ...any) {
		fmt.Fprintf(t, "%s\t%s\n", name, printable(fmt.Sprintf(format, args...)))
	}
	say("call", "%s, %s, line %s", r.ID, r.Direction, r.Line)
	say("from", "%s", caller(r))
	say("to", "%s", callee(r))
	say("talk", "%s", talked(r))
	say("end", "%s; by %s, fault %s", ending(r), cmp.Or(r.EndedBy, "-"), cmp.Or(r.Fault, "-"))
	if r.Error != "" {
		say("error", "%s", r.Error)
	}
	for _, l := range r.Legs {
		say("leg", "%s %s, %s%s", l.Address, l.Person.Name, cmp.Or(l.Cause, "-"), heard(l))
	}
	for _, m := range r.Moments {
		say(m.At.Local().Format(time.DateTime), "%s %s", m.Kind, m.Leg)
	}
	printScript(say, r.Script)
	for _, i := range r.Recordings {
		say("recording", "%s", i.Place)
	}
	for _, n := range r.Notes {
		say("note", "%s %s: %s", n.At.Local().Format(time.DateTime), n.By, n.Text)
	}
	return t.Flush()
}

// heard is what the person there would have said of it, where that is known.
func heard(l store.Leg) string {
	if l.Quality.Hears == 0 {
		return ""
	}
	return fmt.Sprintf(", hears %.2f of 4.5, lost %.1f%%", l.Quality.Hears, 100*l.Quality.In.Loss)
}

// printScript prints what a routing script did with a call, if there was one.
func printScript(say func(name, format string, args ...any), s *bridge.Scripted) {
	if s == nil {
		return
	}
	where := ""
	if s.Switch {
		where = ", in FreeSWITCH in part"
	}
	say("route", "%s%s", strings.Join(s.Routes, ", "), where)
	for _, step := range s.Steps {
		say("step", "%s, %s %s", step.Step, seconds(step.Seconds), step.Error)
	}
	if s.More > 0 {
		say("step", "and %d more", s.More)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Variables)) {
		say("variable", "%s = %s", name, s.Variables[name])
	}
}
