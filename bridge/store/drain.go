package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const (
	batchSize   = 2000 // lines of the journal in one transaction, at most
	firstDelay  = 50 * time.Millisecond
	longestWait = 5 * time.Second // between two tries while the database is away: its return is noticed after that
	parting     = 5 * time.Second // for what is left when Run is to end
)

// Run brings what is published into the database until ctx ends, and then what is left, if the database takes it within 5 s. It fails only if
// the database can never be used.
func (s *Store) Run(ctx context.Context) error {
	housekeeping := time.NewTicker(time.Hour)
	defer housekeeping.Stop()
	s.purge(ctx)
	for ctx.Err() == nil {
		if err := s.drain(ctx); err != nil {
			return err
		}
		s.journal.retry()
		select {
		case <-s.journal.wake:
		case <-time.After(afterRefusal):
		case <-housekeeping.C:
			s.purge(ctx)
		case <-ctx.Done():
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), parting)
	defer cancel()
	s.journal.retry()
	return s.drain(last)
}

// drain brings everything into the database that is in the journal, or as much as ctx allows.
func (s *Store) drain(ctx context.Context) error {
	delay, size, waiting := firstDelay, batchSize, time.Time{}
	for ctx.Err() == nil {
		n, err := s.step(ctx, size)
		switch {
		case err == nil && !waiting.IsZero():
			s.log.Info("the database takes records again", "dur", time.Since(waiting).Round(time.Millisecond))
			delay, waiting = firstDelay, time.Time{}
			continue
		case err == nil && n == 0:
			return nil
		case err == nil:
			size = min(2*size, batchSize)
			continue
		case refusesData(err) && size > 1:
			size /= 2 // until the one that it refuses stands alone
			continue
		case refusesData(err):
			err = s.park(ctx, err)
		case errors.Is(err, ErrNewer) || errors.Is(err, ErrForeign):
			return err
		}
		if err == nil || ctx.Err() != nil {
			continue
		}
		if waiting.IsZero() {
			waiting = time.Now()
			s.log.Error("the database takes no records; they wait in the journal", "err", err)
		}
		select {
		case <-time.After(delay):
		case <-ctx.Done():
		}
		delay = min(2*delay, longestWait)
	}
	return nil
}

// step brings up to size lines into the database, and tells how many it has read.
func (s *Store) step(ctx context.Context, size int) (n int, err error) {
	if err := s.place(ctx); err != nil {
		return 0, err
	}
	lines, next, err := s.journal.read(s.at, size)
	if err != nil {
		return 0, err
	}
	if len(lines) == 0 {
		next, err = s.journal.forget(next)
		s.move(next)
		return 0, err
	}
	all := s.decoded(lines)
	var b *batch
	err = s.commit(ctx, next, func(tx *transaction) (err error) {
		b, err = s.apply(ctx, tx, all)
		return err
	})
	if err == nil {
		b.tell()
	}
	return len(lines), err
}

// tell wakes those for whom there is something.
func (b *batch) tell() {
	if b.told && b.s.opt.Queued != nil {
		b.s.opt.Queued()
	}
	if b.news && b.s.opt.Kept != nil {
		b.s.opt.Kept()
	}
}

// decoded reads lines. One that cannot be read is said and left out: it would be in the way for ever.
func (s *Store) decoded(lines [][]byte) (all []entry) {
	for _, line := range lines {
		e, err := decode(line)
		if err != nil {
			s.log.Error("a line of the journal is lost", "err", err)
			continue
		}
		all = append(all, e)
	}
	return all
}

// place asks the database how far the journal was read, unless that is known.
func (s *Store) place(ctx context.Context) error {
	if s.placed {
		return nil
	}
	if err := s.prepare(ctx); err != nil {
		return err
	}
	const ask = "SELECT segment, place FROM journals WHERE name = $1"
	var at position
	err := s.db.QueryRowContext(ctx, ask, s.journal.name).Scan(&at.segment, &at.offset)
	if errors.Is(err, sql.ErrNoRows) {
		_, err = s.db.ExecContext(ctx, "INSERT INTO journals (name, segment, place) VALUES ($1, 0, 0)", s.journal.name)
	}
	if err != nil {
		return fmt.Errorf("store: read position: %w", err)
	}
	s.move(at)
	s.placed = true
	return nil
}

func (s *Store) move(at position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = at
}

// commit does work and notes, in the same transaction, that the journal was read as far as next. After an error the database is asked how far
// that is: a connection may break when the transaction is done and nobody has heard of it.
func (s *Store) commit(ctx context.Context, next position, work func(*transaction) error) error {
	const move = "UPDATE journals SET segment = $2, place = $3 WHERE name = $1"
	err := s.transact(ctx, func(tx *transaction) error {
		if err := work(tx); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, move, s.journal.name, int64(next.segment), next.offset)
		return err
	})
	if err != nil {
		s.placed = false
		return fmt.Errorf("store: write records: %w", err)
	}
	s.move(next)
	return nil
}

// park puts the next line aside, into a file for people to look at: the database refuses it, and would for ever.
func (s *Store) park(ctx context.Context, why error) error {
	if err := s.place(ctx); err != nil {
		return err
	}
	lines, next, err := s.journal.read(s.at, 1)
	if err != nil || len(lines) == 0 {
		return err
	}
	s.log.Error("the database refuses an event; it is put aside", "to", s.refused(), "err", why)
	f, err := os.OpenFile(s.refused(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("store: put event aside: %w", err)
	}
	if _, err = f.Write(append(lines[0], '\n')); err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("store: put event aside: %w", err)
	}
	return s.commit(ctx, next, func(*transaction) error { return nil })
}

// refused is the file of events that the database refuses.
func (s *Store) refused() string { return filepath.Join(s.opt.Journal, "refused") }
