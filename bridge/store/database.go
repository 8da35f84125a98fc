package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// engine names a kind of database, and the folder of its migrations.
type engine string

const (
	sqliteEngine   engine = "sqlite"
	postgresEngine engine = "postgres"
)

// connections at most: one writes, the others answer questions.
const connections = 8

// openDatabase opens a pool. It reaches for no server yet.
func openDatabase(o Options) (*sql.DB, engine, error) {
	db, kind, err := (*sql.DB)(nil), sqliteEngine, error(nil)
	if strings.HasPrefix(o.DSN, "postgres://") || strings.HasPrefix(o.DSN, "postgresql://") {
		kind = postgresEngine
		db, err = openPostgres(o)
	} else {
		db, err = openSQLite(o.DSN)
	}
	if err != nil {
		return nil, kind, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, kind, nil
}

// openSQLite opens the file at path, which it makes for its owner alone; SQLite gives the files that it makes beside it the same mode.
func openSQLite(path string) (*sql.DB, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	// WAL with synchronous=NORMAL survives the death of the process; a power cut may take the last transactions, never the file
	// (sqlite.org/pragma.html#pragma_synchronous). Erased content is overwritten.
	settings := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(NORMAL)", "secure_delete(ON)", "cache_size(-65536)", "temp_store(MEMORY)",
	}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: settings.Encode()}).String())
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	return db, nil
}

func openPostgres(o Options) (*sql.DB, error) {
	c, err := pgx.ParseConfig(o.DSN)
	if err != nil {
		return nil, errors.New("store: the address of PostgreSQL cannot be read; want postgres://user@host/database") // the library's error shows it, perhaps with a password
	}
	if o.Password != "" {
		c.Password = o.Password
	}
	return stdlib.OpenDB(*c), nil
}

// refusesData tells whether the database refuses what is to be written, so that trying again is in vain.
func refusesData(err error) bool {
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) {
		return strings.HasPrefix(pg.Code, "22") || strings.HasPrefix(pg.Code, "23") // data exception, integrity constraint violation
	}
	if lite := (*sqlite.Error)(nil); errors.As(err, &lite) {
		switch lite.Code() & 0xff {
		case sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG:
			return true
		}
	}
	return false
}

// transact runs work in a transaction, which is rolled back if work fails.
func transact(ctx context.Context, db *sql.DB, work func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := work(tx); err != nil {
		_ = tx.Rollback() // err says what went wrong
		return err
	}
	return tx.Commit()
}

// passing tells whether an error is of a database that is away or busy for a while, and not one that never will be there: a wrong password, a file
// that is no database.
func passing(err error) bool {
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) {
		return strings.HasPrefix(pg.Code, "53") || strings.HasPrefix(pg.Code, "57") // insufficient resources, operator intervention
	}
	if lite := (*sqlite.Error)(nil); errors.As(err, &lite) {
		switch lite.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR:
			return true
		}
		return false
	}
	return !errors.Is(err, ErrNewer) && !errors.Is(err, ErrForeign)
}
