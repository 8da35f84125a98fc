// Package doctor looks at a set-up and says in plain words what is wrong with it and how to mend it.
//
// Examine makes a number of checks, one after the other, each a small type of its own, and tells a Finding for everything it looked at. It
// changes nothing: where a switchgram runs already, its registrations and sessions are left alone, and asked about in other ways.
package doctor

import (
	"context"
	"io"
	"log/slog"
	"time"

	"switchgram/bridge/sip"
	"switchgram/cmd/switchgram/program"
	"switchgram/esl"
)

// Options say what to look at.
type Options struct {
	Path    string           // of the configuration
	Network *program.Network // another Telegram than the real one; nil: Telegram
	Call    string           // extension that sends back what it hears, to call by every line: 9196; empty: no calls are made
	STUN    []string         // servers to ask for our address, host:port; none: nobody is asked
	Log     *slog.Logger     // nil: nothing is logged
}

// check is one thing that is looked at.
type check interface {
	look(ctx context.Context, p *patient) []Finding
}

// patient is the set-up, as far as it is known: checks that come first find what later ones need.
type patient struct {
	o       Options
	config  *program.Config
	log     *slog.Logger
	busy    bool       // a switchgram runs on this configuration, it seems
	deaf    []string   // lines whose registrar does not answer
	agent   *sip.Agent // for this visit; nil: there is none
	socket  *esl.Conn  // FreeSWITCH's event socket; nil: there is none, or we do not get in
	closers []func()
}

// checkTime is how long one check may take, of all lines together.
const checkTime = 30 * time.Second

// checks are all, in their order.
func checks() []check {
	return []check{configuration{}, files{}, listening{}, eventSocket{}, reach{}, registration{}, codecs{}, dialplan{}, xmlCurl{}, logins{}, clock{}, telegram{}, stun{}, echo{}}
}

// Examine looks at everything and tells what it finds, in order. Wrong: something is. It fails only if ctx ends.
func Examine(ctx context.Context, o Options, tell func(Finding)) (wrong bool, err error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	p := &patient{o: o, log: o.Log}
	defer p.close()
	for _, c := range checks() {
		for _, f := range p.examine(ctx, c) {
			tell(f)
			wrong = wrong || f.Verdict == Wrong
		}
		if ctx.Err() != nil {
			return wrong, context.Cause(ctx)
		}
		if p.config == nil { // there is nothing else to go by
			break
		}
	}
	return wrong, nil
}

func (p *patient) examine(ctx context.Context, c check) []Finding {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	return c.look(ctx, p)
}

// keep closes something at the end of the visit.
func (p *patient) keep(c io.Closer) { p.closers = append(p.closers, func() { _ = c.Close() }) }

func (p *patient) close() {
	for len(p.closers) > 0 {
		last := len(p.closers) - 1
		p.closers[last]()
		p.closers = p.closers[:last]
	}
}
