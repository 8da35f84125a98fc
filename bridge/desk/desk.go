// Package desk is what users do at their pages in a browser: they call and are called, join calls that are going on, see those of their lines
// and write notes on them, lead conferences, and write to each other and to people on Telegram. Package verto knows the protocol, package line
// who may do what; here is what it means to a bridge. docs/verto.md says how it looks to a client.
package desk

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"switchgram/bridge"
	"switchgram/bridge/leg"
	"switchgram/bridge/line"
	"switchgram/bridge/store"
	"switchgram/verto"
)

// ErrOffline: a line is not connected to Telegram.
var ErrOffline = errors.New("the line is not connected")

// Lines is what lines can do at the moment. Its methods are called concurrently.
type Lines interface {
	// Free tells whether a call to an address of that scheme could go by the line now.
	Free(l *line.Line, scheme string) bool
	// Write sends somebody on Telegram a text by the line of that name. ErrOffline: it is not connected.
	Write(ctx context.Context, line string, to bridge.Address, text string) error
}

// Options are what a Desk needs. All are wanted but Store.
type Options struct {
	Registry *line.Registry        // who may do what
	Lines    Lines                 // by which calls go
	Bridge   func() *bridge.Bridge // where calls are; asked when a page wants something
	Store    *store.Store          // keeps notes; nil: calls are not remembered
	Log      *slog.Logger

	// Verto is the server's, of which OnCall, OnMessage, OnType, OnSession, Commands and Variables are the desk's to set.
	Verto verto.Options
}

// Desk is where users are at their pages. Its methods may be called concurrently.
type Desk struct {
	o     Options
	log   *slog.Logger
	pages *verto.Server
	board *board
}

// New makes a Desk, and starts nothing. It fails as verto.New does.
func New(o Options) (d *Desk, err error) {
	d = &Desk{o: o, log: o.Log}
	v := o.Verto
	v.OnCall, v.OnMessage, v.OnType, v.OnSession = d.onCall, d.onMessage, d.onType, d.onSession
	v.Variables = []string{chosenLine}
	v.Commands = map[string]verto.Command{"phone": d.phone, "note": d.note}
	if d.pages, err = verto.New(v); err != nil {
		return nil, err
	}
	d.board = newBoard(d)
	return d, nil
}

// Pages is the server that pages connect to.
func (d *Desk) Pages() *verto.Server { return d.pages }

// Run serves the pages until ctx ends, when all are closed; their calls have ended before, or end then.
func (d *Desk) Run(ctx context.Context) error {
	var shown sync.WaitGroup
	shown.Go(func() { d.board.run(ctx) })
	defer shown.Wait()
	return d.pages.Run(ctx)
}

// Publish implements bridge.Sink: pages are shown what happens.
func (d *Desk) Publish(ev bridge.Event) {
	if ev.Kind == bridge.CallAnswered {
		d.introduce(ev)
	}
	d.board.rouse()
}

// introduce tells the pages that talk with somebody with whom.
func (d *Desk) introduce(ev bridge.Event) {
	for i, t := range ev.Talkers {
		if c := leg.VertoCall(d.pages, t.Leg); c != nil && len(ev.Talkers) > 1 {
			other := ev.Talkers[(i+1)%len(ev.Talkers)]
			c.Display(leg.VertoParty(other.Party, ev.Line, map[string]string{verto.FieldCall: string(ev.Call)}))
		}
	}
}

// running is the line of a call in progress.
func (d *Desk) running(id bridge.CallID) (line string, ok bool) {
	for _, c := range d.o.Bridge().Calls() {
		if c.ID == id {
			return c.Line, true
		}
	}
	return "", false
}
