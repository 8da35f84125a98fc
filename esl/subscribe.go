package esl

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Filter keeps events back at FreeSWITCH unless a header has a value. Several filters let through what any of them matches; an event that has
// none of their headers is kept back.
type Filter struct {
	Header string // such as "Unique-ID"
	Value  string // compared without regard to case; /regular expression/; "-" in front keeps back what matches
}

// Subscribe asks for events by name, in addition to those asked for before: "CHANNEL_ANSWER", "ALL", and names with "::" in them, such as
// "sofia::register", which are subclasses of CUSTOM. FreeSWITCH passes over names it does not know as long as it knows one.
func (c *Conn) Subscribe(ctx context.Context, names ...string) error {
	cmd, err := subscription("event "+c.o.format(), names)
	if err != nil {
		return err
	}
	_, err = c.Send(ctx, cmd)
	return err
}

// Unsubscribe takes names back that Subscribe asked for.
func (c *Conn) Unsubscribe(ctx context.Context, names ...string) error {
	cmd, err := subscription("nixevent", names)
	if err != nil {
		return err
	}
	c.jobs.enabled.Store(false) // it may be among them; the next job asks again
	_, err = c.Send(ctx, cmd)
	return err
}

// subscription writes plain names first, since FreeSWITCH takes every word after CUSTOM for a subclass.
func subscription(verb string, names []string) (Command, error) {
	var plain, custom []string
	for _, n := range names {
		if _, err := Word(n); err != nil {
			return Command{}, fmt.Errorf("%s: %w", verb, err)
		}
		if strings.Contains(n, "::") {
			custom = append(custom, n)
		} else {
			plain = append(plain, n)
		}
	}
	if i := slices.Index(plain, "CUSTOM"); i >= 0 || len(custom) > 0 {
		plain = slices.DeleteFunc(plain, func(n string) bool { return n == "CUSTOM" })
		custom = append([]string{"CUSTOM"}, custom...)
	}
	return Command{Line: strings.Join(append(append([]string{verb}, plain...), custom...), " ")}, nil
}

// AddFilter narrows what FreeSWITCH sends. The results of jobs, which any filter would keep back, are let through.
func (c *Conn) AddFilter(ctx context.Context, filters ...Filter) error {
	for _, f := range slices.Concat(filters, []Filter{{"Event-Name", "BACKGROUND_JOB"}}) {
		if _, err := Word(f.Header); err != nil {
			return fmt.Errorf("filter: %w", err)
		}
		if _, err := c.Send(ctx, Command{Line: "filter " + f.Header + " " + f.Value}); err != nil {
			return err
		}
	}
	return nil
}

// DeleteFilters removes all filters.
func (c *Conn) DeleteFilters(ctx context.Context) error {
	_, err := c.Send(ctx, Command{Line: "filter delete all"})
	return err
}
