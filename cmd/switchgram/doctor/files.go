package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// files looks at who can read the state folder and what is in it.
type files struct{}

const filed = "files"

func (files) look(_ context.Context, p *patient) (all []Finding) {
	state := p.config.State
	info, err := os.Stat(state)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return []Finding{skipped(filed, "%s is not there yet: `switchgram login` makes it", state)}
	case err != nil:
		return []Finding{wrong(filed, err.Error(), "let the user that switchgram runs as own "+state)}
	case !info.IsDir():
		return []Finding{wrong(filed, state+" is no folder", "name another in the configuration: state")}
	}
	_ = filepath.WalkDir(state, func(path string, _ fs.DirEntry, err error) error { // each error becomes a finding
		if f, bad := private(path, err); bad {
			all = append(all, f)
		}
		return nil
	})
	if err := writable(state); err != nil {
		all = append(all, wrong(filed, err.Error(), "let the user that switchgram runs as own "+state+", and run doctor as that user"))
	}
	if len(all) == 0 {
		all = append(all, ok(filed, "%s is its owner's alone", state))
	}
	return all
}

// private finds what others than the owner can read.
func private(path string, err error) (Finding, bool) {
	if err != nil {
		return wrong(filed, err.Error(), "let the user that switchgram runs as own it, and run doctor as that user"), true
	}
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Perm()&0o077 == 0 { // what has gone meanwhile is no matter
		return Finding{}, false
	}
	want := "600"
	if info.IsDir() {
		want = "700"
	}
	return wrong(filed, fmt.Sprintf("others can get at %s (%s)", path, info.Mode().Perm()), "chmod "+want+" "+path), true
}

func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".doctor-")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
