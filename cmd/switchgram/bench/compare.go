package bench

import (
	"context"
	"errors"
	"fmt"
)

// Compared is a point of somebody who carries calls.
type Compared struct {
	Point
	Carrier string `json:"carrier"` // switchgram, rtpengine or freeswitch
	Round   int    `json:"round"`   // from 1
}

// carrier is a subject that is compared with others.
type carrier struct {
	name string
	subject
}

// sizes are the calls that are compared with, rounds how often.
var sizes = []int{50, 100, 200}

const rounds = 2

// compare measures the bridge's relay and the rivals with the same numbers of calls, one after the other, on the same processor.
func (o *Options) compare(ctx context.Context, m Mode, with standOptions) (all []finding, err error) {
	s, err := newStand(ctx, m, with)
	if err != nil {
		return nil, err
	}
	defer s.close()
	carriers := []carrier{{"switchgram", s}}
	for _, spec := range o.Against {
		p, err := newOpponent(ctx, spec, with.cores)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, p.close()) }()
		carriers = append(carriers, carrier{p.rival.Name, p})
	}
	try := sizes
	if o.Calls > 0 {
		try = []int{o.Calls}
	}
	for round := range rounds {
		for _, n := range try {
			for _, c := range carriers {
				p, err := c.alone(ctx, o, n)
				if err != nil {
					return all, err
				}
				all = append(all, &Compared{Point: p, Carrier: c.name, Round: round + 1})
			}
		}
	}
	return all, nil
}

// alone measures with n calls, while the others have none.
func (c carrier) alone(ctx context.Context, o *Options, n int) (Point, error) {
	fmt.Fprintf(o.Progress, "%-10s %4d calls ... ", c.name, n)
	if err := c.resize(ctx, n); err != nil {
		return Point{}, fmt.Errorf("%s: %d calls: %w", c.name, n, err)
	}
	p, err := c.measure(ctx, o.Window)
	if err != nil {
		return p, fmt.Errorf("%s: %w", c.name, err)
	}
	fmt.Fprintln(o.Progress, p.verdict(n))
	return p, c.resize(ctx, 0)
}
