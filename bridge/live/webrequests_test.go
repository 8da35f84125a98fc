package live_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"switchgram/bridge"
)

// crm is a web server with a page for everything that a request can be about.
func crm(t *testing.T) *httptest.Server {
	t.Helper()
	times := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		page, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		switch page {
		case "mirror":
			_ = json.NewEncoder(w).Encode(map[string]string{
				"method": r.Method, "uri": r.RequestURI, "kind": r.Header.Get("Content-Type"), "auth": r.Header.Get("Authorization"), "x": r.Header.Get("X-Test"), "body": string(body),
			})
		case "xml":
			w.Header().Set("Content-Type", "text/xml")
			fmt.Fprint(w, `<all><item id="1"><name>Ann</name></item><item id="2"><name>Bob</name></item></all>`)
		case "form":
			w.Header().Set("Content-Type", "application/x-www-form-urlencoded")
			fmt.Fprint(w, "a=1&b=x%20y")
		case "text":
			w.Header().Set("Content-Type", "text/plain")
			fmt.Fprint(w, "as it is")
		case "cookie":
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "1", HttpOnly: true})
			http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
		case "gone":
			w.WriteHeader(http.StatusGone)
			fmt.Fprint(w, `{"why": "moved out"}`)
		case "garbage":
			fmt.Fprint(w, "<html>")
		case "long":
			_, _ = w.Write(make([]byte, 300_000))
		case "hang":
			<-r.Context().Done()
		case "round":
			http.Redirect(w, r, "/round", http.StatusFound)
		case "near":
			http.Redirect(w, r, "/text", http.StatusFound)
		case "third":
			if times++; times < 3 {
				w.WriteHeader(http.StatusBadGateway)
			}
			fmt.Fprint(w, `{"n": "third"}`)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// requested are requests of a call of Ann, +4930123456, whose name has quotes: what v is then, and last_error.
var requested = []struct{ request, v, failed string }{
	{`"url": "CRM/mirror", "exportVariables": {"v": "method"}`, "POST", ""},
	{`"url": "CRM/mirror", "method": "PATCH", "exportVariables": {"v": "method"}`, "PATCH", ""},
	{`"url": "CRM/mirror/${who}/x", "method": "GET", "path": {"who": "a/b ${caller_id_number}"}, "query": {"q": "1&2"}, "exportVariables": {"v": "uri"}`, "/mirror/a%2Fb%20+4930123456/x?q=1%262", ""},
	{`"url": "CRM/mirror?q=${caller_id_number}", "exportVariables": {"v": "uri"}`, "/mirror?q=%2B4930123456", ""},
	{`"url": "CRM/mirror", "headers": {"X-Test": "${caller_id_number}"}, "exportVariables": {"v": "x"}`, "+4930123456", ""},
	{`"url": "CRM/mirror", "data": {"n": "${caller_id_name}", "deep": [{"a": 1}]}, "exportVariables": {"v": "body"}`, `{"deep":[{"a":1}],"n":"Ann ${x} \"O'Neil"}`, ""},
	{`"url": "CRM/mirror", "data": {"n": 1}, "exportVariables": {"v": "kind"}`, "application/json", ""},
	{`"url": "CRM/mirror", "headers": {"content-type": "application/x-www-form-urlencoded"}, "data": {"n": "a&${caller_id_number}"}, "exportVariables": {"v": "body"}`, "n=a%26%2B4930123456", ""},
	{`"url": "CRM/mirror", "headers": {"Content-Type": "text/xml"}, "data": "<n>${caller_id_name}</n>", "exportVariables": {"v": "body"}`, "<n>Ann ${x} &#34;O&#39;Neil</n>", ""},
	{`"url": "CRM/mirror", "headers": {"Content-Type": "text/plain"}, "data": "${caller_id_name}", "exportVariables": {"v": "body"}`, `Ann ${x} "O'Neil`, ""},
	{`"url": "CRM/mirror", "auth": {"bearer": "t"}, "exportVariables": {"v": "auth"}`, "Bearer t", ""},
	{`"url": "CRM/mirror", "auth": {"basic": ["u", "p"]}, "exportVariables": {"v": "auth"}`, "Basic dTpw", ""},
	{`"url": "CRM/xml", "exportVariables": {"v": "//item[@id='2']/name"}`, "Bob", ""},
	{`"url": "CRM/form", "exportVariables": {"v": "b"}`, "x y", ""},
	{`"url": "CRM/text", "exportVariables": {"v": "."}`, "as it is", ""},
	{`"url": "CRM/mirror", "parser": "text", "method": "HEAD", "exportVariables": {"v": "."}`, "", ""},
	{`"url": "CRM/cookie", "exportCookie": "v"`, "a=1; b=2", ""},
	{`"url": "CRM/near", "exportVariables": {"v": "."}`, "as it is", ""},
	{`"url": "CRM/third", "retry": {"count": 2, "backoff": 1}, "exportVariables": {"v": "n"}`, "third", ""},
	{`"url": "CRM/mirror", "exportVariables": {"v": "not.there"}`, "", ""},
	{`"url": "CRM/mirror", "responseCode": "v"`, "200", ""},
	{`"url": "CRM/gone", "exportVariables": {"v": "why"}`, "moved out", "http_status"},
	{`"url": "CRM/gone", "responseCode": "v"`, "410", "http_status"},
	{`"url": "CRM/garbage", "parser": "json", "exportVariables": {"v": "x"}`, "", "http_garbage"},
	{`"url": "CRM/long", "exportVariables": {"v": "."}`, "", "http_too_long"},
	{`"url": "CRM/text", "maxBytes": 3, "exportVariables": {"v": "."}`, "", "http_too_long"},
	{`"url": "CRM/hang", "timeout": 100, "responseCode": "v"`, "0", "http_timeout"},
	{`"url": "CRM/round", "responseCode": "v"`, "0", "http_redirect"},
	{`"url": "http://127.0.0.1:1/", "responseCode": "v"`, "0", "http_refused"},
	{`"url": "http://10.255.255.1/", "responseCode": "v"`, "0", "http_not_allowed"},
}

func TestWebRequestsOfACall(t *testing.T) {
	w, server := newTown(t), crm(t)
	client := newClient()
	defer client.Close()
	var steps []string
	for _, one := range requested {
		steps = append(steps, `{"setVar": ["v=before", "local:last_error="]}`, `{"httpRequest": {`+strings.ReplaceAll(one.request, "CRM", server.URL)+`}}`,
			`{"httpRequest": {"url": "TOWN/row", "data": {"v": "${v}", "error": "${last_error}"}}}`)
	}
	script := `{"name": "r", "context": "public", "destination_number": ["1"], "callflow": [` + strings.Join(steps, ", ") + `]}`
	r, _ := run(t, options(folderOf(t, w.URL(), script), client))
	b, err := bridge.New(bridge.Options{Default: r, Sink: r})
	must(t, err)

	b.Handle(t.Context(), newCaller(), bridge.Address{Scheme: "sip", User: "1000"})

	for _, one := range requested {
		var told struct{ V, Error string }
		must(t, json.Unmarshal(w.hears(t, "/row").Body, &told))
		if told.V != one.v || told.Error != one.failed {
			t.Errorf("%s\nv is %q, want %q; failed with %q, want %q", one.request, told.V, one.v, told.Error, one.failed)
		}
	}
}
