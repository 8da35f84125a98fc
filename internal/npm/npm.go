// Package npm gives tests the packages of Node.js that they run beside us: clients that are not our own. Its one function may be called
// from several tests, and several processes, at once.
//
// It follows `npm ci` (https://docs.npmjs.com/cli/commands/npm-ci): exactly what the lock file names is installed.
package npm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// patience is for the first run on a machine, which downloads the packages.
const patience = 5 * time.Minute

// Modules returns the node_modules of the packages that package.json and package-lock.json in dir name, installed on first use; that
// takes minutes, and a registry. They lie in the user's cache, not in the source tree, in a folder named after the lock file, so that it is
// never out of date. What goes wrong ends the test.
func Modules(t *testing.T, dir string) string {
	t.Helper()
	lock, err := os.ReadFile(filepath.Join(dir, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil { // no home
		cache = os.TempDir()
	}
	sum := sha256.Sum256(lock)
	ready := filepath.Join(cache, "switchgram", "npm-"+hex.EncodeToString(sum[:8]))
	if _, err := os.Stat(ready); err != nil {
		install(t, dir, ready)
	}
	return filepath.Join(ready, "node_modules")
}

// install makes the folder aside and moves it into place, since two tests may do the same at once.
func install(t *testing.T, dir, ready string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(ready), 0o755); err != nil {
		t.Fatal(err)
	}
	aside, err := os.MkdirTemp(filepath.Dir(ready), "installing-")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(aside) }()
	if err := os.CopyFS(aside, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	npm := exec.CommandContext(ctx, "npm", "ci")
	npm.Dir = aside
	if out, err := npm.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	if err := os.Rename(aside, ready); err != nil && !errors.Is(err, fs.ErrExist) {
		t.Fatal(err)
	}
}
