// Package demo makes calls between simulated Telegram users and telephones, through a real bridge, and measures what each end hears.
//
// Nothing leaves the machine: the Telegram network (tgcall/testnet) and the telephone switch (bridge/sip/siptest) run in the same process, on
// loopback; the bridge between them is the one that `switchgram run` runs. The tones are random, and only the ends know them.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Options of a demo.
type Options struct {
	Once bool // end after the table; otherwise stay up for a person to try it
	JSON bool // print the rows as JSON lines

	// MediaLoss is the share of the telephones' sound that the switch loses, 0 to 1.
	MediaLoss float64

	// Missed prints the calls from Telegram that were missed, as the records of a configuration have them, whose file is at the path; nil: nothing
	// is printed.
	Missed func(ctx context.Context, path string) error

	Log *slog.Logger // nil: nothing is logged
}

// ErrUnexpected says that some call did not go as it should; the table says which.
var ErrUnexpected = errors.New("some calls did not go as expected")

// Run makes the calls and prints how they went. It returns ErrUnexpected if one did not go as it should have; without Once, that is after ctx
// has ended.
func Run(ctx context.Context, out io.Writer, o Options) error {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	w, err := newWorld(ctx, o)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer w.close()
	rows, err := w.calls(ctx, printerFor(out, o))
	if err != nil {
		return err
	}
	if !o.JSON && ctx.Err() == nil {
		if err := w.showMissed(ctx, out, rows, o); err != nil {
			return err
		}
	}
	failed := len(slices.DeleteFunc(rows, (*Row).OK))
	if !o.Once && ctx.Err() == nil {
		w.stay(ctx, out)
	}
	if failed > 0 {
		return fmt.Errorf("%w: %d of %d", ErrUnexpected, failed, len(scenarios()))
	}
	return nil
}

func printerFor(out io.Writer, o Options) printer {
	if o.JSON {
		return jsonLines{out}
	}
	return table{out}
}

// calls makes every call and prints its row.
func (w *world) calls(ctx context.Context, to printer) (rows []*Row, err error) {
	if err := to.begin(); err != nil {
		return nil, err
	}
	for _, s := range scenarios() {
		if ctx.Err() != nil {
			return rows, context.Cause(ctx)
		}
		r := s.run(ctx, w)
		rows = append(rows, r)
		if err := to.row(r); err != nil {
			return rows, err
		}
	}
	return rows, nil
}

// showMissed prints what was told of missed calls, and what is remembered of them.
func (w *world) showMissed(ctx context.Context, out io.Writer, rows []*Row, o Options) error {
	showTold(out, rows)
	if o.Missed == nil {
		return nil
	}
	fmt.Fprint(out, "\nEvery call is remembered. `switchgram calls search --missed --direction in` finds:\n\n")
	return o.Missed(ctx, filepath.Join(w.dir, configFile))
}

const invitation = `
All of it stays up now. Open the telephone in a browser; you are logged in as Demo Agent:

  %s

  dial @ann    she sends back what she hears       dial @bob    he is busy, and calls you back: see whose card comes with it
  and join the call of Eve's that is going on, under "Calls"

Or try it with a softphone of your own:

  SIP server  %s (UDP and TCP)      user  1003      password  %s
  dial 9196   an echo               dial 9197   a tone
  dial tg+%s   Ann, on Telegram, who sends back what she hears

and find the calls, in another terminal:

  %s calls search -c %s

Ctrl-C ends it.
`

// stay keeps everything up until ctx ends.
func (w *world) stay(ctx context.Context, out io.Writer) {
	w.ann.behave(echoes)
	w.bob.behave(callsBack)
	w.leavePage() // a person has the telephone now
	fmt.Fprintf(out, invitation, w.phone(), w.exchange.Addr(), w.password, annNumber, os.Args[0], filepath.Join(w.dir, configFile))
	var all sync.WaitGroup
	all.Go(func() { w.talkOn(ctx) })
	for {
		select {
		case p := <-w.callBack:
			if pause(ctx, beforeCallBack) {
				all.Go(func() { p.call(ctx, "@line_web") })
			}
		case <-ctx.Done():
			all.Wait()
			return
		}
	}
}

// phone is the address of the telephone in the browser.
func (w *world) phone() string { return fmt.Sprintf("http://%s/", w.program.VertoAddr()) }

// beforeCallBack is how long people take to call back, and Eve to call again.
const beforeCallBack = 2 * time.Second

// talkOn has Eve in a call, for others to join, until ctx ends.
func (w *world) talkOn(ctx context.Context) {
	for pause(ctx, beforeCallBack) {
		w.eve.call(ctx, "@line_tone")
	}
}

// pause waits. False: ctx has ended.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
