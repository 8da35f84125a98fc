package live

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"unicode/utf8"
)

func FuzzRequest(f *testing.F) {
	f.Add("a=1&a=2&b=%zz", "X: y", "name=Ann&name=Bob;x")
	f.Add("", "", "\xff{\"a\": ")
	f.Fuzz(func(t *testing.T, query, header, body string) {
		q := httptest.NewRequest(http.MethodPost, "/", nil)
		q.URL.RawQuery = query
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		q.Header.Set("X-Any", header)
		facts := request(q, []byte(body))
		for _, name := range []string{"http_query", "http_headers", "http_form"} {
			var o map[string]any
			if err := json.Unmarshal([]byte(facts[name]), &o); err != nil {
				t.Errorf("%s is %q: %v", name, facts[name], err)
			}
		}
		if !utf8.ValidString(facts["http_body"]) {
			t.Errorf("the body is %q", facts["http_body"])
		}
	})
}
