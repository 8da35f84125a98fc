package main

import (
	"fmt"
	"text/tabwriter"

	"switchgram/bridge"
	"switchgram/bridge/line"
	"switchgram/cmd/switchgram/program"
)

type lineCommand struct {
	Rules lineRules `cmd:"" help:"Rules for the numbers that are dialled by a line."`
}

type lineRules struct {
	Test testRules `cmd:"" help:"Show what a line's rules make of a number, step by step, and whether it may be called then."`
}

type testRules struct {
	configFlag
	Line   string `short:"l" placeholder:"LINE" help:"Line to call by; may be left out if there is only one."`
	Rules  string `help:"Try these instead of the line's."`
	Number string `arg:"" help:"As it is dialled."`
}

// Run prints a line for each rule. It fails if nobody may call the number.
func (c *testRules) Run(s surroundings) error {
	config, err := program.Load(c.Config)
	if err != nil {
		return err
	}
	l, err := config.Line(c.Line)
	if err != nil {
		return err
	}
	tried := l.Config
	if c.Rules != "" {
		if tried.Rules, err = line.ParseRules(c.Rules); err != nil {
			return err
		}
	}
	t := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "dialled\t%s\n", c.Number)
	for _, step := range tried.Rules.Steps(c.Number) {
		if step.Stopped {
			fmt.Fprintf(t, "%s\tdoes not match: stopped\n", step.Rule)
			continue
		}
		fmt.Fprintf(t, "%s\t%s\n", step.Rule, step.Number)
	}
	alone, err := line.NewRegistry([]line.Config{tried}, nil)
	if err != nil {
		return err
	}
	who := tried.Dialled(c.Number)
	d := alone.May("", l.Name, bridge.Address{Scheme: "tg", User: who})
	fmt.Fprintf(t, "called\t%s\t%s\n", who, d.Reason)
	if err := t.Flush(); err != nil || d.Allowed {
		return err
	}
	return errSilent
}
