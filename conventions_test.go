// Package switchgram_test holds the project's conventions as tests: who may import whom, what must be documented, how long a
// function may be. ARCHITECTURE.md gives the reasons.
package switchgram_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/token"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	module      = "switchgram/"
	longestFile = 500 // lines
	longestFunc = 60  // lines
)

// mayImport lists, for the packages below a path, which of our other packages they may import; "x/..." means x and all below.
// The longest matching path decides. A package may always import what lies below itself.
var mayImport = map[string][]string{
	"cmd":                 {"..."},
	"bridge":              {"bridge/media", "bridge/quality", "bridge/recording", "bridge/room", "bridge/room/dtmf"},
	"bridge/media":        {},
	"bridge/fetch":        {},
	"bridge/notify":       {"bridge", "bridge/fetch", "bridge/recording"},
	"bridge/route":        {"bridge", "bridge/fetch", "bridge/route/..."},
	"bridge/store":        {"bridge", "bridge/notify", "bridge/recording", "bridge/stream"},
	"bridge/store/search": {"bridge/route", "bridge/store"},
	"bridge/stream":       {"bridge"},
	"bridge/quality":      {"bridge/media"},
	"bridge/recording":    {"bridge/media", "bridge/room", "bridge/room/codec"},
	"bridge/room":         {"bridge/media", "bridge/room/..."},
	"bridge/sound":        {"bridge/media", "bridge/room/codec"},
	"bridge/leg":          {"bridge", "bridge/media", "bridge/sip", "bridge/sip/sdp", "bridge/eventsocket", "esl", "verto", "tgcall", "tgcall/account", "tgcall/engine"},
	"bridge/desk":         {"bridge", "bridge/leg", "bridge/line", "bridge/store", "verto"},
	"bridge/eventsocket":  {"bridge", "esl"},
	"bridge/line":         {"bridge"},
	"bridge/live":         {"bridge", "bridge/fetch", "bridge/notify", "bridge/recording", "bridge/room", "bridge/route", "bridge/route/...", "bridge/sound", "esl"},
	"bridge/sip":          {"bridge/sip/...", "internal/udp"},
	"esl":                 {"esl/..."},
	"verto":               {"verto/...", "internal/tally"},
	"tgcall":              {"tgcall/signal", "tgcall/engine", "tgcall/reflector"},
	"tgcall/engine":       {"tgcall/signal", "tgcall/reflector", "tgcall/engine/port", "internal/udp"},
	"tgcall/signal":       {},
	"tgcall/reflector":    {},
	// testnet's simulated user is a whole Telegram client.
	"tgcall/testnet": {"tgcall/..."},
	"tgcall/account": {},
	"xml":            {},
	"internal/udp":   {},
	"internal/tally": {},
	// for tests alone
	"internal/chromium": {},
	"internal/firefox":  {},
	"internal/npm":      {},
	"internal/town":     {"bridge/notify/notifytest"},
}

// withoutCgo are the packages somebody else should be able to import without a C compiler.
var withoutCgo = []string{"./esl", "./verto", "./tgcall", "./bridge/sip", "./xml"}

// pkg is what `go list -json` says of one of our packages.
type pkg struct {
	ImportPath string
	Dir        string
	Doc        string
	GoFiles    []string
	Imports    []string
	TestGoFiles,
	XTestGoFiles []string
}

// path is the import path without the module's name.
func (p pkg) path() string { return strings.TrimPrefix(p.ImportPath, module) }

func listPackages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", stderr(err))
	}
	var all []pkg
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		if len(p.GoFiles) > 0 {
			all = append(all, p)
		}
	}
}

func stderr(err error) string {
	if e := (*exec.ExitError)(nil); errors.As(err, &e) {
		return string(e.Stderr)
	}
	return err.Error()
}

func TestArrows(t *testing.T) {
	for _, p := range listPackages(t) {
		rule, ok := ruleFor(p.path())
		if !ok {
			t.Errorf("%s: has no rule; say in mayImport what it may import", p.path())
		}
		for _, i := range p.Imports {
			to, ours := strings.CutPrefix(i, module)
			if ours && !strings.HasPrefix(to, p.path()+"/") && !allowed(rule, to) {
				t.Errorf("%s imports %s; it may import only %v", p.path(), to, rule)
			}
		}
	}
}

func ruleFor(path string) ([]string, bool) {
	for ; path != "."; path = filepath.Dir(path) {
		if rule, ok := mayImport[path]; ok {
			return rule, true
		}
	}
	return nil, false
}

func allowed(rule []string, to string) bool {
	return slices.ContainsFunc(rule, func(r string) bool {
		below, tree := strings.CutSuffix(r, "...")
		return r == to || tree && strings.HasPrefix(to+"/", below)
	})
}

func TestProtocolPackagesNeedNoCgo(t *testing.T) {
	for _, path := range withoutCgo {
		out, err := exec.Command("go", "list", "-e", "-deps", "-f", `{{if and .CgoFiles (not .Standard)}}{{.ImportPath}}{{end}}`, path).Output()
		if err != nil {
			t.Fatalf("go list: %v", stderr(err))
		}
		if found := strings.Fields(string(out)); len(found) > 0 {
			t.Errorf("%s needs cgo through %v", path, found)
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	for _, p := range listPackages(t) {
		if len(p.Doc) < 40 {
			t.Errorf("%s: no package comment, or one that says nothing", p.path())
		}
	}
}

// TestGoroutinesAreWatched: every package with tests fails when a test leaves a goroutine behind.
func TestGoroutinesAreWatched(t *testing.T) {
	for _, p := range listPackages(t) {
		tests := append(p.TestGoFiles, p.XTestGoFiles...)
		if len(tests) > 0 && !anyFileHas(t, p.Dir, tests, "goleak.VerifyTestMain(") {
			t.Errorf("%s: its tests have no TestMain with goleak.VerifyTestMain", p.path())
		}
	}
}

func TestTestsDoNotSleep(t *testing.T) {
	for _, p := range listPackages(t) {
		for _, f := range append(p.TestGoFiles, p.XTestGoFiles...) {
			if anyFileHas(t, p.Dir, []string{f}, "time."+"Sleep(") && !anyFileHas(t, p.Dir, []string{f}, "testing/synctest") {
				t.Errorf("%s/%s sleeps; wait for the event, or use testing/synctest", p.path(), f)
			}
		}
	}
}

func TestExportedNamesAreDocumented(t *testing.T) {
	eachFile(t, func(path string, _ *token.FileSet, f *ast.File) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		for _, name := range undocumented(f) {
			t.Errorf("%s: exported %s has no docstring", path, name)
		}
	})
}

func undocumented(f *ast.File) (names []string) {
	for _, decl := range f.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && exportedReceiver(d) && d.Doc == nil {
				names = append(names, d.Name.Name)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				names = append(names, undocumentedSpec(d, s)...)
			}
		}
	}
	return names
}

func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	typ := d.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	id, ok := typ.(*ast.Ident)
	return ok && id.IsExported()
}

func undocumentedSpec(d *ast.GenDecl, s ast.Spec) (names []string) {
	switch s := s.(type) {
	case *ast.TypeSpec:
		if s.Name.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
			names = append(names, s.Name.Name)
		}
	case *ast.ValueSpec:
		for _, n := range s.Names {
			if n.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
				names = append(names, n.Name)
			}
		}
	}
	return names
}

func TestFilesAndFunctionsFitTheScreen(t *testing.T) {
	eachFile(t, func(path string, set *token.FileSet, f *ast.File) {
		if n := set.Position(f.End()).Line; n > longestFile {
			t.Errorf("%s: %d lines; at most %d", path, n, longestFile)
		}
		for _, decl := range f.Decls {
			d, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := set.Position(d.End()).Line - set.Position(d.Pos()).Line + 1; n > longestFunc {
				t.Errorf("%s: %s has %d lines; at most %d", path, d.Name.Name, n, longestFunc)
			}
		}
	})
}

// TestDocumentsPointSomewhere: a link in a document names a file that is there.
func TestDocumentsPointSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	eachPath(t, ".md", func(path string) {
		for _, m := range link.FindAllStringSubmatch(readFile(t, path), -1) {
			if _, err := fs.Stat(repository, filepath.Join(filepath.Dir(path), m[1])); err != nil {
				t.Errorf("%s: link to %s: %v", path, m[1], err)
			}
		}
	})
}
