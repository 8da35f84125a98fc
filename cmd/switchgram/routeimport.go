package main

import (
	"bytes"
	"fmt"
	"os"

	"switchgram/bridge/route"
	"switchgram/bridge/route/webitel"
)

type importRoutes struct {
	File   string `arg:"" help:"Script of Webitel's, as JSON."`
	Output string `short:"o" help:"Where to write ours; without it standard output."`
}

// Run writes our script, and says on standard error what has no equal, or is not yet right.
func (c *importRoutes) Run(s surroundings) error {
	text, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	ours, err := webitel.Import(c.File, text)
	if err != nil {
		return err
	}
	for _, n := range ours.Notes {
		fmt.Fprintln(s.err, &route.Problem{File: c.File, At: n.At, Path: n.Path, Text: n.Text})
	}
	name := c.Output
	if name == "" {
		name = "imported"
	}
	if _, err := route.Parse(name, bytes.NewReader(ours.JSON)); err != nil {
		fmt.Fprintf(s.err, "what is still to be mended:\n%v\n", err)
	}
	if c.Output != "" {
		return os.WriteFile(c.Output, ours.JSON, 0o644)
	}
	_, err = s.out.Write(ours.JSON)
	return err
}
