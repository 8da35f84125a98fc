package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// statements are those that SQLite has read once for every connection, and need not read again. PostgreSQL's driver does that by itself.
type statements struct {
	db *sql.DB

	mu     sync.Mutex
	known  map[string]*sql.Stmt
	wanted map[string]bool
}

func newStatements(db *sql.DB, kind engine) *statements {
	if kind != sqliteEngine {
		return nil
	}
	return &statements{db: db, known: map[string]*sql.Stmt{}, wanted: map[string]bool{}}
}

// find returns a statement if it is known; otherwise it is, after the next learn. Texts must be few.
func (s *statements) find(text string) *sql.Stmt {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if st := s.known[text]; st != nil {
		return st
	}
	s.wanted[text] = true
	return nil
}

// learn prepares what was asked for in vain. It wants a connection: who is in a transaction must not wait for one.
func (s *statements) learn(ctx context.Context) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for text := range s.wanted {
		if st, err := s.db.PrepareContext(ctx, text); err == nil { // or the next time
			s.known[text] = st
			delete(s.wanted, text)
		}
	}
}

func (s *statements) close() (err error) {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.known {
		err = errors.Join(err, st.Close())
	}
	return err
}

// transaction is one whose statements are known, if they can be.
type transaction struct {
	*sql.Tx
	known *statements
}

// transact runs work in a transaction, which is rolled back if work fails.
func (s *Store) transact(ctx context.Context, work func(*transaction) error) error {
	defer s.statements.learn(ctx)
	return transact(ctx, s.db, func(tx *sql.Tx) error { return work(&transaction{tx, s.statements}) })
}

// ExecContext is sql.Tx's.
func (t *transaction) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	if st := t.known.find(text); st != nil {
		return t.StmtContext(ctx, st).ExecContext(ctx, args...)
	}
	return t.Tx.ExecContext(ctx, text, args...)
}

// QueryContext is sql.Tx's.
func (t *transaction) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	if st := t.known.find(text); st != nil {
		return t.StmtContext(ctx, st).QueryContext(ctx, args...)
	}
	return t.Tx.QueryContext(ctx, text, args...)
}

// ask asks for rows by a statement that becomes known.
func (s *Store) ask(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	st := s.statements.find(text)
	if st == nil {
		s.statements.learn(ctx)
		return s.db.QueryContext(ctx, text, args...)
	}
	return st.QueryContext(ctx, args...)
}
