package xml

import (
	stdxml "encoding/xml"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/answered and testdata/files anew, to be read line by line before they are committed")

const (
	domain   = "127.0.0.1"
	httpUser = "freeswitch"
	httpPass = "of the switch"
)

// board is a small house: line "sales" registers as telegram, people are 1000 and 1001; 1001 may call nobody on Telegram.
type board struct{ wishes []Wish }

func (*board) User(id string) (User, bool) {
	digest := func(realm string) string { return A1(id, realm, "secret of "+id) }
	switch id {
	case "telegram":
		return User{ID: id, Context: "incoming", Line: "sales", Digest: digest}, true
	case "1000", "1001":
		return User{ID: id, Context: "default", Caller: id, Digest: digest}, true
	default:
		return User{}, false
	}
}

func (b *board) Way(w Wish) Way {
	b.wishes = append(b.wishes, w)
	if w.By == "1001" {
		return Way{Cause: "OUTGOING_CALL_BARRED"}
	}
	return Way{User: "telegram", Who: w.Who}
}

func options(b *board) Options {
	return Options{
		User: httpUser, Password: httpPass, Domain: domain, Switchboard: b, Directory: true,
		Dialplan: &Dialplan{Context: "default", Incoming: "incoming", Socket: "127.0.0.1:8084", Scripts: []string{"3500"}},
	}
}

func newHandler(t testing.TB, o Options) *Handler {
	t.Helper()
	h, err := NewHandler(o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// ask puts a question as FreeSWITCH does.
func ask(t testing.TB, h *Handler, body string) string {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.SetBasicAuth(httpUser, httpPass)
	h.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("status %d", w.Code)
	}
	checkXML(t, w.Body.String())
	return w.Body.String()
}

// checkXML fails for what is no document.
func checkXML(t testing.TB, text string) {
	t.Helper()
	var d struct {
		XMLName stdxml.Name `xml:"document"`
		Type    string      `xml:"type,attr"`
	}
	if err := stdxml.Unmarshal([]byte(text), &d); err != nil || d.Type != "freeswitch/xml" {
		t.Fatalf("no document of FreeSWITCH: %v\n%s", err, text)
	}
}

// asked is a question that a FreeSWITCH put.
func asked(t testing.TB, name string) string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "asked", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// dial is the question about a call from a telephone of user 1000.
func dial(t testing.TB, number string) string {
	t.Helper()
	return strings.ReplaceAll(asked(t, "sip_call"), "%2B4930123456", number)
}

func isNotFound(text string) bool { return text == string(notFound()) }

// golden compares with a file, or writes it.
func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != string(got) {
		t.Errorf("%s: got\n%s\nwant\n%s", path, got, want)
	}
}
