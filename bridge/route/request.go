package route

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"switchgram/bridge/fetch"
)

// key names a step of a call, and which time it is that it runs: the same if it is repeated after a crash.
func (r *run) key(at *step) string {
	return strings.Join([]string{r.state.Call, r.name(), at.path, strconv.Itoa(r.passed)}, " ")
}

// key names a request of a step.
func (s *httpRequest) key(r *run, at *step) string { return r.key(at) + " " + s.mark }

// mostRedirects is how many redirects a request follows, within the host.
const mostRedirects = 3

// request is what is to be sent.
func (s *httpRequest) request(r *run) (fetch.Request, error) {
	address, err := s.address(r)
	if err != nil {
		return fetch.Request{}, err
	}
	request := fetch.Request{
		Method: s.Method, URL: address.String(), Header: http.Header{}, Timeout: time.Duration(s.Timeout) * time.Millisecond, For: r.state.Domain,
		Redirects: mostRedirects,
	}
	for _, h := range s.Headers {
		r.header(request.Header, h.name, h.value.Template)
	}
	s.authorise(r, request.Header)
	if cookies := r.engine.jars.cookies(r.state.Domain, s.CookieJar, address.Host, r.engine.opt.Now()); cookies != "" {
		request.Header.Add("Cookie", cookies)
	}
	if s.Data.given && s.Method != http.MethodGet && s.Method != http.MethodHead {
		request.Body = s.Data.render(r, request.Header, slackHost(address.Hostname()))
	}
	if r.ch == nil && s.Method != http.MethodGet && request.Header.Get("Idempotency-Key") == "" {
		request.Header.Set("Idempotency-Key", base64.RawURLEncoding.EncodeToString([]byte(s.key(r, r.current()))))
	}
	return request, nil
}

// slackHost tells whether text is shown by Slack, which has escapes of its own.
func slackHost(host string) bool { return host == "hooks.slack.com" }

func (s *httpRequest) authorise(r *run, h http.Header) {
	switch {
	case s.Auth == nil:
	case !s.Auth.Bearer.Empty():
		h.Set("Authorization", "Bearer "+r.raw(s.Auth.Bearer.Template))
	case len(s.Auth.Basic) == 2:
		both := r.raw(s.Auth.Basic[0].Template) + ":" + r.raw(s.Auth.Basic[1].Template)
		h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(both)))
	}
}

// address is the URL with everything put in.
func (s *httpRequest) address(r *run) (*url.URL, error) {
	text := s.URL.RenderURL(&pathValues{r, s.Path})
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return nil, failure("http_bad_url", "url makes no sense")
	}
	if len(s.Query) > 0 {
		q := u.Query()
		for _, one := range s.Query {
			q.Set(one.name, r.raw(one.value.Template))
		}
		u.RawQuery = q.Encode()
	}
	return u, nil
}

// pathValues are the variables of a URL: those of path first.
type pathValues struct {
	*run
	path secretPairs
}

// Variable implements template.Values.
func (v *pathValues) Variable(name string) string {
	for _, one := range v.path {
		if one.name == name {
			return v.raw(one.value.Template)
		}
	}
	return v.run.Variable(name)
}
