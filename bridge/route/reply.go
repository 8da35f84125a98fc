package route

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"switchgram/bridge/route/template"
	"switchgram/bridge/route/tree"
)

// Reply is what a web request is answered.
type Reply struct {
	Status int // 200 to 599
	Header http.Header
	Body   []byte
}

// untilReply is how long a script may take to answer a web request.
const untilReply = 10 * time.Second

// Ask runs the route of a web request, which a describes: its number is the path. id stands for a call's. reply is called once, on the caller's goroutine: at
// httpResponse, after which the script goes on for a minute in all, or else when it ends or has taken ten seconds. One that has not answered has
// nothing to say (204) or has failed (500). Ask returns when nothing of the script runs any longer but what later is for; ctx does not end it, Stop does. The error is
// ErrNoRoute, without a reply.
func (e *Engine) Ask(ctx context.Context, id string, a Arrival, reply func(Reply)) error {
	s, err := e.begin(id, a)
	if err != nil {
		return err
	}
	defer e.limits.release(id)
	ctx, cancel := e.besides(ctx)
	defer cancel()
	late := time.AfterFunc(untilReply, cancel)
	defer late.Stop()
	r := e.newRun(nil, s)
	r.journal = nil // nothing is done after it
	r.reply = func(answer Reply) {
		late.Stop()
		r.reply = nil
		reply(answer)
	}
	ending := r.flow(ctx)
	if r.reply != nil {
		r.reply(r.unsaid(ending))
	}
	r.aside.Wait()
	r.log.Info("script ended", "end", ending.Kind.String(), "step", ending.Step, "steps", s.Counts.Steps)
	return nil
}

// unsaid is the answer of a script that gives none. Who asks learns nothing of why.
func (r *run) unsaid(e Ending) Reply {
	r.mu.Lock() // against what runs beside
	defer r.mu.Unlock()
	if e.Kind == Gone || r.state.Value("last_error") != "" {
		return Reply{Status: http.StatusInternalServerError}
	}
	return Reply{Status: http.StatusNoContent}
}

// httpResponse answers the web request that the script runs for.
type httpResponse struct {
	Headers      openPairs `json:"headers"`
	ResponseCode text      `json:"responseCode" default:"200"`
	Body         openBody  `json:"body"`
}

// openPairs are names and texts, which have no secrets.
type openPairs []pair

func (all *openPairs) read(p *parser, n *tree.Node) {
	if n.Kind != tree.Object {
		p.say(n, "want an object of texts, not %s", n.Kind)
		return
	}
	(*pairs)(all).read(p, n)
}

// openBody is one that has no secrets.
type openBody struct{ body }

func (b *openBody) read(p *parser, n *tree.Node) { b.given, b.root = true, readPart(p, n, p.allow) }

func (s *httpResponse) check(p *parser, n *tree.Node) {
	if code, plain := s.ResponseCode.Constant(); plain {
		if _, err := status(code); err != nil {
			p.say(n, "responseCode: %v", err)
		}
	}
	for _, h := range s.Headers {
		if refusedHeaders[strings.ToLower(h.name)] || !token(h.name) {
			p.say(n, "headers: %q cannot be set", h.name)
		}
	}
}

// status reads the number of one.
func status(s string) (int, error) {
	code, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil || code < 200 || code > 599 {
		return 0, failure("bad_status", "%q: want a number of HTTP between 200 and 599", s)
	}
	return code, nil
}

func (s *httpResponse) run(_ context.Context, r *run) error {
	if r.reply == nil {
		return failure("unavailable", "no web request waits for an answer")
	}
	code, err := status(r.raw(s.ResponseCode.Template))
	if err != nil {
		return err
	}
	answer := Reply{Status: code, Header: http.Header{}}
	for _, h := range s.Headers {
		r.header(answer.Header, h.name, h.value.Template)
	}
	if s.Body.given {
		if s.Body.root.isText && answer.Header.Get("Content-Type") == "" {
			answer.Header.Set("Content-Type", "text/plain; charset=utf-8")
		}
		answer.Body = s.Body.render(r, answer.Header, false)
	}
	r.reply(answer)
	return nil
}

// header sets a header to a text, unless that would be more than one.
func (r *run) header(h http.Header, name string, value template.Template) {
	text := r.raw(value)
	if strings.ContainsAny(text, "\r\n\x00") {
		r.log.Warn("a header with a line break is left out", "name", name)
		return
	}
	h.Set(name, text)
}
