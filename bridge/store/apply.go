package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"switchgram/bridge"
)

// errKilled is what is said of a call that ran when the program ended without a word.
var errKilled = errors.New("the program ended during the call")

// batch are the rows that a transaction changes: each is read and written once, whatever happens to its call.
type batch struct {
	s    *Store
	tx   *transaction
	rows map[bridge.CallID]*row
	out  []queued // in order
	kept []kept   // likewise
	told bool     // there were some of out
	news bool     // and of kept
}

// apply brings entries of the journal into the database.
func (s *Store) apply(ctx context.Context, tx *transaction, all []entry) (b *batch, err error) {
	b = &batch{s: s, tx: tx, rows: map[bridge.CallID]*row{}}
	for _, e := range all {
		switch {
		case e.Notification != nil:
			b.out, b.told = append(b.out, queued{Notification: *e.Notification, numbers: " "}), true
		case e.Event == nil:
			err = b.endAll(ctx, e.Began)
		default:
			err = b.take(ctx, e.event())
		}
		if err != nil {
			return b, err
		}
	}
	return b, b.save(ctx)
}

// take tells of an event, and adds it to the record of its call. That a recording is ready is told again after a crash, but to nobody who was told.
func (b *batch) take(ctx context.Context, ev bridge.Event) (err error) {
	var r *row
	if ev.Call != "" {
		r, err = b.row(ctx, ev.Call)
	}
	if err != nil || ev.Kind == bridge.RecordingReady && r != nil && r.Record.finished(ev.Recording) {
		return err // which may be none
	}
	b.notify(ev)
	b.keep(ev)
	if ev.Call == "" {
		return nil
	}
	if r == nil {
		if ev.Kind == bridge.RecordingReady || ev.Kind == bridge.ScriptEnded {
			return nil // the record was erased
		}
		r = &row{journal: b.s.journal.name, Record: newRecord(ev)}
		b.rows[ev.Call] = r
	}
	r.Record.take(ev)
	return nil
}

// row finds the row of a call; nil: there is none.
func (b *batch) row(ctx context.Context, id bridge.CallID) (*row, error) {
	if r := b.rows[id]; r != nil {
		return r, nil
	}
	r, err := load(ctx, b.tx, b.s.journal.name, id)
	if err == nil && r != nil {
		b.rows[id] = r
	}
	return r, err
}

// endAll ends the calls that ran when the run before was killed.
func (b *batch) endAll(ctx context.Context, now time.Time) error {
	if err := b.save(ctx); err != nil {
		return err
	}
	running, err := b.tx.QueryContext(ctx, selectRows+" WHERE running = 1 AND journal = $1 ORDER BY calls.n", b.s.journal.name)
	if err != nil {
		return err
	}
	rows, err := scanRows(running)
	for _, r := range rows {
		b.rows[r.ID] = r
		for _, ev := range r.killed(now) {
			if err := b.take(ctx, ev); err != nil {
				return err
			}
		}
	}
	return err
}

// killed is the end of a call whose own nobody has told. Of a call that was missed by that somebody wants to hear.
func (r *row) killed(now time.Time) []bridge.Event {
	const cause = bridge.NormalTemporaryFailure
	ended := bridge.Event{
		Version: bridge.EventVersion, Kind: bridge.CallEnded, At: now, Call: r.ID, Line: r.Line, From: r.From, To: r.To, Reference: r.Reference,
		Caller: bridge.Party{Phone: r.Caller.Number, Username: r.Caller.Username, ID: r.Caller.ID, FirstName: r.Caller.Name}, Cause: cause,
		Outcome: &bridge.Outcome{
			Call: r.ID, Line: r.Line, Cause: cause, Fault: bridge.FaultUs, Err: errKilled,
			Times: bridge.Times{Started: r.Times.Started, Ringing: r.Times.Ringing, Accepted: r.Times.Accepted, Connected: r.Times.Answered, Ended: now},
		},
	}
	if !r.waiting() {
		return []bridge.Event{ended}
	}
	missed := ended
	missed.Kind = bridge.CallMissed
	return []bridge.Event{missed, ended}
}

// waiting tells whether somebody calls and has talked with nobody yet.
func (r *row) waiting() bool {
	if len(r.Moments) == 0 || r.Moments[0].Kind != bridge.CallIncoming {
		return false
	}
	return !slices.ContainsFunc(r.Moments, func(m Moment) bool { return m.Kind == bridge.CallAnswered || m.Kind == bridge.CallJoined })
}

// save writes what has changed.
func (b *batch) save(ctx context.Context) error {
	for id, r := range b.rows {
		if err := r.save(ctx, b.tx, b.s.kind); err != nil {
			return err
		}
		delete(b.rows, id)
	}
	for _, q := range b.out {
		if err := q.insert(ctx, b.tx); err != nil {
			return err
		}
	}
	b.out = nil
	return b.saveEvents(ctx)
}
