package switchgram_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// repository is the source tree, which is the folder of this test.
var repository = os.DirFS(".")

// notOurs are folders whose content others made.
var notOurs = []string{".git", "node_modules", "testdata", "bin"}

// eachPath calls f with every file of ours that ends so.
func eachPath(t *testing.T, suffix string, f func(path string)) {
	t.Helper()
	err := fs.WalkDir(repository, ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains(notOurs, d.Name()):
			return fs.SkipDir
		case strings.HasSuffix(path, suffix):
			f(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// eachFile calls f with every Go file of ours, parsed.
func eachFile(t *testing.T, f func(path string, set *token.FileSet, file *ast.File)) {
	t.Helper()
	eachPath(t, ".go", func(path string) {
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		f(path, set, file)
	})
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func anyFileHas(t *testing.T, dir string, files []string, text string) bool {
	t.Helper()
	return slices.ContainsFunc(files, func(f string) bool {
		return strings.Contains(readFile(t, filepath.Join(dir, f)), text)
	})
}
