// Package bench measures what calls cost, and how many a core can carry.
//
// The bridge that is measured is the program that `switchgram run` runs, in a process that does nothing else and, where there are two processors,
// has one for itself. Everybody who calls by it lives in this process, on the others: people on an embedded Telegram network, real MTProto and all,
// and telephones at a small SIP switch. Calls are set up as calls are, and then every end sends 50 packets a second.
package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"switchgram/cmd/switchgram/bench/worker"
)

// Options say what is to be measured.
type Options struct {
	Mode    string        // empty: all
	Calls   int           // 0: the largest number that nothing is lost with
	Window  time.Duration // that each measurement takes; 0: 5 s
	JSON    bool          // a line of JSON for each mode, in place of the table
	Against []string      // rivals to compare with, as rival.Usage says; Mode is relay then
	Profile string        // file for a CPU profile of the bridge, while Calls stand; empty: none

	Worker   []string  // command that calls worker.Serve on its standard input and output
	Progress io.Writer // is told how far it is; nil: nobody is
	Errors   io.Writer // for what the bridge says; nil: nobody
}

// complete checks the options, and says which modes they mean.
func (o *Options) complete() (modes []Mode, err error) {
	if o.Window == 0 {
		o.Window = 5 * time.Second
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	if o.Errors == nil {
		o.Errors = io.Discard
	}
	if o.Profile != "" && (o.Mode == "" || o.Calls == 0) {
		return nil, errors.New("a profile needs one mode, and the number of calls")
	}
	if len(o.Against) > 0 {
		if o.Mode != "" && o.Mode != relayMode {
			return nil, fmt.Errorf("mode %s: others are compared with in mode %s", o.Mode, relayMode)
		}
		o.Mode = relayMode
	}
	if o.Mode == "" {
		return Modes(), nil
	}
	m, err := modeOf(o.Mode)
	return []Mode{m}, err
}

// Run measures and prints. This process, and all that it starts from then on, is left with the processors that the bridge does not have.
func Run(ctx context.Context, out io.Writer, o Options) error {
	modes, err := o.complete()
	if err != nil {
		return err
	}
	bridge, err := divide()
	if err != nil {
		return err
	}
	findings, err := o.measure(ctx, modes, bridge)
	var to printer = table{out}
	if o.JSON {
		to = jsonLines{out}
	}
	return errors.Join(err, to.print(findings))
}

// measure measures the modes. What was measured before an error counts.
func (o *Options) measure(ctx context.Context, modes []Mode, bridge []int) (all []finding, err error) {
	with := standOptions{command: o.Worker, cores: bridge, errors: o.Errors}
	if len(o.Against) > 0 {
		return o.compare(ctx, modes[0], with)
	}
	for _, m := range modes {
		f, err := o.one(ctx, m, with)
		if err != nil {
			return all, fmt.Errorf("%s: %w", m.Name, err)
		}
		all = append(all, f)
	}
	return all, nil
}

// one measures one mode.
func (o *Options) one(ctx context.Context, m Mode, with standOptions) (finding, error) {
	if m.only == onlyAccounts {
		return accounts(ctx, m, with, cmp.Or(o.Calls, idleAccounts))
	}
	s, err := newStand(ctx, m, with)
	if err != nil {
		return nil, err
	}
	defer s.close()
	switch {
	case m.only == onlySetup:
		return s.setup(ctx, o.Window)
	case o.Calls == 0:
		v := survey{candid: s, mode: m, window: o.Window, until: time.Now().Add(searchFor), progress: o.Progress}
		return v.run(ctx)
	default:
		return o.point(ctx, s)
	}
}

// point measures with the number of calls that was asked for.
func (o *Options) point(ctx context.Context, s *stand) (finding, error) {
	if err := s.grow(ctx, o.Calls); err != nil {
		return nil, err
	}
	p, err := s.measure(ctx, o.Window)
	if err == nil && o.Profile != "" {
		_, err = s.profiled(ctx, o.Window, o.Profile)
	}
	return &Result{Point: p, Aim: s.mode.Aim}, err
}

// divide keeps a processor for the bridge and takes the others for this process. Where there is only one, it is shared.
func divide() (bridge []int, err error) {
	all, err := worker.Cores()
	if err != nil || len(all) < 2 {
		return nil, err
	}
	return all[:1], worker.Confine(os.Getpid(), all[1:])
}
