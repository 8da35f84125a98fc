package phone_test

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"switchgram/internal/npm"
)

// building is how long a step of the build may take on a busy machine.
const building = 4 * time.Minute

// sources are what the page is built of.
var sources = []string{"src", "public", "index.html", "package.json", "tsconfig.json", "vite.config.ts"}

// TestThePageIsWhatItsSourcesSay builds the page anew: it passes the checks of its own, and what is committed is what comes out.
func TestThePageIsWhatItsSourcesSay(t *testing.T) {
	dir := t.TempDir()
	for _, name := range sources {
		copyTo(t, name, filepath.Join(dir, name))
	}
	if err := os.Symlink(npm.Modules(t, "."), filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	for _, script := range []string{"check", "test", "build"} {
		run(t, dir, script)
	}
	committed, built := files(t, "dist"), files(t, filepath.Join(dir, "dist"))
	for name, text := range built {
		if committed[name] != text {
			t.Errorf("dist/%s is not what is built of the sources: npm run build", name)
		}
	}
	for name := range committed {
		if _, ok := built[name]; !ok {
			t.Errorf("dist/%s is not built any more: npm run build", name)
		}
	}
}

func copyTo(t *testing.T, from, to string) {
	t.Helper()
	info, err := os.Stat(from)
	if err == nil && info.IsDir() {
		err = os.CopyFS(to, os.DirFS(from))
	} else if err == nil {
		var text []byte
		if text, err = os.ReadFile(from); err == nil {
			err = os.WriteFile(to, text, 0o644)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, dir, script string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), building)
	defer cancel()
	npm := exec.CommandContext(ctx, "npm", "run", "--silent", script)
	npm.Dir = dir
	if out, err := npm.CombinedOutput(); err != nil {
		t.Fatalf("npm run %s: %v\n%s", script, err, out)
	}
}

// files are the texts of all files below a folder.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, path))
		all[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
