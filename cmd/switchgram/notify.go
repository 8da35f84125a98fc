package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"text/tabwriter"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/notify"
	"switchgram/bridge/store"
	"switchgram/cmd/switchgram/program"
)

type notifyCommand struct {
	List   listNotifications   `cmd:"" help:"Print notifications: those that wait, and dead letters."`
	Replay replayNotifications `cmd:"" help:"Send dead letters again."`
	Test   testNotification    `cmd:"" help:"Send an endpoint a sample, and say what it answered."`
}

// which is how people choose notifications.
type which struct {
	configFlag
	Endpoint string `short:"e" help:"To this endpoint."`
	Call     string `placeholder:"ID" help:"Of this call."`
	ID       string `placeholder:"MSG" help:"This one."`
}

func (w which) filter(s notify.State) notify.Filter {
	return notify.Filter{ID: w.ID, Endpoint: w.Endpoint, Call: bridge.CallID(w.Call), State: s}
}

type listNotifications struct {
	which
	State string `enum:"waiting,delivered,dead,all" default:"all" help:"waiting, delivered, dead or all."`
	Limit int    `default:"100" help:"At most so many, the newest."`
}

// Run prints a table.
func (c *listNotifications) Run(ctx context.Context, log *slog.Logger, s surroundings) error {
	return c.withStore(ctx, log, func(db *store.Store) error {
		f := c.filter(notify.State(c.State))
		if c.State == "all" {
			f.State = ""
		}
		f.Limit = c.Limit
		all, err := db.List(ctx, f)
		if err != nil {
			return err
		}
		t := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "WHEN\tENDPOINT\tEVENT\tCALL\tSTATE\tTRIES\tNEXT\tID\tERROR")
		for _, d := range all {
			next := ""
			if d.State == notify.Waiting && d.Attempts > 0 {
				next = d.Next.Local().Format(time.TimeOnly)
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", d.At.Local().Format(time.DateTime), d.Endpoint, d.Kind, d.Call, d.State,
				d.Attempts, next, d.ID, oneLine(d.Err))
		}
		return t.Flush()
	})
}

// oneLine is text for a cell of a table.
func oneLine(s string) string { return printable(strings.Join(strings.Fields(s), " ")) }

type replayNotifications struct {
	which
	Delivered bool `help:"Also those that were delivered."`
}

// Run lets dead letters wait again; the running switchgram sends them.
func (c *replayNotifications) Run(ctx context.Context, log *slog.Logger, s surroundings) error {
	return c.withStore(ctx, log, func(db *store.Store) error {
		states := []notify.State{notify.Dead}
		if c.Delivered {
			states = append(states, notify.Delivered)
		}
		total := 0
		for _, state := range states {
			n, err := db.Replay(ctx, c.filter(state), time.Now())
			if err != nil {
				return err
			}
			total += n
		}
		_, err := fmt.Fprintf(s.out, "%d to be sent again\n", total)
		return err
	})
}

type testNotification struct {
	configFlag
	Endpoint string `arg:"" help:"Name of the endpoint."`
	Event    string `default:"call.missed" help:"Kind of the sample."`
}

// Run sends a sample, past the queue.
func (c *testNotification) Run(ctx context.Context, log *slog.Logger, s surroundings) error {
	config, err := program.Load(c.Config)
	if err != nil {
		return err
	}
	n, err := config.NewNotifier(nothing{}, notify.Options{Log: log})
	if err != nil {
		return err
	}
	if err := n.Test(ctx, c.Endpoint, notify.Sample(bridge.EventKind(c.Event), time.Now())); err != nil {
		return fmt.Errorf("%s: %w", c.Endpoint, err)
	}
	_, err = fmt.Fprintf(s.out, "%s has taken a sample of %s\n", c.Endpoint, c.Event)
	return err
}

// nothing is a queue for a notifier that does not run.
type nothing struct{ notify.Queue }
