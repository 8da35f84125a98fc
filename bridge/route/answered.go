package route

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"switchgram/bridge/fetch"
	"switchgram/bridge/route/extract"
	"switchgram/bridge/route/tree"
)

// exports are variables and where to find their values in an answer.
type exports []export

type export struct {
	to   variable
	path string
}

func (all *exports) read(p *parser, n *tree.Node) {
	if n.Kind != tree.Object {
		p.say(n, "want an object of paths by variable, not %s", n.Kind)
	}
	for _, m := range n.Members {
		e := export{path: m.Value.Text}
		p.within("."+m.Name, func() { e.to.parse(p, m.Value, m.Name) })
		*all = append(*all, e)
	}
}

// export puts what was answered into variables.
func (s *httpRequest) export(ctx context.Context, r *run, request fetch.Request, answer *fetch.Response) error {
	r.put(cmp.Or(s.ResponseCode.name, "http_code"), strconv.Itoa(answer.Status), Local)
	s.keepCookies(r, request, answer)
	if len(answer.Body) > s.MaxBytes {
		s.exportValues(ctx, r, nil)
		return failure("http_too_long", "answer of %d bytes; at most %d", len(answer.Body), s.MaxBytes)
	}
	var err error
	var found extract.Document
	if len(s.ExportVariables) > 0 {
		found, err = extract.Open(s.Parser, answer.Header.Get("Content-Type"), answer.Body)
	}
	if bad := s.exportValues(ctx, r, found); bad != nil {
		return bad
	}
	switch {
	case answer.Status >= 400:
		return failure("http_status", "the server answered %d", answer.Status)
	case err != nil:
		return failure("http_garbage", "%w", err)
	}
	return nil
}

func (s *httpRequest) exportValues(ctx context.Context, r *run, from extract.Document) error {
	for _, e := range s.ExportVariables {
		value := ""
		if from != nil {
			value, _ = from.Find(e.path)
		}
		if err := r.set(ctx, e.to, value); err != nil {
			return err
		}
	}
	return nil
}

// exportNothing is what there is without an answer.
func (s *httpRequest) exportNothing(ctx context.Context, r *run) {
	if ctx.Err() != nil {
		return
	}
	r.put(cmp.Or(s.ResponseCode.name, "http_code"), "0", Local)
	if err := s.exportValues(ctx, r, nil); err != nil {
		r.log.Warn("set variables", "err", err)
	}
	if s.ExportCookie.given() {
		r.put(s.ExportCookie.name, "", Local)
	}
}

// keepCookies takes the cookies of an answer, without their attributes.
func (s *httpRequest) keepCookies(r *run, request fetch.Request, answer *fetch.Response) {
	cookies := (&http.Response{Header: answer.Header}).Cookies()
	if s.ExportCookie.given() {
		r.put(s.ExportCookie.name, joined(cookies), Local)
	}
	if u, err := url.Parse(request.URL); err == nil && s.CookieJar != "" {
		now := r.engine.opt.Now()
		r.engine.jars.keep(r.state.Domain, s.CookieJar, u.Host, cookies, now, now.Add(time.Duration(s.TTL)*time.Second))
	}
}

func joined(cookies []*http.Cookie) string {
	var all []string
	for _, c := range cookies {
		all = append(all, c.Name+"="+c.Value)
	}
	return strings.Join(all, "; ")
}
