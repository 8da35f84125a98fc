package program_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// town is everybody that scripts talk to over HTTP: one server that plays Slack, Pushover and the CRM. What is under /slack is Slack's.
type town struct {
	t      *testing.T
	server *httptest.Server
	got    chan asked
	says   map[string]string // answers by path, JSON; others are empty
	hold   chan struct{}     // what is under /hold waits for it
}

// asked is a request that somebody in town got.
type asked struct {
	path   string
	header http.Header
	body   string
}

func newTown(t *testing.T, says map[string]string) *town {
	w := &town{t: t, got: make(chan asked, 64), says: says, hold: make(chan struct{})}
	w.server = httptest.NewServer(w)
	t.Cleanup(w.server.Close)
	return w
}

func (w *town) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	w.got <- asked{r.URL.Path, r.Header, string(body)}
	if strings.HasPrefix(r.URL.Path, "/hold") {
		<-w.hold
	}
	if strings.HasSuffix(r.URL.Path, "/Login") {
		http.SetCookie(out, &http.Cookie{Name: "BPMSESSIONID", Value: "s1", HttpOnly: true})
	}
	out.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(out, w.says[r.URL.Path])
}

// hears waits for the next request to a path, and passes over others.
func (w *town) hears(h *house, path string) asked {
	w.t.Helper()
	for {
		if a := next(h, w.got); a.path == path {
			return a
		}
	}
}

// routes is a folder of routes: those of docs/routes by name, or scripts themselves, for the servers of this town.
func (w *town) routes(scripts ...string) string {
	w.t.Helper()
	dir := w.t.TempDir()
	w.put(dir, scripts...)
	for name, text := range map[string]string{
		"secrets.json":          `{` + w.secrets() + `}`,
		"limits.json":           `{"hotline": 5}`,
		"lists/spam.txt":        "+15550100\n",
		"calendars/office.json": `{"name": "office", "timezone": "Europe/Kyiv", "accept": []}`,
	} {
		w.write(filepath.Join(dir, name), text)
	}
	return dir
}

// put writes scripts into a folder.
func (w *town) put(dir string, scripts ...string) {
	w.t.Helper()
	for i, s := range scripts {
		name := string(rune('a'+i)) + ".json"
		if !strings.HasPrefix(s, "{") {
			name, s = s+".json", w.script(s)
		}
		for host, at := range map[string]string{"https://crm.example": "", "https://api.pushover.net": "/pushover"} {
			s = strings.ReplaceAll(s, host, w.server.URL+at)
		}
		w.write(filepath.Join(dir, name), s)
	}
}

// script is one of docs/routes.
func (w *town) script(name string) string {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join("../../../docs/routes", name+".json"))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

func (w *town) write(path, text string) {
	w.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// secrets are those of docs/routes.
func (w *town) secrets() string {
	var all []string
	for name, value := range map[string]string{
		"slack_missed_hook": w.server.URL + "/slack", "pushover_user": "po-user", "pushover_token": "po-token", "crm_token": "crm-token", "crm_user": "robot",
		"crm_password": `pass"word`, "crm_need_callback_id": "need", "crm_channel_380445550300": "channel", "ms_tts_key": "ms-key", "stt_key": "stt-key",
	} {
		variable := "TEST_" + strings.ToUpper(name)
		w.t.Setenv(variable, value)
		all = append(all, `"`+name+`": {"env": "`+variable+`"}`)
	}
	return strings.Join(all, ", ")
}

// form reads the body of a form.
func (a asked) form(t *testing.T) url.Values {
	t.Helper()
	values, err := url.ParseQuery(a.body)
	if err != nil {
		t.Error(err)
	}
	return values
}
