package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"hash/fnv"
	"sync"
)

// lease has one of the machines that share a PostgreSQL deliver the notifications of an endpoint: the one that holds a lock on it, which goes with its
// connection (postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS). When that machine is gone, another takes over.
type lease struct {
	db *sql.DB

	mu   sync.Mutex
	conn *sql.Conn // nil: there is none now
	held map[string]bool
}

// leaseClass tells our locks on endpoints from others of the database: any number.
const leaseClass = 7235803

// asker asks for rows.
type asker func(ctx context.Context, text string, args ...any) (*sql.Rows, error)

// with does work by the connection that the lock goes with, if the endpoint is ours. What work asked for it has read when it returns.
func (l *lease) with(ctx context.Context, endpoint string, work func(asker) error) (err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer func() {
		if err != nil {
			_ = l.drop() // with its locks, if there still are any
		}
	}()
	if l.conn == nil {
		if l.conn, err = l.db.Conn(ctx); err != nil {
			return err
		}
		l.held = map[string]bool{}
	}
	if !l.held[endpoint] {
		sum := fnv.New32a()
		_, _ = sum.Write([]byte(endpoint)) // never fails
		var ours bool
		err := l.conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1, $2)", leaseClass, int32(sum.Sum32())).Scan(&ours)
		if err != nil || !ours {
			return err
		}
		l.held[endpoint] = true
	}
	return work(l.conn.QueryContext)
}

// drop ends the connection; to give it back to the pool would leave the locks on it.
func (l *lease) drop() error {
	if l.conn == nil {
		return nil
	}
	err := l.conn.Raw(func(any) error { return driver.ErrBadConn })
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) {
		err = nil
	}
	l.conn = nil
	return err
}

// close gives up what is held.
func (l *lease) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.drop()
}
