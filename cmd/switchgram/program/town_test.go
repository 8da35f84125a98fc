package program_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchgram/bridge/notify/notifytest"
	"switchgram/internal/town"
)

// servers are those that scripts talk to.
type servers struct {
	*town.Town
	t *testing.T
}

// newTown has them answer so, by path, in JSON.
func newTown(t *testing.T, says map[string]string) *servers {
	w, err := town.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	for path, body := range says {
		w.SayJSON(path, body)
	}
	return &servers{w, t}
}

// hears waits for the next request to a path, and passes over others.
func (w *servers) hears(h *house, path string) notifytest.Request {
	w.t.Helper()
	r, err := w.Asked(h.ctx, path)
	h.must(err)
	return r
}

// routes is a folder of routes: those of docs/routes by name, or scripts themselves, in which TOWN is the address of the servers.
func (w *servers) routes(scripts ...string) string {
	w.t.Helper()
	dir := w.t.TempDir()
	w.put(dir, scripts...)
	if err := w.Furnish(dir, w.t.TempDir()); err != nil {
		w.t.Fatal(err)
	}
	return dir
}

// put writes scripts into a folder.
func (w *servers) put(dir string, scripts ...string) {
	w.t.Helper()
	for i, s := range scripts {
		name := string(rune('a'+i)) + ".json"
		if !strings.HasPrefix(s, "{") {
			name, s = s+".json", example(w.t, s)
		}
		write(w.t, filepath.Join(dir, name), w.Local(strings.ReplaceAll(s, "TOWN", w.URL())), 0o600)
	}
}

// example is one of docs/routes.
func example(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../../docs/routes", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// form reads the body of a form.
func form(t *testing.T, r notifytest.Request) url.Values {
	t.Helper()
	values, err := url.ParseQuery(string(r.Body))
	if err != nil {
		t.Error(err)
	}
	return values
}
