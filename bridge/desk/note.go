package desk

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/store"
	"switchgram/verto"
)

const (
	maxPageNote  = 2000 // bytes
	notesShown   = 20   // on one call
	recordWithin = 5 * time.Second
)

// note is what a user has written on a call in progress, as pages see it.
type note struct {
	At   int64  `json:"at"` // milliseconds of 1970
	By   string `json:"by"`
	Text string `json:"text"`
}

// note writes a note on a call in progress, which who sees the call may.
func (d *Desk) note(ctx context.Context, s *verto.Session, data json.RawMessage) (any, error) {
	var asked struct{ Call, Text string }
	if json.Unmarshal(data, &asked) != nil {
		return nil, &verto.CommandError{Text: "want call and text"}
	}
	u, text := s.User(), strings.TrimSpace(asked.Text)
	id := bridge.CallID(asked.Call)
	line, runs := d.running(id)
	switch {
	case !runs || !d.o.Registry.Uses(u.ID, line):
		return nil, &verto.CommandError{Text: "there is no such call"}
	case d.o.Store == nil:
		return nil, &verto.CommandError{Text: "calls are not remembered"}
	case text == "" || len(text) > maxPageNote:
		return nil, &verto.CommandError{Text: "a note has 1 to 2000 bytes"}
	}
	n := store.Note{At: time.Now(), By: cmp.Or(u.Name, u.ID), Text: text}
	if err := d.annotate(ctx, id, n); err != nil {
		return nil, err
	}
	shown := note{At: n.At.UnixMilli(), By: n.By, Text: n.Text}
	d.board.write(id, shown)
	d.log.Info("note on call", "call", string(id), "line", line, "user", u.ID)
	return shown, nil
}

// annotate keeps a note in the call's record, which the journal may not have brought to the database yet.
func (d *Desk) annotate(ctx context.Context, id bridge.CallID, n store.Note) error {
	ctx, cancel := context.WithTimeout(ctx, recordWithin)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := d.o.Store.Annotate(ctx, id, n)
		switch {
		case errors.Is(err, store.ErrNote):
			return &verto.CommandError{Text: "the call has too many notes"}
		case !errors.Is(err, store.ErrNoCall):
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return err
		}
	}
}

// write shows a note.
func (b *board) write(id bridge.CallID, n note) {
	b.mu.Lock()
	all := append(b.notes[id], n)
	b.notes[id] = all[max(0, len(all)-notesShown):]
	b.mu.Unlock()
	b.rouse()
}

// notesOn are those on a call, oldest first.
func (b *board) notesOn(id bridge.CallID) []note {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]note{}, b.notes[id]...)
}

// forget forgets notes on calls that have ended.
func (b *board) forget(running map[bridge.CallID]bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	maps.DeleteFunc(b.notes, func(id bridge.CallID, _ []note) bool { return !running[id] })
}
