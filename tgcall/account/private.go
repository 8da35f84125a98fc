package account

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// ErrExposed says that a private file can be read or written by others than its owner.
var ErrExposed = errors.New("others can read it")

// largestPrivate bounds what readPrivate takes into memory. A full peers file has about 2 MB.
const largestPrivate = 16 << 20

// readPrivate reads a file that nobody but its owner may touch. A missing one is fs.ErrNotExist.
func readPrivate(what, path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	if err := checkPrivate(path, info.Mode(), info.Size()); err != nil {
		return nil, fmt.Errorf("%s %s: %w", what, path, err)
	}
	data, err := io.ReadAll(io.LimitReader(f, largestPrivate))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return data, nil
}

func checkPrivate(path string, mode os.FileMode, size int64) error {
	switch {
	case !mode.IsRegular():
		return errors.New("not a regular file")
	case mode.Perm()&0o077 != 0:
		return fmt.Errorf("%w (mode %04o): run: chmod 600 %s", ErrExposed, mode.Perm(), shellQuote(path))
	case size > largestPrivate:
		return fmt.Errorf("%d bytes are too many", size)
	}
	return nil
}

// shellQuote makes a path safe to paste into a shell.
func shellQuote(path string) string {
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

// writePrivate replaces the file at path, or makes it with mode 0600, so that a crash leaves either the old content or the new: the
// data is on disk before the name points to it, and the name before we return.
func writePrivate(path string, data []byte) error {
	temp, err := writeTemp(path, data)
	if err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return syncDir(filepath.Dir(path))
}

// createPrivate is writePrivate for a file that must not exist yet; otherwise it fails with fs.ErrExist and leaves it alone.
func createPrivate(path string, data []byte) error {
	temp, err := writeTemp(path, data)
	if err != nil {
		return err
	}
	err = os.Link(temp, path) // unlike rename, never replaces
	if err := errors.Join(err, os.Remove(temp)); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// writeTemp writes data to a new file beside path and returns its name. os.CreateTemp gives it mode 0600.
func writeTemp(path string, data []byte) (name string, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
