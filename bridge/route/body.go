package route

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"switchgram/bridge/route/template"
	"switchgram/bridge/route/tree"
)

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

func (b *body) read(p *parser, n *tree.Node) {
	allow := p.allow
	allow.Secrets = true
	b.given, b.root = true, readPart(p, n, allow)
}

func readPart(p *parser, n *tree.Node, allow template.Allow) *part {
	switch n.Kind {
	case tree.String:
		return &part{text: p.text(n, allow), isText: true}
	case tree.List:
		list := &part{isList: true}
		for _, item := range n.Items {
			list.items = append(list.items, readPart(p, item, allow))
		}
		return list
	case tree.Object:
		object := &part{members: []member{}}
		for _, m := range n.Members {
			p.within("."+m.Name, func() { object.members = append(object.members, member{m.Name, readPart(p, m.Value, allow)}) })
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
	case b.root.isText && (strings.Contains(kind, "xml") || strings.Contains(kind, "html")):
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
