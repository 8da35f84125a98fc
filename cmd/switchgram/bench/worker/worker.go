// Package worker is the bridge that is measured, in a process that does nothing else.
//
// Serve is that process: it reads a Setup and then requests from its standard input, a line of JSON each, and answers each with a line. Start, in
// the process that measures, starts it, and Process asks it. Serve ends with its input, so that it never outlives who started it.
package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/gotd/td/session"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/dcs"

	"switchgram/bridge"
	"switchgram/cmd/switchgram/program"
)

// Setup is what the bridge is to be.
type Setup struct {
	Config    string // as in a configuration file
	AppID     int
	AppHash   string
	DCs       dcs.List // of the Telegram network, like the following
	PublicKey telegram.PublicKey
	Sessions  map[string][]byte // by account, logged in
	Guest     bridge.Address    // is called into every call; the zero value: nobody is
}

// request is what Process asks.
type request struct {
	Do   string // sample, profile, top
	File string // where the profile is to be kept, too; empty: nowhere
}

// answer is what it is told.
type answer struct {
	Err    string `json:",omitempty"` // nothing else is set then
	Sample Sample
	Top    []Cost `json:",omitempty"`
}

// Serve is the bridge: it answers once it is up, and then every request, until in or ctx ends. It returns when everything is over.
func Serve(ctx context.Context, in io.Reader, out io.Writer, log *slog.Logger) error {
	requests, answers := json.NewDecoder(in), json.NewEncoder(out)
	var s Setup
	if err := requests.Decode(&s); err != nil {
		return fmt.Errorf("worker: setup: %w", err)
	}
	b, err := newBridge(s, log)
	if err != nil {
		return errors.Join(fmt.Errorf("worker: %w", err), answers.Encode(answer{Err: err.Error()}))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	b.guests.ctx = ctx
	var running sync.WaitGroup
	running.Go(func() {
		if err := b.program.Run(ctx); err != nil {
			log.Error("the bridge ended", "err", err)
		}
	})
	defer b.guests.running.Wait()
	defer running.Wait()
	defer cancel()
	if err := b.ready(ctx); err != nil {
		return errors.Join(err, answers.Encode(answer{Err: err.Error()}))
	}
	return b.serve(requests, answers)
}

// serve answers until the requests end.
func (b *bridgeUnderTest) serve(requests *json.Decoder, answers *json.Encoder) error {
	for a := (answer{}); ; {
		if err := answers.Encode(a); err != nil {
			return fmt.Errorf("worker: answer: %w", err)
		}
		var r request
		if err := requests.Decode(&r); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("worker: request: %w", err)
		}
		var err error
		if a, err = b.do(r); err != nil {
			a = answer{Err: err.Error()}
		}
	}
}

func (b *bridgeUnderTest) do(r request) (a answer, err error) {
	switch r.Do {
	case "settle":
		settle()
	case "sample":
		a.Sample, err = takeSample()
	case "profile":
		err = b.profile.start()
	case "top":
		a.Top, err = b.profile.stop(r.File)
	default:
		err = fmt.Errorf("%q: no such request", r.Do)
	}
	return a, err
}

// bridgeUnderTest is a program as `switchgram run` runs it.
type bridgeUnderTest struct {
	program *program.Program
	guests  *guests
	profile profile
}

func newBridge(s Setup, log *slog.Logger) (*bridgeUnderTest, error) {
	c, err := program.Read("bench", strings.NewReader(s.Config))
	if err != nil {
		return nil, err
	}
	g := &guests{to: s.Guest, log: log}
	g.program, err = program.New(c, program.Options{Sink: g, Log: log, Network: &program.Network{
		AppID: s.AppID, AppHash: s.AppHash, DCList: s.DCs, PublicKey: s.PublicKey,
		Session: func(account string) session.Storage {
			kept := &session.StorageMemory{}
			_ = kept.StoreSession(context.Background(), s.Sessions[account]) // memory takes everything
			return kept
		},
	}})
	if err != nil {
		return nil, err
	}
	return &bridgeUnderTest{program: g.program, guests: g}, nil
}

// lookAgain is how often we look whether every line is up.
const lookAgain = 20 * time.Millisecond

// ready returns when calls can go by every line.
func (b *bridgeUnderTest) ready(ctx context.Context) error {
	t := time.NewTicker(lookAgain)
	defer t.Stop()
	for !b.up() {
		select {
		case <-t.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

func (b *bridgeUnderTest) up() bool {
	for _, l := range b.program.Lines() {
		if !l.SIP.Up || !l.Telegram.Up {
			return false
		}
	}
	return true
}
