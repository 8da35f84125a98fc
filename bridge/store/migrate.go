package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
)

// migrations brings a database from nothing to what this program wants: files in the order of their names, which begin with their number. They
// are never changed, only added to.
//
//go:embed migrations
var migrations embed.FS

// What a database can be that this program must leave alone.
var (
	// ErrNewer: a later version of the program has changed the database; going back is not possible.
	ErrNewer = errors.New("store: the database belongs to a newer version of this program")

	// ErrForeign: the database was made by other migrations than this program's.
	ErrForeign = errors.New("store: the database was made by something else")
)

// migration is one of the files.
type migration struct{ text, sum string }

// migrationsOf lists those of an engine.
func migrationsOf(kind engine) (all []migration, err error) {
	names, err := fs.Glob(migrations, path.Join("migrations", string(kind), "*.sql"))
	for _, name := range names {
		text, err := migrations.ReadFile(name)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(text)
		all = append(all, migration{string(text), hex.EncodeToString(sum[:])})
	}
	return all, err
}

// migrate brings the database up to date, in one transaction; of several programs that try at once one does it.
func migrate(ctx context.Context, db *sql.DB, kind engine) error {
	all, err := migrationsOf(kind)
	if err != nil {
		return fmt.Errorf("store: read migrations: %w", err)
	}
	err = transact(ctx, db, func(tx *sql.Tx) error {
		if kind == postgresEngine {
			if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(7235801)"); err != nil { // any number: ours
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS migrations (number integer PRIMARY KEY, sum text NOT NULL)"); err != nil {
			return err
		}
		done, err := applied(ctx, tx, all)
		for i := done; i < len(all) && err == nil; i++ {
			if _, err = tx.ExecContext(ctx, all[i].text); err == nil {
				_, err = tx.ExecContext(ctx, "INSERT INTO migrations (number, sum) VALUES ($1, $2)", i+1, all[i].sum)
			}
			if err == nil && kind == sqliteEngine && i+1 == reindexed {
				err = reindex(ctx, &transaction{Tx: tx})
			}
		}
		return err
	})
	if err != nil && !errors.Is(err, ErrNewer) && !errors.Is(err, ErrForeign) {
		err = fmt.Errorf("store: prepare database: %w", err)
	}
	return err
}

// applied counts the migrations that were done, and checks that they were these.
func applied(ctx context.Context, tx *sql.Tx, all []migration) (done int, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT sum FROM migrations ORDER BY number")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for ; rows.Next(); done++ {
		var sum string
		if err := rows.Scan(&sum); err != nil {
			return 0, err
		}
		if done >= len(all) {
			return 0, ErrNewer
		}
		if sum != all[done].sum {
			return 0, ErrForeign
		}
	}
	return done, rows.Err()
}

// reindexed is the migration of SQLite that empties the index, which is then written anew: only this program knows what stands there.
const reindexed = 3

func reindex(ctx context.Context, tx *transaction) error {
	for after := int64(0); ; {
		found, err := tx.QueryContext(ctx, selectRows+" WHERE calls.n > $1 ORDER BY calls.n LIMIT 1000", after)
		if err != nil {
			return err
		}
		rows, err := scanRows(found)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, r := range rows {
			if err := r.index(ctx, tx, r.words(r.people()), true); err != nil {
				return err
			}
			after = r.n
		}
	}
}
