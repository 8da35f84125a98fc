package phone_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"switchgram/verto/phone"
)

// get asks a phone for something, with headers given as names and values.
func get(t *testing.T, o phone.Options, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	phone.Handler(o).ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r io.Reader) string {
	t.Helper()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestThePageKnowsItsServer(t *testing.T) {
	o := phone.Options{Server: "wss://voice.example:8082/?a=1&b=2", User: `ann"><script>`, Password: "secret"}
	page := body(t, get(t, o, "/").Body)
	want := `content="{&#34;server&#34;:&#34;wss://voice.example:8082/?a=1\u0026b=2&#34;,&#34;user&#34;:&#34;ann\&#34;\u003e\u003cscript\u003e&#34;,&#34;password&#34;:&#34;secret&#34;}"`
	if !strings.Contains(page, want) {
		t.Errorf("the page has no\n%s\nin\n%s", want, page)
	}
}

func TestOnlyItsServersAreReached(t *testing.T) {
	for server, want := range map[string]string{
		"":                              "connect-src 'self';",
		"/verto":                        "connect-src 'self';",
		"wss://voice.example:8082/":     "connect-src 'self' wss://voice.example:8082;",
		"wss://a;script-src%20*/":       "connect-src 'self';",
		"://not an address; img-src *;": "connect-src 'self';",
	} {
		policy := get(t, phone.Options{Server: server}, "/").Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, want) || strings.Contains(policy, "unsafe") || strings.Count(policy, "src") != 6 {
			t.Errorf("server %q: policy %s", server, policy)
		}
	}
}

func TestFilesAreKeptAsLongAsTheyHold(t *testing.T) {
	page := get(t, phone.Options{}, "/")
	if got := page.Header.Get("Cache-Control"); got != "no-cache" {
		t.Errorf("the page: Cache-Control %q", got)
	}
	if again := get(t, phone.Options{}, "/", "If-None-Match", page.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("the page that we have already: %s", again.Status)
	}
	if other := get(t, phone.Options{User: "ann"}, "/", "If-None-Match", page.Header.Get("ETag")); other.StatusCode != http.StatusOK {
		t.Errorf("a page that is configured otherwise: %s", other.Status)
	}
	for _, m := range regexp.MustCompile(`\./(assets/[^"]+)`).FindAllStringSubmatch(body(t, page.Body), -1) {
		asset := get(t, phone.Options{}, "/"+m[1])
		if got := asset.Header.Get("Cache-Control"); asset.StatusCode != http.StatusOK || !strings.Contains(got, "immutable") {
			t.Errorf("%s: %s, Cache-Control %q", m[1], asset.Status, got)
		}
	}
}

func TestFilesArePacked(t *testing.T) {
	plain, packed := get(t, phone.Options{}, "/"), get(t, phone.Options{}, "/", "Accept-Encoding", "br, gzip")
	z, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	if body(t, z) != body(t, plain.Body) {
		t.Error("unpacked it is something else")
	}
	if packed.Header.Get("ETag") == plain.Header.Get("ETag") || packed.Header.Get("Vary") != "Accept-Encoding" {
		t.Errorf("a cache would mix them up: %v", packed.Header)
	}
}

func TestNothingElseIsThere(t *testing.T) {
	for _, path := range []string{"/index.html", "/src/main.ts", "/assets/", "/../phone.go"} {
		if r := get(t, phone.Options{}, path); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, r.Status)
		}
	}
}
