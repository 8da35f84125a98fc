package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/user"
	"strings"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/store"
	"switchgram/cmd/switchgram/program"
)

type callsCommand struct {
	Search searchCalls `cmd:"" help:"Print the calls that were asked for."`
	Show   showCall    `cmd:"" help:"Print all that is known of a call."`
	Note   noteCall    `cmd:"" help:"Write a note on a call."`
	Export exportCalls `cmd:"" help:"Write the calls that were asked for as CSV or JSON."`
	Erase  eraseCalls  `cmd:"" help:"Remove everything about a number: calls, notes, notifications."`
	Backup backupCalls `cmd:"" help:"Copy the database to a new file, while it is used."`
}

// withStore lets work look at the records, whether or not a switchgram runs.
func (c configFlag) withStore(ctx context.Context, log *slog.Logger, work func(*store.Store) error) error {
	config, err := program.Load(c.Config)
	if err != nil {
		return err
	}
	s, err := config.OpenStore(ctx, store.Options{Log: log}, false)
	if err != nil {
		return err
	}
	return errors.Join(work(s), s.Close())
}

// question is how people ask for calls.
type question struct {
	configFlag
	Text       []string      `arg:"" optional:"" help:"Words or parts of words: names, numbers, notes."`
	From       day           `placeholder:"TIME" help:"That began then or later: 2026-03-14, \"2026-03-14 12:30\", today, yesterday, 7d (days ago)."`
	To         day           `placeholder:"TIME" help:"That began before."`
	Direction  string        `enum:"in,out,inside," default:"" help:"in: from Telegram; out: to Telegram; inside: neither."`
	Line       string        `short:"l" help:"By this line."`
	Number     string        `short:"n" help:"A number or a part of it, or a username, of anybody in the call."`
	Name       string        `help:"A name or a part of it."`
	AnsweredBy string        `placeholder:"EXTENSION" help:"Answered by this extension or address."`
	Cause      []string      `help:"Ended for one of these causes, such as USER_BUSY,NO_ANSWER."`
	Longer     time.Duration `placeholder:"TIME" help:"They talked for that long or longer: 90s, 5m."`
	Shorter    time.Duration `placeholder:"TIME" help:"They talked for that long or less."`
	Missed     *bool         `negatable:"" help:"Missed calls only, or only others."`
	Answered   *bool         `negatable:"" help:"Answered calls only, or only others."`
	Recorded   *bool         `negatable:"" help:"Recorded calls only, or only others."`
	Noted      *bool         `negatable:"" help:"Calls with notes only, or only others."`
	Running    *bool         `negatable:"" help:"Calls that run only, or only others."`
	Sort       string        `enum:"newest,oldest,longest" default:"newest" help:"newest, oldest or longest first."`
}

// query is the question as the store wants it.
func (q question) query() (store.Query, error) {
	out := store.Query{
		From: time.Time(q.From), To: time.Time(q.To), Direction: q.Direction, Line: q.Line, Number: q.Number, Name: q.Name,
		Text: strings.Join(q.Text, " "), AnsweredBy: q.AnsweredBy, Shortest: q.Longer, Longest: q.Shorter,
		Missed: tri(q.Missed), Answered: tri(q.Answered), Recorded: tri(q.Recorded), Noted: tri(q.Noted), Running: tri(q.Running),
	}
	if q.Sort != "newest" {
		out.Order = store.Order(q.Sort)
	}
	for _, name := range q.Cause {
		c, err := bridge.ParseCause(name)
		if err != nil {
			return out, err
		}
		out.Causes = append(out.Causes, c)
	}
	return out, nil
}

func tri(b *bool) store.Tri {
	switch {
	case b == nil:
		return store.Any
	case *b:
		return store.Yes
	default:
		return store.No
	}
}

type searchCalls struct {
	question
	Limit int    `default:"50" help:"Calls to print at most, up to 1000."`
	After string `placeholder:"PAGE" help:"Go on where a page has ended: what the line below the table says."`
	JSON  bool   `name:"json" help:"Print an object a line."`
}

// Run prints a page.
func (c *searchCalls) Run(ctx context.Context, log *slog.Logger, s surroundings) error {
	q, err := c.query()
	if err != nil {
		return err
	}
	q.Limit, q.After = c.Limit, c.After
	return c.withStore(ctx, log, func(st *store.Store) error {
		p, err := st.Search(ctx, q)
		switch {
		case err != nil:
			return err
		case c.JSON:
			return printJSON(s.out, p.Calls)
		}
		if err := printCalls(s.out, p.Calls); err != nil {
			return err
		}
		if p.Next != "" {
			_, err = fmt.Fprintln(s.out, "more: --after="+p.Next)
		}
		return err
	})
}

func printJSON(to io.Writer, calls []store.Record) error {
	e := json.NewEncoder(to)
	for _, r := range calls {
		if err := e.Encode(r); err != nil {
			return err
		}
	}
	return nil
}

type showCall struct {
	configFlag
	ID   string `arg:"" help:"Of the call, as the last column of the table has it."`
	JSON bool   `name:"json" help:"Print JSON."`
}

// Run prints everything.
func (c *showCall) Run(ctx context.Context, log *slog.Logger, s surroundings) error {
	return c.withStore(ctx, log, func(st *store.Store) error {
		r, err := st.Call(ctx, bridge.CallID(c.ID))
		switch {
		case err != nil:
			return err
		case c.JSON:
			return printJSON(s.out, []store.Record{r})
		}
		return printCall(s.out, r)
	})
}

type noteCall struct {
	configFlag
	ID   string `arg:"" help:"Of the call."`
	Text string `arg:"" help:"What to write."`
	By   string `help:"Who writes; without it you."`
}

// Run writes the note.
func (c *noteCall) Run(ctx context.Context, log *slog.Logger) error {
	if me, err := user.Current(); c.By == "" && err == nil {
		c.By = me.Username
	}
	return c.withStore(ctx, log, func(st *store.Store) error {
		return st.Annotate(ctx, bridge.CallID(c.ID), store.Note{By: c.By, Text: c.Text})
	})
}

type exportCalls struct {
	question
	Format string `enum:"csv,json" default:"csv" help:"csv, or json: an object a line."`
	Out    string `short:"o" placeholder:"FILE" help:"A new file to write to; without it standard output."`
}

// Run writes every call that is asked for.
func (c *exportCalls) Run(ctx context.Context, log *slog.Logger, s surroundings) (err error) {
	q, err := c.query()
	if err != nil {
		return err
	}
	q.Limit = store.MaxPage
	return c.withStore(ctx, log, func(st *store.Store) (err error) {
		to := s.out
		if c.Out != "" {
			f, err := os.OpenFile(c.Out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, f.Close()) }()
			to = f
		}
		if c.Format == "csv" {
			return store.WriteCSV(to, st.Each(ctx, q))
		}
		e := json.NewEncoder(to)
		for r, err := range st.Each(ctx, q) {
			if err == nil {
				err = e.Encode(r)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

type eraseCalls struct {
	configFlag
	Number string `arg:"" help:"Whole telephone number with its country, extension, username or Telegram id (*ID)."`
	Yes    bool   `help:"Do it. Without it you are only told what would go."`
}

// Run erases, or tells what that would be.
func (c *eraseCalls) Run(ctx context.Context, log *slog.Logger, s surroundings) error {
	return c.withStore(ctx, log, func(st *store.Store) error {
		erase, did := st.Erase, "removed"
		if !c.Yes {
			erase, did = st.WouldErase, "would remove"
		}
		e, err := erase(ctx, c.Number)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "%s %d calls and %d notifications\n", did, e.Calls, e.Notifications)
		for _, path := range e.Recordings {
			fmt.Fprintf(s.out, "recording, to be removed by you: %s\n", printable(path))
		}
		return nil
	})
}

type backupCalls struct {
	configFlag
	File string `arg:"" help:"To be made."`
}

// Run copies the database.
func (c *backupCalls) Run(ctx context.Context, log *slog.Logger) error {
	return c.withStore(ctx, log, func(st *store.Store) error { return st.Backup(ctx, c.File) })
}
