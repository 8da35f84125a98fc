// Package trial makes one call between two programs that speak the lines of docs/peer.md, over a network of its own, does to it what the
// trial asks for, and says how it went.
//
// A Trial is a value and may be run any number of times, concurrently too: each run has hosts, relays and processes of its own, and nothing
// of them is left when Run returns.
package trial

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Caller and Callee are the places of the two sides wherever there are two of something.
const (
	Caller = iota
	Callee
)

// names of the sides, for people.
var names = [2]string{"caller", "callee"}

// Trial describes one call.
type Trial struct {
	Version  string     // library version, such as 13.0.0
	Programs [2]Program // the caller's and the callee's
	Path     Path
	Trouble  Trouble
	Seed     uint64    // of everything that is drawn: what is lost, how late the rest is
	Here     bool      // on this machine's loopback instead of hosts of a network: there is no weather then, and nothing to cut
	Log      io.Writer // gets what the two say, and what is done to them, without the signalling; nil: nobody does
}

// Program is one of the two engines.
type Program struct {
	Name    string   // for people
	Command []string // the program and its arguments
	Env     []string // added to our own
}

// Tone is what one side heard of the other.
type Tone struct {
	Hz    float64 // the strongest frequency
	Share float64 // of the energy that is there, 0 to 1
}

// Result is how a call went. A call that failed has what came before.
type Result struct {
	Failure   string           // what went wrong first; "": all went as it should
	Connected time.Duration    // from the start of the later engine until both said Established
	Heard     [2]Tone          // by the caller and by the callee, at the end of the call
	Silence   [2]time.Duration // after the network was hurt: what the caller and the callee did not hear
	Direct    bool             // at the end, sound went from host to host, without a relay
	Took      time.Duration    // the whole run
}

// Limits of a run. They are safety nets, not what is measured.
const (
	untilReady     = 60 * time.Second // a program says what it speaks
	untilConnected = 30 * time.Second // engines themselves give up after 20 s
	untilHeard     = 45 * time.Second // what should be heard is heard
	untilStopped   = 10 * time.Second
	untilOver      = 4 * time.Minute
)

// Run makes the call. What goes wrong with it is in the result; the error says that it could not be tried.
func (t Trial) Run(ctx context.Context) (Result, error) {
	began := time.Now()
	dir, err := os.MkdirTemp("", "interop-")
	if err != nil {
		return Result{}, err
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeoutCause(ctx, untilOver, failed("was not over in %v", untilOver))
	defer cancel()
	var r Result
	err = t.onGround(ctx, func(ctx context.Context, g *ground) error {
		c := newConversation(t, g, dir)
		return c.run(ctx, &r)
	})
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if f := (*failure)(nil); errors.As(err, &f) {
		r.Failure, err = f.Error(), nil
	}
	r.Took = time.Since(began)
	return r, err
}

// failure is an error that is a result: one of the two did not do what it should.
type failure struct{ text string }

// Error implements error.
func (f *failure) Error() string { return f.text }

func failed(format string, args ...any) error { return &failure{fmt.Sprintf(format, args...)} }
