// Package store is what must survive: a record of every call, what people noted about it, the notifications that wait for
// delivery and, for a time, the events themselves.
//
// A Store is a bridge.Sink. Publish writes each event as one line to a journal, a folder of files on this machine; from then on it survives the
// death of the process. Run brings the journal's lines into the database, in order and exactly once: how far it has come stands in the
// database and changes in the same transaction. A database that is locked, full or away for a while delays that and nothing else.
//
// The database is a file of SQLite, or PostgreSQL, which several machines may share, each with a journal of its own. Records are found with
// Search and Each, and leave with Erase and with Options.Retention.
//
// All methods may be called from several goroutines at once.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/notify"
)

// Options say where things are kept.
type Options struct {
	DSN       string        // path of a file for SQLite, which is made, or postgres://user@host/database
	Password  string        // of PostgreSQL's user; empty: that of the DSN or of PostgreSQL's own files
	Journal   string        // folder of the journal, on this machine; empty: Publish and Run are not used
	Retention time.Duration // how long records are kept after a call; 0: for ever
	Log       *slog.Logger  // nil: nothing is logged

	// Notify says who is to be told of an event; what it returns is queued in the transaction that records the event. It has no effects, since a
	// transaction may have to be tried again. nil: nobody is told.
	Notify func(bridge.Event) []notify.Notification
	Queued func() // is called from the goroutine of Run when some were queued, and must not block; nil: nothing is

	KeepEvents time.Duration // how long events are kept for EventsAfter; 0: none is
	Kept       func()        // is called as Queued is, when there are new ones
}

// Store keeps records. Make one with Open, end it with Close.
type Store struct {
	opt     Options
	log     *slog.Logger
	db      *sql.DB
	kind    engine
	journal *journal // nil: it only reads

	lease      *lease      // of PostgreSQL
	statements *statements // nil: PostgreSQL's driver has them

	preparing sync.Mutex
	prepared  bool // the database has our tables

	mu sync.Mutex
	at position // how far the journal has been read; of the goroutine of Run, which alone writes it

	placed bool // at is what stands in the database; of the goroutine of Run
}

// Open opens the database and takes the journal. Where there is a journal the database need not be there now: Run waits for it. It starts
// nothing. ErrInUse, ErrNewer and ErrForeign are among the errors.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Store{opt: o, log: o.Log}
	var err error
	if s.db, s.kind, err = openDatabase(o); err != nil {
		return nil, err
	}
	s.lease, s.statements = &lease{db: s.db}, newStatements(s.db, s.kind)
	if o.Journal != "" {
		if s.journal, err = openJournal(o.Journal, o.Log); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	if err := s.prepare(ctx); err != nil && (s.journal == nil || !passing(err)) {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// prepare brings the database up to date, once.
func (s *Store) prepare(ctx context.Context) error {
	s.preparing.Lock()
	defer s.preparing.Unlock()
	if s.prepared {
		return nil
	}
	if err := migrate(ctx, s.db, s.kind); err != nil {
		return err
	}
	s.prepared = true
	return nil
}

// Publish writes the event down. It never waits for the database, and survives what happens to it; see the package's comment.
func (s *Store) Publish(ev bridge.Event) {
	if ev.Kind == bridge.CallDigit {
		return // it may belong to a secret
	}
	line, err := encode(ev)
	if err != nil {
		s.log.Error("an event is lost", "call", ev.Call, "err", err)
		return
	}
	s.journal.append(line)
}

// Backlog is what has not reached the database.
type Backlog struct {
	Bytes  int64  // in the journal
	Memory int64  // bytes that wait for the disk to have room; they would not survive the process
	Lost   uint64 // events for which there was no room anywhere
}

// Backlog tells what waits.
func (s *Store) Backlog() Backlog {
	s.mu.Lock()
	at := s.at
	s.mu.Unlock()
	bytes, memory, lost := s.journal.backlog(at)
	return Backlog{Bytes: bytes, Memory: memory, Lost: lost}
}

// Close gives up the database and the journal; nobody may be in a method. It fails if events are lost by that.
func (s *Store) Close() error {
	var err error
	if s.journal != nil {
		err = s.journal.close()
	}
	if e := errors.Join(s.statements.close(), s.lease.close(), s.db.Close()); e != nil {
		err = errors.Join(err, fmt.Errorf("store: %w", e))
	}
	return err
}
