package store

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// ErrNoBackup: PostgreSQL has its own means.
var ErrNoBackup = errors.New("store: this is PostgreSQL; use pg_dump")

// Backup writes a copy of the database of SQLite to a new file for its owner alone, while others read and write. The file is a database that Open
// takes. ErrNoBackup.
func (s *Store) Backup(ctx context.Context, path string) error {
	if s.kind != sqliteEngine {
		return ErrNoBackup
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("store: backup: %w", err)
	}
	err = f.Close()
	if err == nil {
		_, err = s.db.ExecContext(ctx, "VACUUM INTO $1", path) // which takes an empty file (sqlite.org/lang_vacuum.html)
	}
	if err != nil {
		return fmt.Errorf("store: backup: %w", errors.Join(err, os.Remove(path)))
	}
	return nil
}
