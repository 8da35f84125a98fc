package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"switchgram/bridge/route"
	"switchgram/bridge/route/folder"
	"switchgram/bridge/route/javascript"
	"switchgram/bridge/route/pattern"
	"switchgram/bridge/route/rehearsal"
	"switchgram/cmd/switchgram/program"
)

type runRoute struct {
	Path    string            `arg:"" name:"file" help:"A script, or a folder of routes."`
	From    string            `placeholder:"NUMBER" help:"Who calls." default:"anonymous"`
	Name    string            `help:"The caller's name."`
	To      string            `placeholder:"NUMBER" help:"Who is called, or the path of a web request. Without it the script's first number, if that is no pattern."`
	Context string            `enum:"public,default,dialer,webhook," default:"" help:"Of the call: public, default or dialer; or webhook, for a web request. Without it the script's."`
	At      string            `placeholder:"TIME" help:"When: 2026-12-31 23:00, in the script's zone. Without it now."`
	Answer  answers           `placeholder:"APP=ANSWER" sep:"none" help:"What an application is answered, such as httpRequest=200:{\"name\":\"Ann\"}, bridge=answered, getDigits=1. May be repeated: one after the other."`
	Set     map[string]string `placeholder:"NAME=VALUE" help:"What else is known of the call."`
}

// Run prints each step, what it would do and the variables that it sets.
func (c *runRoute) Run(ctx context.Context, s surroundings) error {
	js, err := program.NewJavaScript()
	if err != nil {
		return err
	}
	defer js.Close()
	library, script, err := c.library(js)
	if err != nil {
		return err
	}
	a, zone, err := c.arrival(library, script)
	if err != nil {
		return err
	}
	at, err := c.time(zone)
	if err != nil {
		return err
	}
	stage := rehearsal.New(s.out)
	stage.JavaScript = js
	if err := c.Answer.each(stage.Expect); err != nil {
		return err
	}
	_, err = stage.Perform(ctx, library, a, at)
	return err
}

// library is the folder, or the script with what stands beside it.
func (c *runRoute) library(js javascript.Checker) (*route.Library, *route.Script, error) {
	lenient := folder.Options{Lenient: true, JavaScript: js}
	info, err := os.Stat(c.Path)
	switch {
	case err != nil:
		return nil, nil, err
	case info.IsDir():
		l, err := folder.Load(c.Path, lenient)
		return l, nil, err
	}
	return folder.Beside(c.Path, lenient)
}

// arrival is the call, and the zone of its time.
func (c *runRoute) arrival(l *route.Library, script *route.Script) (route.Arrival, *time.Location, error) {
	if script == nil && c.To == "" {
		return route.Arrival{}, nil, errors.New("want --to: whom does the call go to?")
	}
	if script != nil {
		c.complete(script)
		l.Scripts = append([]*route.Script{only(script, c.To)}, l.Scripts...)
	}
	if c.Context == "" {
		c.Context = route.Public
	}
	chosen, _, err := l.Choose(c.Context, "", c.To)
	if err != nil {
		return route.Arrival{}, nil, err
	}
	zone := chosen.Zone
	if zone == nil {
		zone = time.Local
	}
	facts := map[string]string{"caller_id_number": c.From, "caller_id_name": c.Name}
	for name, value := range c.Set {
		facts[name] = value
	}
	return route.Arrival{Context: c.Context, Number: c.To, Direction: "inbound", Source: "rehearsal", Facts: facts}, zone, nil
}

// complete takes from the script what the command line does not say.
func (c *runRoute) complete(script *route.Script) {
	if c.Context == "" {
		c.Context = script.Context
	}
	if c.To == "" && len(script.Numbers) > 0 && script.Numbers[0].Exact() {
		c.To = script.Numbers[0].String()
	}
}

// only is the script for whatever number it is to be run with, if none of its own matches.
func only(script *route.Script, number string) *route.Script {
	for _, p := range script.Numbers {
		if _, _, ok := p.Match(number); ok {
			return script
		}
	}
	one := *script
	if exact, err := pattern.Parse(number); err == nil {
		one.Numbers = []*pattern.Pattern{exact}
	}
	return &one
}

func (c *runRoute) time(zone *time.Location) (time.Time, error) {
	if c.At == "" {
		return time.Now(), nil
	}
	for _, layout := range []string{"2006-01-02 15:04", time.DateTime, time.RFC3339, time.DateOnly} {
		if t, err := time.ParseInLocation(layout, strings.TrimSpace(c.At), zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("--at %s: want a time such as 2026-12-31 23:00", c.At)
}
