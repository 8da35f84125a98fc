package route_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchgram/bridge/route"
)

// parse reads a script that is good.
func parse(t testing.TB, name, text string) *route.Script {
	t.Helper()
	s, err := route.Parse(name, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// example reads one of the example routes.
func example(t testing.TB, name string) *route.Script {
	t.Helper()
	path := filepath.Join("..", "..", "docs", "routes", name)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, name, string(text))
}
