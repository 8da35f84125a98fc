package live

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"switchgram/bridge/route"
)

// MostAsked is how many bytes the body of a web request may have: as many as a variable.
const MostAsked = 64 << 10

// Webhooks has routes of the context webhook answer web requests, each by its path. Who may ask is for others to say, and how long a body may
// take to come. Requests that come when Run has ended are turned away.
func (r *Router) Webhooks(domain string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { r.answer(w, q, domain) })
}

func (r *Router) answer(w http.ResponseWriter, q *http.Request, domain string) {
	_, leave, err := r.asked.enter("")
	if err != nil {
		respond(w, route.Reply{Status: http.StatusServiceUnavailable})
		return
	}
	defer leave()
	body, err := io.ReadAll(http.MaxBytesReader(w, q.Body, MostAsked))
	if err != nil {
		respond(w, route.Reply{Status: unreadable(err)})
		return
	}
	a := route.Arrival{
		Context: route.Webhook, Domain: domain, Number: plain(strings.TrimPrefix(q.URL.Path, "/")), Direction: "inbound", Source: "http", Facts: request(q, body),
	}
	if err := r.engine.Ask(q.Context(), uuid.NewString(), a, func(a route.Reply) { respond(w, a) }); err != nil {
		respond(w, route.Reply{Status: http.StatusNotFound})
	}
}

// unreadable is the status for a body that cannot be read.
func unreadable(err error) int {
	if long := (*http.MaxBytesError)(nil); errors.As(err, &long) {
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusBadRequest
}

// respond sends all of an answer at once: its script may go on. So the connection is not for another request.
func respond(w http.ResponseWriter, a route.Reply) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	maps.Copy(h, a.Header)
	h.Set("Connection", "close")
	if a.Status != http.StatusNoContent && a.Status != http.StatusNotModified { // which have no body (RFC 9110 §6.4.1)
		h.Set("Content-Length", strconv.Itoa(len(a.Body)))
	}
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body) // whoever asked may have gone
	_ = http.NewResponseController(w).Flush()
}

// request are the variables of a web request. All of it is text that strangers have written.
func request(q *http.Request, body []byte) map[string]string {
	header := map[string][]string{}
	for name, all := range q.Header {
		header[strings.ToLower(name)] = all
	}
	from, _, _ := net.SplitHostPort(q.RemoteAddr)
	facts := map[string]string{
		"http_method": q.Method, "http_path": plain(q.URL.Path), "http_query": object(q.URL.Query()), "http_headers": object(header), "http_body": plain(string(body)),
		"network_addr": from,
	}
	if strings.HasPrefix(q.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		form, _ := url.ParseQuery(string(body)) // what cannot be read of it is left out
		facts["http_form"] = object(form)
	}
	return facts
}

// object is JSON of names and texts; where there are several of a name, it is a list.
func object(all map[string][]string) string {
	o := map[string]any{}
	for name, values := range all {
		if o[name] = any(values); len(values) == 1 {
			o[name] = values[0]
		}
	}
	text, err := json.Marshal(o)
	if err != nil {
		panic(err) // texts and lists of them
	}
	return string(text)
}

// plain is UTF-8, whatever came.
func plain(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
