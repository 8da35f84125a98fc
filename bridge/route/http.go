package route

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"switchgram/bridge/fetch"
	"switchgram/bridge/route/extract"
	"switchgram/bridge/route/template"
	"switchgram/bridge/route/tree"
)

type httpRequest struct {
	URL                secretText  `json:"url" short:"true" need:"true"`
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
	Parser             string      `json:"parser" words:"json,xml,form,text"`
	MaxBytes           int         `json:"maxBytes" min:"1" max:"1048576" default:"262144"`
	InsecureSkipVerify bool        `json:"insecureSkipVerify"`

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

// refusedHeaders are those that the client sets itself.
var refusedHeaders = map[string]bool{"host": true, "content-length": true, "connection": true, "transfer-encoding": true}

func (s *httpRequest) check(p *parser, n *tree.Node) {
	address, plain := s.URL.Constant()
	switch {
	case plain && !strings.HasPrefix(address, "http://") && !strings.HasPrefix(address, "https://"):
		p.say(n, "url: want an address that begins with https:// or http://")
	case s.URL.ForeignHost():
		p.say(n, "url: a variable chooses the host; only a secret, $${name}, may")
	case s.InsecureSkipVerify:
		p.say(n, "insecureSkipVerify: certificates are always verified here; give the server's authority to the operator")
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
	case errors.As(err, &refused):
		code = "http_not_allowed"
	case errors.Is(err, fetch.ErrTooLong):
		code = "http_too_long"
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
	return r.engine.opt.Requests.Enqueue(context.WithoutCancel(ctx), s.key(r, at), request)
}

// key names a step of a call, and which time it is that it runs: the same if it is repeated after a crash.
func (s *httpRequest) key(r *run, at *step) string {
	return strings.Join([]string{r.state.Call, r.name(), at.path, strconv.Itoa(r.state.Counts.Steps), s.mark}, " ")
}

// request is what is to be sent.
func (s *httpRequest) request(r *run) (fetch.Request, error) {
	address, err := s.address(r)
	if err != nil {
		return fetch.Request{}, err
	}
	request := fetch.Request{Method: s.Method, URL: address.String(), Header: http.Header{}, Timeout: time.Duration(s.Timeout) * time.Millisecond}
	for _, h := range s.Headers {
		value := r.raw(h.value.Template)
		if strings.ContainsAny(value, "\r\n\x00") {
			r.log.Warn("a header with a line break is left out", "name", h.name)
			continue
		}
		request.Header.Set(h.name, value)
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
		r.engine.jars.keep(r.state.Domain, s.CookieJar, u.Host, cookies, r.engine.opt.Now())
	}
}

func joined(cookies []*http.Cookie) string {
	var all []string
	for _, c := range cookies {
		all = append(all, c.Name+"="+c.Value)
	}
	return strings.Join(all, "; ")
}

// body is what is sent: any JSON, with texts that have variables.
type body struct {
	given bool
	root  *part
}

// part is a value of a body.
type part struct {
	text    template.Template
	isText  bool
	plain   any // number, true, false, null
	items   []*part
	isList  bool
	members []member
}

type member struct {
	name  string
	value *part
}

func (b *body) read(p *parser, n *tree.Node) { b.given, b.root = true, readPart(p, n) }

func readPart(p *parser, n *tree.Node) *part {
	switch n.Kind {
	case tree.String:
		var t secretText
		t.read(p, n)
		return &part{text: t.Template, isText: true}
	case tree.List:
		list := &part{isList: true}
		for _, item := range n.Items {
			list.items = append(list.items, readPart(p, item))
		}
		return list
	case tree.Object:
		object := &part{members: []member{}}
		for _, m := range n.Members {
			p.within("."+m.Name, func() { object.members = append(object.members, member{m.Name, readPart(p, m.Value)}) })
			if m.Value.Kind == tree.String && m.Value.Text != "" && secretName.MatchString(m.Name) && !strings.Contains(m.Value.Text, "{") {
				p.use(openSecret, p.path+"."+m.Name, m.Value)
			}
		}
		return object
	}
	return &part{plain: n.Any()}
}

// value is the part with everything put in.
func (t *part) value(r *run, e template.Escape) any {
	switch {
	case t.isText:
		return t.text.Render(r, e)
	case t.isList:
		all := make([]any, 0, len(t.items))
		for _, item := range t.items {
			all = append(all, item.value(r, e))
		}
		return all
	case t.members != nil:
		all := make(map[string]any, len(t.members))
		for _, m := range t.members {
			all[m.name] = m.value.value(r, e)
		}
		return all
	}
	return t.plain
}

// render makes the body for the content type of the headers, or JSON and says so there.
func (b *body) render(r *run, h http.Header, slack bool) []byte {
	kind := strings.ToLower(h.Get("Content-Type"))
	if kind == "" {
		kind = "application/json"
		h.Set("Content-Type", kind)
	}
	switch {
	case strings.HasPrefix(kind, "application/x-www-form-urlencoded"):
		return []byte(b.form(r).Encode())
	case b.root.isText && strings.Contains(kind, "xml"):
		return []byte(b.root.text.Render(r, template.HTML))
	case b.root.isText && !strings.Contains(kind, "json"):
		return []byte(b.root.text.Render(r, template.Raw))
	}
	escape := template.Raw
	if slack {
		escape = template.Slack
	}
	return asJSON(b.root.value(r, escape))
}

// asJSON writes a value; < and > stay, which receivers like Slack show as they come.
func asJSON(v any) []byte {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // texts, numbers, lists and objects
	}
	return []byte(strings.TrimSuffix(b.String(), "\n"))
}

// form is the body as a form: members that are no texts become them.
func (b *body) form(r *run) url.Values {
	all := url.Values{}
	for _, m := range b.root.members {
		switch v := m.value.value(r, template.Raw).(type) {
		case string:
			all.Set(m.name, v)
		default:
			all.Set(m.name, string(asJSON(v)))
		}
	}
	return all
}
