package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"switchgram/bridge"
)

// ErrNoCall: there is no record of such a call.
var ErrNoCall = errors.New("store: no such call")

// Page is what a query has found.
type Page struct {
	Calls []Record
	Next  string // Query.After of the next page; empty: this is the last
}

// Search finds a page of calls. ErrQuery.
func (s *Store) Search(ctx context.Context, q Query) (Page, error) {
	rows, err := s.search(ctx, q)
	if err != nil {
		return Page{}, err
	}
	var p Page
	if len(rows) > q.limit() {
		rows = rows[:q.limit()]
		p.Next = rows[len(rows)-1].cursor()
	}
	for _, r := range rows {
		p.Calls = append(p.Calls, *r.Record)
	}
	return p, nil
}

// search finds the rows of a page and, if there are more, one of the next.
func (s *Store) search(ctx context.Context, q Query) ([]*row, error) {
	w, err := q.conditions()
	if err != nil {
		return nil, err
	}
	statement, args, err := q.page(w, s.kind)
	if err != nil {
		return nil, err
	}
	rows, err := s.query(ctx, statement, args...)
	if err != nil {
		return nil, fmt.Errorf("store: search: %w", err)
	}
	return rows, nil
}

// query asks for n, journal and record.
func (s *Store) query(ctx context.Context, statement string, args ...any) ([]*row, error) {
	if err := s.prepare(ctx); err != nil {
		return nil, err
	}
	rows, err := s.db.QueryContext(ctx, statement, args...)
	if err != nil {
		return nil, err
	}
	return scanRows(rows)
}

// Each yields every call that a query finds, page by page: none is held while the next is looked for, and calls that come or go meanwhile may or
// may not be among them. Query.Limit is how many are fetched at once. It ends after an error.
func (s *Store) Each(ctx context.Context, q Query) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for {
			p, err := s.Search(ctx, q)
			if err != nil {
				yield(Record{}, err)
				return
			}
			for _, r := range p.Calls {
				if !yield(r, nil) {
					return
				}
			}
			if q.After = p.Next; p.Next == "" {
				return
			}
		}
	}
}

// byID asks for the calls of an id, which several machines may have given.
const byID = selectRows + " WHERE id = $1 ORDER BY calls.n DESC LIMIT 1"

// Call finds a call by its id; of several machines' the last. ErrNoCall.
func (s *Store) Call(ctx context.Context, id bridge.CallID) (Record, error) {
	rows, err := s.query(ctx, byID, clean(string(id)))
	switch {
	case err != nil:
		return Record{}, fmt.Errorf("store: read call: %w", err)
	case len(rows) == 0:
		return Record{}, ErrNoCall
	}
	return *rows[0].Record, nil
}

// Limits of a note, in bytes: a page of text, and more of them than anybody reads.
const (
	MaxNote  = 10_000
	maxNotes = 100
)

// ErrNote: a note is empty, too long, or one too many.
var ErrNote = errors.New("store: a note has 1 to 10000 bytes, a call at most 100 notes")

// Annotate adds a note to a call; at is the time it is given. ErrNoCall, ErrNote.
func (s *Store) Annotate(ctx context.Context, id bridge.CallID, n Note) error {
	if len(n.Text) == 0 || len(n.Text) > MaxNote || len(n.By) > MaxNote {
		return ErrNote
	}
	if n.At.IsZero() {
		n.At = time.Now()
	}
	if err := s.prepare(ctx); err != nil {
		return err
	}
	err := s.transact(ctx, func(tx *transaction) error {
		found, err := tx.QueryContext(ctx, byID+s.locking(), clean(string(id)))
		if err != nil {
			return err
		}
		rows, err := scanRows(found)
		switch {
		case err != nil:
			return err
		case len(rows) == 0:
			return ErrNoCall
		case len(rows[0].Notes) >= maxNotes:
			return ErrNote
		}
		rows[0].Notes = append(rows[0].Notes, n)
		return rows[0].save(ctx, tx, s.kind)
	})
	if err != nil && !errors.Is(err, ErrNoCall) && !errors.Is(err, ErrNote) {
		err = fmt.Errorf("store: write note: %w", err)
	}
	return err
}

// locking is what a SELECT ends with whose rows are to be changed. With SQLite, which has one writer, a transaction is enough.
func (s *Store) locking() string {
	if s.kind == postgresEngine {
		return " FOR UPDATE"
	}
	return ""
}
