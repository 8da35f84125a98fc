package desk

import (
	"context"
	"math"
	"sync"
	"time"

	"switchgram/bridge"
	"switchgram/verto"
)

// allCalls is the channel of the table of all calls; with a dot and the name of a line after it, of those by the line.
const allCalls = "switchgram.calls"

// board shows pages the calls in progress, and whom each of theirs is with.
type board struct {
	d      *Desk
	tables map[string]*verto.Array             // by line; of all calls: ""
	shown  map[bridge.CallID]string            // the line of each call that is in the tables; of run alone
	rooms  map[bridge.CallID]*verto.Conference // of calls of several that pages are in; of run alone
	busy   map[string]bool                     // users who are in calls; of run alone
	news   chan struct{}

	mu    sync.Mutex
	notes map[bridge.CallID][]note // on calls in progress
}

func newBoard(d *Desk) *board {
	b := &board{
		d: d, tables: map[string]*verto.Array{"": d.pages.NewArray(allCalls, allCalls)}, shown: map[bridge.CallID]string{},
		rooms: map[bridge.CallID]*verto.Conference{}, busy: map[string]bool{}, news: make(chan struct{}, 1), notes: map[bridge.CallID][]note{},
	}
	for _, l := range d.o.Registry.Lines() {
		b.tables[l.Name] = d.pages.NewArray(allCalls+"."+l.Name, allCalls+"."+l.Name)
	}
	return b
}

// rouse has the tables brought up to date.
func (b *board) rouse() {
	select {
	case b.news <- struct{}{}:
	default: // it will look anyway
	}
}

const (
	appraiseEvery = 5 * time.Second        // it is looked how calls sound, if somebody watches
	attendEvery   = 500 * time.Millisecond // and who speaks in conferences, and how users are
)

// run keeps the tables as the calls are, until ctx ends.
func (b *board) run(ctx context.Context) {
	tick, attend := time.NewTicker(appraiseEvery), time.NewTicker(attendEvery)
	defer tick.Stop()
	defer attend.Stop()
	defer b.attend(nil)
	for {
		select {
		case <-attend.C:
			if len(b.rooms)+len(b.busy) > 0 {
				calls := b.d.o.Bridge().Calls()
				b.attend(calls)
				b.present(calls)
			}
		case <-b.news:
			b.refresh()
		case <-tick.C: // how calls sound is no event
			if b.watched() {
				b.refresh()
			}
		case <-ctx.Done():
			return
		}
	}
}

// watched tells whether a page sees one of the tables.
func (b *board) watched() bool {
	for _, table := range b.tables {
		if table.Watched() {
			return true
		}
	}
	return false
}

// refresh brings the tables up to date. What has not changed is told to nobody.
func (b *board) refresh() {
	running := map[bridge.CallID]bool{}
	calls := b.d.o.Bridge().Calls()
	for _, c := range calls {
		running[c.ID], b.shown[c.ID] = true, c.Line
		for _, line := range []string{"", c.Line} {
			if table := b.tables[line]; table != nil {
				_ = table.Put(string(c.ID), append(row(c), b.notesOn(c.ID))) // JSON can hold it
			}
		}
	}
	b.attend(calls)
	b.present(calls)
	b.forget(running)
	for id, line := range b.shown {
		if running[id] {
			continue
		}
		delete(b.shown, id)
		for _, table := range []*verto.Array{b.tables[""], b.tables[line]} {
			if table != nil {
				table.Delete(string(id))
			}
		}
	}
}

// row is what a table shows of a call: id, line, from, to, state, since when in milliseconds of the epoch, the legs, and how it sounds where it
// sounds worst, from 1 to 4.5; 0: not known. Notes on it follow.
func row(c bridge.CallStatus) []any {
	from, to := c.From.String(), c.To.String()
	if len(c.Legs) > 0 {
		from = shownAs(c.Legs[0], from)
	}
	if len(c.Legs) > 1 {
		to = shownAs(c.Legs[1], to)
	}
	legs, mos := []any{}, 0.0
	for _, l := range c.Legs {
		if l.MOS > 0 && (mos == 0 || l.MOS < mos) {
			mos = math.Round(10*l.MOS) / 10 // finer differences nobody hears, and everybody would be told of
		}
		legs = append(legs, map[string]any{"address": l.Address, "name": l.Party.Name(), "role": l.Role, "state": l.State, "held": l.Held, "joined": l.Joined})
	}
	return []any{string(c.ID), c.Line, from, to, string(c.State), c.Since.UnixMilli(), legs, mos}
}

// shownAs is a leg's person by name, where one is known.
func shownAs(l bridge.LegStatus, otherwise string) string {
	if name := l.Party.Name(); name != "" && name != "anonymous" {
		return name
	}
	return otherwise
}
