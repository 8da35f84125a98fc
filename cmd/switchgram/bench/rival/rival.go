// Package rival has calls carried by what people would otherwise use, for comparison: rtpengine, which only forwards media, and FreeSWITCH.
//
// Both run already, started by whoever compares; here are the ends of their calls, a browser (DTLS-SRTP) and a telephone (RTP), who talk by the
// same load that measures the bridge. The main type is Rival. Its methods may be called concurrently.
package rival

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"switchgram/cmd/switchgram/bench/load"
	"switchgram/cmd/switchgram/bench/worker"
)

// Rival is a program that carries calls.
type Rival struct {
	Name  string
	pid   int
	calls interface {
		call(ctx context.Context) (Call, error)
	}
	close func() error
}

// A Call is carried by a rival. Hangup ends it, once.
type Call interface {
	Hangup(ctx context.Context) error
}

// Usage explains Open's spec.
const Usage = "rtpengine=HOST:PORT (of its ng protocol, over UDP), or freeswitch=ws://USER:PASSWORD@HOST:PORT/NUMBER (of mod_verto; " +
	"NUMBER is a SIP user with the same password who is to be called, at port 5060)"

// Open finds a rival that runs on this machine, and has it run on these processors alone; none: on whichever it likes. Its calls talk by the load.
func Open(ctx context.Context, spec string, l *load.Load, cores []int) (*Rival, error) {
	name, where, _ := strings.Cut(spec, "=")
	var r *Rival
	var err error
	switch name {
	case "rtpengine":
		r, err = openEngine(ctx, where, l)
	case "freeswitch":
		r, err = openFreeSWITCH(ctx, where, l)
	default:
		err = fmt.Errorf("%q: want %s", spec, Usage)
	}
	if err != nil {
		return nil, err
	}
	if len(cores) > 0 {
		if err := worker.Confine(r.pid, cores); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", name, err), r.Close())
		}
	}
	return r, nil
}

func openEngine(ctx context.Context, where string, l *load.Load) (*Rival, error) {
	at, err := netip.ParseAddrPort(where)
	if err != nil {
		return nil, fmt.Errorf("rtpengine: %w", err)
	}
	r := &rtpengine{ng: ng{where}, load: l}
	if _, err := r.ng.ask(ctx, "ping", map[string]any{}); err != nil {
		return nil, err
	}
	pid, err := owner("udp", at)
	if err != nil {
		return nil, fmt.Errorf("rtpengine: %w", err)
	}
	return &Rival{Name: "rtpengine", pid: pid, calls: r, close: func() error { return nil }}, nil
}

// Call sets a call up, and returns when both its ends hear each other.
func (r *Rival) Call(ctx context.Context) (Call, error) {
	c, err := r.calls.call(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Name, err)
	}
	return c, nil
}

// Sample is what the rival has used up to now. What its sockets drop is not known.
func (r *Rival) Sample() (worker.Sample, error) { return usage(r.pid) }

// Close ends what Open began. The calls have been hung up before.
func (r *Rival) Close() error { return r.close() }
