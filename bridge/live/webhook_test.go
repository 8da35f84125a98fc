package live_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"switchgram/bridge/live"
)

// asking has a router answer web requests with scripts. ask sends one and returns its status and body.
func asking(t *testing.T, o live.Options) (ask func(method, path, kind, body string) (int, string, http.Header), stop func()) {
	t.Helper()
	r, stop := run(t, o)
	s := httptest.NewServer(r.Webhooks("office.example"))
	t.Cleanup(s.Close)
	return func(method, path, kind, body string) (int, string, http.Header) {
		t.Helper()
		q, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
		must(t, err)
		q.Header.Set("Content-Type", kind)
		q.Header.Add("X-Many", "a")
		q.Header.Add("X-Many", "b")
		answer, err := s.Client().Do(q)
		must(t, err)
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		must(t, err)
		return answer.StatusCode, string(text), answer.Header
	}, stop
}

const echoed = `{"name": "echo", "context": "webhook", "destination_number": "^echo/(.*)$", "callflow": [{"httpResponse": {"responseCode": 201,
	"headers": {"X-Field": "${http_form.name}"},
	"body": ["${1}", "${http_method}", "${http_path}", "${http_query.q}", "${http_headers.x-many.1}", "${http_form.name}", "${http_form.all.1}", "${http_body}",
		"${network_addr}", "${domain_name}", "${call_source}"]}}]}`

func TestAScriptKnowsTheWholeWebRequest(t *testing.T) {
	w, client := newTown(t), newClient()
	defer client.Close()
	ask, _ := asking(t, options(folderOf(t, w.URL(), echoed), client))
	form := url.Values{"name": {"Ann\r\nSet-Cookie: a=b \"${call_id}\""}, "all": {"1", "2"}}.Encode()

	status, body, header := ask(http.MethodPut, "/echo/a%20%22b?q=%3Cx%3E&bad=%zz", "application/x-www-form-urlencoded; charset=utf-8", form)

	want := `["a \"b","PUT","/echo/a \"b","<x>","b","Ann\r\nSet-Cookie: a=b \"${call_id}\"","2","` + form + `","127.0.0.1","office.example","http"]`
	if status != 201 || body != want {
		t.Errorf("answered %d %s, want %s", status, body, want)
	}
	if header.Get("Content-Type") != "application/json" || header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Set-Cookie") != "" || header.Get("X-Field") != "" {
		t.Errorf("with %v", header)
	}
}

func TestWebRequestsThatNoScriptAnswers(t *testing.T) {
	w, client := newTown(t), newClient()
	defer client.Close()
	failing := `{"name": "f", "context": "webhook", "destination_number": "fails", "callflow": [{"httpRequest": {"url": "http://127.0.0.1:1/inside"}}]}`
	ask, stop := asking(t, options(folderOf(t, w.URL(), echoed, failing), client))
	for path, want := range map[string]int{"/fails": 500, "/other": 404, "/": 404, "//echo/a": 404, "/%ff%0a": 404} {
		if status, body, _ := ask(http.MethodGet, path, "", ""); status != want || body != "" {
			t.Errorf("%s: %d %q, want %d", path, status, body, want)
		}
	}
	if status, _, _ := ask(http.MethodPost, "/echo/", "text/plain", strings.Repeat("x", 64<<10)); status != 201 {
		t.Errorf("64 KiB: %d", status)
	}
	if status, body, _ := ask(http.MethodPost, "/echo/", "text/plain", strings.Repeat("x", 64<<10+1)); status != 413 || body != "" {
		t.Errorf("more: %d %q", status, body)
	}
	stop()
	if status, _, _ := ask(http.MethodGet, "/echo/", "", ""); status != 503 {
		t.Errorf("at the end: %d", status)
	}
}

// TestWhoAsksDoesNotWaitForWhatAScriptDoesAfterwards: the answer is whole while the script still runs, which a shutdown cuts short.
func TestWhoAsksDoesNotWaitForWhatAScriptDoesAfterwards(t *testing.T) {
	w, client := newTown(t), newClient()
	defer client.Close()
	script := `{"name": "s", "context": "webhook", "destination_number": "s", "callflow": [
		{"httpResponse": {"responseCode": "${http_query.code}"}}, {"httpRequest": {"url": "TOWN/${http_query.code}", "timeout": 30000}}, {"httpRequest": {"url": "TOWN/after"}}]}`
	o := options(folderOf(t, w.URL(), script), client)
	o.Grace = time.Millisecond
	ask, stop := asking(t, o)
	var releases []func()
	for _, code := range []string{"200", "204", "304"} {
		releases = append(releases, w.Hold("/"+code))
		if status, body, _ := ask(http.MethodGet, "/s?code="+code, "", ""); http.StatusText(status) == "" || body != "" {
			t.Errorf("%s: %d %q", code, status, body)
		}
		w.hears(t, "/"+code)
	}
	releases[0]()
	w.hears(t, "/after")
	began := time.Now()
	stop()
	if took := time.Since(began); took > 20*time.Second { // the requests alone would take 30
		t.Errorf("the end took %s", took)
	}
}
