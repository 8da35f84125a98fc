package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Erased tells what Erase has removed, and what is left to do.
type Erased struct {
	Calls         int
	Notifications int      // that named the number
	Recordings    []string // files of recordings of these calls, which are not touched
}

// ErrErase: what is to be erased is no whole number and no username.
var ErrErase = errors.New("store: erase: want a whole number, with its country, or a username")

const (
	shortestNumber = 3   // digits: an extension
	eraseStep      = 200 // calls in one transaction
)

// Erase removes every call in which somebody had the number, and every notification and event that names it: a telephone number with its country,
// an extension, a Telegram id or a username. Another number of which it is a part stays. Calls that run are recorded again when something happens in them.
func (s *Store) Erase(ctx context.Context, number string) (e Erased, err error) {
	key, err := eraseKey(number)
	if err != nil {
		return e, err
	}
	err = s.removeAll(ctx, Query{Number: number, Limit: eraseStep}, func(r *row) bool { return r.names(key) }, &e)
	if err == nil {
		e.Notifications, err = s.eraseNotifications(ctx, key)
	}
	if err == nil {
		err = s.eraseEvents(ctx, key)
	}
	if err == nil {
		err = s.overwrite(ctx)
	}
	return e, err
}

// WouldErase tells what Erase would remove.
func (s *Store) WouldErase(ctx context.Context, number string) (e Erased, err error) {
	key, err := eraseKey(number)
	if err != nil {
		return e, err
	}
	for r, err := range s.Each(ctx, Query{Number: number, Limit: eraseStep}) {
		if err != nil {
			return e, err
		}
		if r.names(key) {
			e.add(r)
		}
	}
	const named = "SELECT count(*) FROM notifications WHERE numbers LIKE $1"
	if err := s.db.QueryRowContext(ctx, named, "% "+key+" %").Scan(&e.Notifications); err != nil {
		return e, fmt.Errorf("store: read notifications: %w", err)
	}
	return e, nil
}

// eraseKey is the number as records have it.
func eraseKey(number string) (string, error) {
	key := joined(number)
	if len(key) < shortestNumber || strings.Contains(strings.TrimSpace(number), " ") && !numeric(number) {
		return "", ErrErase
	}
	return key, nil
}

// names tells whether a folded number is somebody's in the call.
func (r *Record) names(number string) bool { return slices.Contains(r.people().numbers, number) }

// add counts a call.
func (e *Erased) add(r Record) {
	e.Calls++
	for _, i := range r.Recordings {
		e.Recordings = append(e.Recordings, i.Place)
	}
}

// purge removes what is older than it may be.
func (s *Store) purge(ctx context.Context) {
	now := time.Now()
	var e Erased
	err := s.forgetNotifications(ctx, now)
	if err == nil {
		err = s.forgetEvents(ctx, now)
	}
	if err == nil && s.opt.Retention > 0 {
		q := Query{To: now.Add(-s.opt.Retention), Order: Oldest, Limit: eraseStep}
		err = s.removeAll(ctx, q, func(r *row) bool { return !r.Times.Ended.IsZero() }, &e)
	}
	if err != nil && ctx.Err() == nil {
		s.log.Error("old records are not removed", "err", err) // the next time, then
	}
	if e.Calls > 0 {
		s.log.Info("removed old records", "calls", e.Calls)
	}
}

// removeAll removes the calls that a query finds and that are meant, some at a time, so that others can write in between.
func (s *Store) removeAll(ctx context.Context, q Query, meant func(*row) bool, e *Erased) error {
	for {
		rows, err := s.search(ctx, q)
		if err != nil {
			return err
		}
		more := len(rows) > q.limit()
		if more {
			rows = rows[:q.limit()]
			q.After = rows[len(rows)-1].cursor()
		}
		if err := s.remove(ctx, rows, meant, e); err != nil {
			return fmt.Errorf("store: erase: %w", err)
		}
		if !more {
			return nil
		}
	}
}

func (s *Store) remove(ctx context.Context, rows []*row, meant func(*row) bool, e *Erased) error {
	var gone Erased
	err := s.transact(ctx, func(tx *transaction) error {
		for _, r := range rows {
			if !meant(r) {
				continue
			}
			if err := s.removeRow(ctx, tx, r); err != nil {
				return err
			}
			gone.add(*r.Record)
		}
		return nil
	})
	if err == nil {
		e.Calls += gone.Calls
		e.Recordings = append(e.Recordings, gone.Recordings...)
	}
	return err
}

func (s *Store) removeRow(ctx context.Context, tx *transaction, r *row) error {
	if s.kind == sqliteEngine {
		if err := unindex(ctx, tx, r.n); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, "DELETE FROM calls WHERE n = $1", r.n)
	if err == nil {
		_, err = tx.ExecContext(ctx, "DELETE FROM call_records WHERE n = $1", r.n)
	}
	return err
}

// overwrite removes from the file what SQLite keeps of rows that are gone: pieces in the index until they are merged, and pages in the log.
// PostgreSQL does the like by itself, in its own time (autovacuum).
func (s *Store) overwrite(ctx context.Context) error {
	if s.kind != sqliteEngine {
		return nil
	}
	for _, statement := range []string{"INSERT INTO call_grams (call_grams) VALUES ('optimize')", "PRAGMA wal_checkpoint(TRUNCATE)"} {
		if _, err := s.db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("store: overwrite what was erased: %w", err)
		}
	}
	return nil
}
