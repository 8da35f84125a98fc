package route

import (
	"context"
	"strings"
	"time"

	"switchgram/bridge/route/extract"
	"switchgram/bridge/route/template"
	"switchgram/bridge/route/tree"
)

// later does something that nobody waits for, for a minute at most. The engine waits for it at its end.
func (r *run) later(ctx context.Context, what string, do func(ctx context.Context) error) error {
	log := r.log
	r.engine.background.Go(func() {
		ctx, cancel := r.engine.besides(ctx)
		defer cancel()
		if err := do(ctx); err != nil {
			log.Warn(what, "err", r.redact(err.Error()))
		}
	})
	return nil
}

type sendMessage struct {
	To      text     `json:"to" need:"true"`
	Message text     `json:"message" need:"true"`
	Format  string   `json:"format" words:"text,html,markdown" default:"text"`
	SetVar  variable `json:"setVar"`
}

func (s *sendMessage) run(ctx context.Context, r *run) error {
	err := s.prepare(r)(ctx)
	if s.SetVar.given() {
		r.put(s.SetVar.name, map[bool]string{true: "true", false: "false"}[err == nil], Local)
	}
	return err
}

func (s *sendMessage) detach(ctx context.Context, r *run, _ *step) error {
	return r.later(ctx, "send message", s.prepare(r))
}

// prepare puts in what is known now. Values are escaped for the format.
func (s *sendMessage) prepare(r *run) func(context.Context) error {
	escape := map[string]template.Escape{"text": template.Raw, "html": template.HTML, "markdown": template.Markdown}[s.Format]
	to, message := r.raw(s.To.Template), s.Message.Render(r, escape)
	return func(ctx context.Context) error {
		if r.engine.opt.Messenger == nil {
			return failure("unavailable", "nothing sends messages here")
		}
		if err := r.engine.opt.Messenger.SendMessage(ctx, to, message, s.Format); err != nil {
			return failure("message_failed", "send message: %w", err)
		}
		return nil
	}
}

type sendEmail struct {
	To      texts    `json:"to" need:"true"`
	CC      texts    `json:"cc"`
	From    text     `json:"from"`
	Subject text     `json:"subject" need:"true"`
	Message text     `json:"message" need:"true"`
	Profile anything `json:"profile"`
}

func (s *sendEmail) run(ctx context.Context, r *run) error {
	return s.send(r, r.current(), func(by Mailer, m Mail) error { return by.SendMail(ctx, m) })
}

// detach queues the mail, which then survives whatever happens to us.
func (s *sendEmail) detach(ctx context.Context, r *run, at *step) error {
	return s.send(r, at, func(by Mailer, m Mail) error { return by.MailLater(context.WithoutCancel(ctx), m) })
}

func (s *sendEmail) send(r *run, at *step, hand func(Mailer, Mail) error) error {
	by := r.engine.opt.Mailer
	if by == nil {
		return failure("unavailable", "nothing sends mail here")
	}
	m := Mail{
		Key: r.key(at), From: r.raw(s.From.Template), To: s.To.render(r, template.Raw), CC: s.CC.render(r, template.Raw),
		Subject: r.raw(s.Subject.Template), HTML: s.Message.Render(r, template.HTML),
	}
	if err := hand(by, m); err != nil {
		return failure("mail_failed", "send mail: %w", err)
	}
	return nil
}

// sendSMS posts a form to the web server of a gateway for text messages: to, from and text.
type sendSMS struct {
	URL     secretText `json:"url" need:"word"`
	Phone   texts      `json:"phone" need:"true"`
	Name    text       `json:"name"`
	Message text       `json:"message" need:"true"`
	Auth    *auth      `json:"auth"`
	Timeout int        `json:"timeout" min:"100" max:"30000" default:"3000"`
}

func (s *sendSMS) check(p *parser, n *tree.Node) { s.request("").check(p, n) }

func (s *sendSMS) run(ctx context.Context, r *run) error {
	for _, phone := range s.Phone.render(r, template.Raw) {
		if err := s.request(phone).run(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

func (s *sendSMS) detach(ctx context.Context, r *run, at *step) error {
	for _, phone := range s.Phone.render(r, template.Raw) {
		if err := s.request(phone).detach(ctx, r, at); err != nil {
			return err
		}
	}
	return nil
}

// request is the httpRequest that it comes to.
func (s *sendSMS) request(phone string) *httpRequest {
	text := func(t template.Template) *part { return &part{text: t, isText: true} }
	form := template.Literal("application/x-www-form-urlencoded")
	return &httpRequest{
		mark: phone, URL: s.URL, Method: "POST", Auth: s.Auth, Timeout: s.Timeout, MaxBytes: 262144,
		Headers: secretPairs{{"Content-Type", secretText{form}}},
		Data: body{given: true, root: &part{members: []member{
			{"to", text(template.Literal(phone))}, {"from", text(s.Name.Template)}, {"text", text(s.Message.Template)},
		}}},
	}
}

type openLink struct {
	User    text     `json:"user" need:"true"`
	UserID  anything `json:"userId"`
	URL     text     `json:"url" need:"true"`
	Message text     `json:"message"`
}

func (s *openLink) check(p *parser, n *tree.Node) {
	if s.URL.ForeignHost() {
		p.say(n, "url: a variable chooses the host")
	}
}

func (s *openLink) run(ctx context.Context, r *run) error { return s.prepare(r)(ctx) }

func (s *openLink) detach(ctx context.Context, r *run, _ *step) error {
	return r.later(ctx, "open link", s.prepare(r))
}

func (s *openLink) prepare(r *run) func(context.Context) error {
	user, address, message := r.clean(s.User.Template), s.URL.RenderURL(r), r.raw(s.Message.Template)
	return func(ctx context.Context) error {
		if r.engine.opt.Agents == nil {
			return failure("unavailable", "nothing shows pages to agents here")
		}
		return r.engine.opt.Agents.OpenLink(ctx, user, address, message)
	}
}

type notification struct {
	Users   texts    `json:"users"`
	UserIDs texts    `json:"userIds"`
	Message text     `json:"message" need:"true"`
	Type    anything `json:"type"`
	Timeout anything `json:"timeout"`
}

func (s *notification) check(p *parser, n *tree.Node) {
	if len(s.Users)+len(s.UserIDs) == 0 {
		p.say(n, "users is missing: who is to be told?")
	}
}

func (s *notification) run(ctx context.Context, r *run) error { return s.prepare(r)(ctx) }

func (s *notification) detach(ctx context.Context, r *run, _ *step) error {
	return r.later(ctx, "notification", s.prepare(r))
}

func (s *notification) prepare(r *run) func(context.Context) error {
	users := append(s.Users.render(r, template.Command), s.UserIDs.render(r, template.Command)...)
	message := r.raw(s.Message.Template)
	return func(ctx context.Context) error {
		if r.engine.opt.Agents == nil {
			return failure("unavailable", "nothing shows messages to agents here")
		}
		return r.engine.opt.Agents.Notify(ctx, users, message)
	}
}

// cdr searches the calls that were.
type cdr struct {
	Filter          filter  `json:"filter" need:"true"`
	Sort            string  `json:"sort"`
	Limit           int     `json:"limit" min:"1" max:"100" default:"1"`
	ExportVariables exports `json:"exportVariables" need:"true"`
}

// filter is a tree, with texts that have variables.
type filter struct{ root *part }

func (f *filter) read(p *parser, n *tree.Node) {
	if n.Kind != tree.Object {
		p.say(n, "want a filter, which is an object, not %s", n.Kind)
	}
	f.root = readPart(p, n, p.allow)
}

func (s *cdr) run(ctx context.Context, r *run) error {
	return r.search(ctx, Search{Filter: s.Filter.root.value(r, template.Raw), Sort: s.Sort, Limit: s.Limit}, s.ExportVariables)
}

// search puts what was found into variables; what was not is "".
func (r *run) search(ctx context.Context, s Search, into exports) error {
	var found extract.Document
	err := failure("unavailable", "nothing remembers calls here")
	if r.engine.opt.Records != nil {
		var hits []byte
		if hits, err = r.engine.opt.Records.Search(ctx, s); err == nil {
			found, err = extract.OpenJSON(hits)
		}
	}
	if bad := (&httpRequest{ExportVariables: into}).exportValues(ctx, r, found); bad != nil {
		return bad
	}
	return err
}

// lastBridged finds who last talked with a number.
type lastBridged struct {
	Number text     `json:"number" default:"${caller_id_number}"`
	Hours  int      `json:"hours" default:"720" min:"1" max:"87600"`
	Set    exports  `json:"set" need:"true"`
	Filter anything `json:"filter"`
}

func (s *lastBridged) run(ctx context.Context, r *run) error {
	number := template.Digits(r.raw(s.Number.Template))
	if len(number) > 9 {
		number = number[len(number)-9:]
	}
	since := r.engine.opt.Now().Add(-time.Duration(s.Hours) * time.Hour).Format(time.RFC3339)
	leaf := func(field, op string, value any) map[string]any {
		return map[string]any{"field": field, "op": op, "value": value}
	}
	all := []any{leaf("caller", "suffix", number), leaf("bridged", "eq", true), leaf("start", "ge", since)}
	into := make(exports, 0, len(s.Set))
	for _, e := range s.Set {
		into = append(into, export{e.to, "hits.0." + strings.TrimPrefix(e.path, "hits.0.")})
	}
	return r.search(ctx, Search{Filter: map[string]any{"and": all}, Sort: "-start", Limit: 1}, into)
}
