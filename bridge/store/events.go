package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/stream"
)

var _ stream.Archive = (*Store)(nil)

// kept is an event that is to be kept, with the numbers of those whom it names, by which it can be erased.
type kept struct {
	bridge.Event
	json    []byte
	numbers string
}

// keep has an event be kept for those who follow them.
func (b *batch) keep(ev bridge.Event) {
	if b.s.opt.KeepEvents <= 0 {
		return
	}
	text, err := json.Marshal(ev)
	if err != nil { // what was read from JSON can be written as such
		b.s.log.Error("an event is not kept", "call", ev.Call, "err", err)
		return
	}
	b.kept, b.news = append(b.kept, kept{ev, text, numbersOf(ev)}), true
}

// saveEvents writes events. With PostgreSQL several machines may do that at once: they wait for each other, so that of two events the one with the
// greater number is never there before the other, which who has read the first would then miss.
func (b *batch) saveEvents(ctx context.Context) error {
	if len(b.kept) == 0 {
		return nil
	}
	if b.s.kind == postgresEngine {
		if _, err := b.tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(7235802)"); err != nil { // any number: ours
			return err
		}
	}
	insert, err := b.tx.PrepareContext(ctx, "INSERT INTO events (until, kind, line, numbers, json) VALUES ($1,$2,$3,$4,$5)")
	if err != nil {
		return err
	}
	defer insert.Close()
	for _, k := range b.kept {
		if _, err := insert.ExecContext(ctx, k.At.Add(b.s.opt.KeepEvents).UnixMicro(), string(k.Kind), clean(k.Line), k.numbers, k.json); err != nil {
			return err
		}
	}
	b.kept = nil
	return nil
}

// EventsAfter implements stream.Archive.
func (s *Store) EventsAfter(ctx context.Context, id int64, limit int) ([]stream.Entry, error) {
	if err := s.prepare(ctx); err != nil {
		return nil, err
	}
	rows, err := s.db.QueryContext(ctx, "SELECT seq, kind, line, json FROM events WHERE seq > $1 ORDER BY seq LIMIT $2", id, limit)
	if err != nil {
		return nil, fmt.Errorf("store: read events: %w", err)
	}
	all, err := scanEvents(rows)
	if err != nil {
		return nil, fmt.Errorf("store: read events: %w", err)
	}
	return all, nil
}

func scanEvents(rows *sql.Rows) (all []stream.Entry, err error) {
	defer rows.Close()
	for rows.Next() {
		var e stream.Entry
		if err := rows.Scan(&e.ID, &e.Kind, &e.Line, &e.JSON); err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, rows.Err()
}

// EventsKept implements stream.Archive.
func (s *Store) EventsKept(ctx context.Context) (first, last int64, err error) {
	if err := s.prepare(ctx); err != nil {
		return 0, 0, err
	}
	const ask = "SELECT coalesce((SELECT min(seq) FROM events), 0), coalesce((SELECT max(seq) FROM events), 0)"
	if err := s.db.QueryRowContext(ctx, ask).Scan(&first, &last); err != nil {
		return 0, 0, fmt.Errorf("store: read events: %w", err)
	}
	return first, last, nil
}

// eraseEvents empties events that name a folded number. Their places stay.
func (s *Store) eraseEvents(ctx context.Context, number string) error {
	_, err := s.change(ctx, "UPDATE events SET json = $2, numbers = '' WHERE numbers LIKE $1", "% "+number+" %", []byte{})
	if err != nil {
		return fmt.Errorf("store: erase events: %w", err)
	}
	return nil
}

// forgetEvents removes what was kept for as long as whoever wrote it wanted; the last one stays, by which it is known how far events have come.
func (s *Store) forgetEvents(ctx context.Context, now time.Time) error {
	const forget = "DELETE FROM events WHERE until < $1 AND seq < (SELECT max(seq) FROM events)"
	_, err := s.change(ctx, forget, now.UnixMicro())
	return err
}
