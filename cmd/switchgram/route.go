package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"switchgram/bridge/route"
	"switchgram/bridge/route/folder"
	"switchgram/cmd/switchgram/program"
)

// routeCommand is what people do with routing scripts; docs/routing.md.
type routeCommand struct {
	Check  checkRoutes  `cmd:"" help:"Check scripts, or a folder of routes, and say what is wrong and what is likely to be."`
	Run    runRoute     `cmd:"" help:"Run a script on a call that nobody makes, and print what it would do."`
	Dial   dialRoute    `cmd:"" help:"Say whether scripts may dial a number, and by which rule of routes.dial."`
	Show   showRoutes   `cmd:"" help:"Print the routes, calendars, lists, limits and secrets of a folder."`
	Schema routeSchema  `cmd:"" help:"Print the JSON Schema of scripts, for editors."`
	Import importRoutes `cmd:"" help:"Turn a script of Webitel's (ACR or flow_manager) into ours, and say what has no equal."`
}

type checkRoutes struct {
	Paths  []string `arg:"" name:"file" help:"Scripts, or folders of routes."`
	Strict bool     `help:"Fail also on what is only likely a mistake."`
}

// Run prints a line for everything, as compilers do. It fails if something is wrong.
func (c *checkRoutes) Run(s surroundings) error {
	js, err := program.NewJavaScript()
	if err != nil {
		return err
	}
	defer js.Close()
	wrong := 0
	for _, path := range c.Paths {
		scripts, err := read(path, folder.Options{Lenient: true, JavaScript: js})
		if err != nil {
			wrong++
			fmt.Fprintln(s.out, err)
		}
		for _, script := range scripts {
			for _, p := range script.Lint() {
				if fmt.Fprintf(s.out, "%v (likely)\n", p); c.Strict {
					wrong++
				}
			}
		}
		if err == nil {
			fmt.Fprintf(s.out, "%s: %d routes can be used\n", path, len(scripts))
		}
	}
	if wrong > 0 {
		return errSilent
	}
	return nil
}

// read reads a script or a folder of them.
func read(path string, o folder.Options) ([]*route.Script, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		l, err := folder.Load(path, o)
		if l == nil {
			return nil, err
		}
		return l.Scripts, err
	}
	_, script, err := folder.Beside(path, o)
	if script == nil {
		return nil, err
	}
	return []*route.Script{script}, err
}

type routeSchema struct{}

// Run prints the schema.
func (routeSchema) Run(s surroundings) error {
	_, err := s.out.Write(route.Schema())
	return err
}

// answers are NAME=ANSWER of the command line, in order.
type answers []string

func (all answers) each(do func(application, answer string) error) error {
	for _, one := range all {
		name, answer, ok := strings.Cut(one, "=")
		if !ok {
			return errors.New("--answer " + one + ": want APPLICATION=ANSWER")
		}
		if err := do(name, answer); err != nil {
			return fmt.Errorf("--answer %s: %w", one, err)
		}
	}
	return nil
}
