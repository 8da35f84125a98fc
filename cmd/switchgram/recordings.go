package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"text/tabwriter"
	"time"

	"switchgram/bridge/recording"
	"switchgram/cmd/switchgram/program"
)

type recordingsCommand struct {
	List   listRecordings   `cmd:"" help:"Print what was recorded, and what is not finished."`
	Finish finishRecordings `cmd:"" help:"Finish what is not, but for calls that run."`
}

// errNoRecordings is said where no place for recordings is configured.
var errNoRecordings = errors.New("the configuration has no recording.directory")

type listRecordings struct{ configFlag }

// Run prints a table.
func (c *listRecordings) Run(s surroundings) error {
	config, err := program.Load(c.Config)
	if err != nil {
		return err
	}
	if config.Recording.Directory == "" {
		return errNoRecordings
	}
	done, err := recording.Finished(config.Recording.Directory)
	if err != nil {
		return err
	}
	waiting, err := recording.Unfinished(config.Recording.Directory)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "BEGAN\tLINE\tCALL\tLENGTH\tLOST\tFILE")
	for _, i := range done {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%s\n", i.Began.Local().Format(time.DateTime), i.Line, i.Call, seconds(i.Seconds), i.Lost, i.Place)
	}
	for _, id := range waiting {
		fmt.Fprintf(t, "\t\t\t\t\t%s is not finished\n", id)
	}
	return t.Flush()
}

func seconds(n float64) time.Duration {
	return time.Duration(n * float64(time.Second)).Round(time.Second)
}

type finishRecordings struct{ configFlag }

// Run finishes what was left, and prints the files that it made.
func (c *finishRecordings) Run(ctx context.Context, log *slog.Logger, s surroundings) error {
	config, err := program.Load(c.Config)
	if err != nil {
		return err
	}
	r, err := config.NewRecorder(program.Options{Log: log}, nil)
	if err != nil {
		return err
	}
	if r == nil {
		return errNoRecordings
	}
	done, err := r.Finish(ctx)
	for _, i := range done {
		fmt.Fprintln(s.out, i.Place)
	}
	return err
}
