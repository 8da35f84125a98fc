package route

import (
	"context"
	"errors"
	"strings"
	"time"

	"switchgram/bridge/fetch"
	"switchgram/bridge/route/tree"
)

type httpRequest struct {
	URL                secretText  `json:"url" short:"true" need:"word"`
	Method             string      `json:"method" words:"GET,POST,PUT,PATCH,DELETE,HEAD" default:"POST"`
	Path               secretPairs `json:"path"`
	Query              secretPairs `json:"query"`
	Headers            secretPairs `json:"headers"`
	Data               body        `json:"data"`
	Timeout            int         `json:"timeout" min:"100" max:"30000" default:"3000"`
	Auth               *auth       `json:"auth"`
	Retry              *retry      `json:"retry"`
	ResponseCode       variable    `json:"responseCode"`
	ExportVariables    exports     `json:"exportVariables"`
	ExportCookie       variable    `json:"exportCookie"`
	CookieJar          string      `json:"cookieJar"`
	TTL                int         `json:"ttl" min:"1" max:"86400" default:"600"` // seconds that the jar is kept
	Parser             string      `json:"parser" words:"json,xml,form,text"`
	MaxBytes           int         `json:"maxBytes" min:"1" max:"1048576" default:"262144"`
	InsecureSkipVerify bool        `json:"insecureSkipVerify"`
	Renegotiation      string      `json:"renegotiation" words:"renegotiateNever,renegotiateOnceAsClient,renegotiateFreelyAsClient"`

	mark string // tells requests of one step apart
}

type auth struct {
	Bearer secretText   `json:"bearer"`
	Basic  []secretText `json:"basic" most:"2"`
}

type retry struct {
	Count   int          `json:"count" min:"0" max:"3"`
	Backoff milliseconds `json:"backoff" default:"500"`
}

// secretPairs are names and texts, which may have secrets.
type secretPairs []secretPair

type secretPair struct {
	name  string
	value secretText
}

func (all *secretPairs) read(p *parser, n *tree.Node) {
	if n.Kind != tree.Object {
		p.say(n, "want an object of texts, not %s", n.Kind)
	}
	for _, m := range n.Members {
		one := secretPair{name: m.Name}
		p.within("."+m.Name, func() { one.value.read(p, m.Value) })
		*all = append(*all, one)
	}
}

// refusedHeaders are those that the client sets itself.
var refusedHeaders = map[string]bool{"host": true, "content-length": true, "connection": true, "transfer-encoding": true}

func (s *httpRequest) check(p *parser, n *tree.Node) {
	address, plain := s.URL.Constant()
	switch {
	case plain && address != "" && !strings.HasPrefix(address, "http://") && !strings.HasPrefix(address, "https://"):
		p.say(n, "url: want an address that begins with https:// or http://")
	case s.URL.ForeignHost():
		p.say(n, "url: a variable chooses the host; only a secret, $${name}, may")
	case s.InsecureSkipVerify:
		p.say(n, "insecureSkipVerify: certificates are always verified here; give the server's authority to the operator")
	case s.Renegotiation != "" && s.Renegotiation != "renegotiateNever":
		p.say(n, "renegotiation: a connection keeps the TLS that it began with; have the server ask for certificates, if it must, when a connection begins")
	case s.Auth != nil && len(s.Auth.Basic) == 1:
		p.say(n, "auth.basic: want a user and a password")
	}
	for _, one := range s.Path {
		p.use(setVariable, one.name, n)
	}
	for _, h := range s.Headers {
		if refusedHeaders[strings.ToLower(h.name)] || !token(h.name) {
			p.say(n, "headers: %q cannot be set", h.name)
		}
	}
	for _, one := range s.Path {
		if !strings.Contains(s.URL.String(), "${"+one.name) {
			p.say(n, "path: ${%s} is not in the url", one.name)
		}
	}
	s.ResponseCode.scope, s.ExportCookie.scope = Local, Local // never sent to the switch or a browser
}

// token tells whether a name may be that of a header (RFC 9110 §5.6.2).
func token(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~") == ""
}

func (s *httpRequest) run(ctx context.Context, r *run) error {
	client := r.engine.opt.HTTP
	if client == nil {
		return failure("unavailable", "nothing asks web servers here")
	}
	request, err := s.request(r)
	if err != nil {
		s.exportNothing(ctx, r)
		return err
	}
	var answer *fetch.Response
	for try := 0; ; try++ {
		answer, err = client.Do(ctx, request)
		if ctx.Err() != nil || s.Retry == nil || try >= s.Retry.Count || err == nil && answer.Status < 500 {
			break
		}
		if !r.pause(ctx, s.Retry.Backoff.of(r)<<try) {
			break
		}
	}
	if err != nil {
		s.exportNothing(ctx, r)
		return httpFailure(err)
	}
	return s.export(ctx, r, request, answer)
}

// pause waits; false: the call is over.
func (r *run) pause(ctx context.Context, d time.Duration) bool {
	if r.engine.opt.Dry {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func httpFailure(err error) error {
	code := "http_failed"
	var refused *fetch.RefusedError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		code = "http_timeout"
	case errors.Is(err, fetch.ErrBusy):
		code = "http_busy"
	case errors.As(err, &refused), errors.Is(err, fetch.ErrHost):
		code = "http_not_allowed"
	case errors.Is(err, fetch.ErrTooLong):
		code = "http_too_long"
	case errors.Is(err, fetch.ErrRedirects), errors.Is(err, fetch.ErrElsewhere):
		code = "http_redirect"
	case strings.Contains(err.Error(), "refused"):
		code = "http_refused"
	}
	return &stepError{code, err}
}

// detach queues the request, which then survives whatever happens to us.
func (s *httpRequest) detach(ctx context.Context, r *run, at *step) error {
	if r.engine.opt.Requests == nil {
		return failure("unavailable", "nothing keeps requests to be sent later here")
	}
	request, err := s.request(r)
	if err != nil {
		return err
	}
	if err := r.engine.opt.Requests.Enqueue(context.WithoutCancel(ctx), s.key(r, at), request); err != nil {
		return httpFailure(err)
	}
	return nil
}
