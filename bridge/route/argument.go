package route

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"switchgram/bridge/route/expression"
	"switchgram/bridge/route/pattern"
	"switchgram/bridge/route/template"
	"switchgram/bridge/route/tree"
)

// text is a text with variables.
type text struct{ template.Template }

func (t *text) read(p *parser, n *tree.Node) { t.Template = p.text(n, p.allow) }

// secretText is one that may have secrets.
type secretText struct{ template.Template }

func (t *secretText) read(p *parser, n *tree.Node) {
	allow := p.allow
	allow.Secrets = true
	t.Template = p.text(n, allow)
}

// channelText is one that goes to the channel, and may have functions of FreeSWITCH's.
type channelText struct{ template.Template }

func (t *channelText) read(p *parser, n *tree.Node) {
	allow := p.allow
	allow.Functions = true
	t.Template = p.text(n, allow)
}

// text reads a text with variables; numbers and truths are texts as well.
func (p *parser) text(n *tree.Node, a template.Allow) template.Template {
	switch n.Kind {
	case tree.Null, tree.List, tree.Object:
		p.say(n, "want a text, not %s", n.Kind)
		return template.Template{}
	}
	t, err := template.Parse(n.Text, a)
	if err != nil {
		p.say(n, "%v", err)
	}
	p.reads(t, n)
	if plain, ok := t.Constant(); ok && looksSecret(plain) {
		p.use(openSecret, p.path, n)
	}
	return t
}

// reads notes what a text refers to.
func (p *parser) reads(t template.Template, n *tree.Node) {
	for _, name := range t.Variables() {
		p.use(useVariable, name, n)
	}
	for _, name := range t.Globals() {
		p.use(useGlobal, name, n)
	}
	for _, name := range t.Secrets() {
		p.use(useSecret, name, n)
	}
}

// Kinds of names that scripts refer to.
const (
	useVariable = "variable"
	setVariable = "variable set"
	useSecret   = "secret"
	useGlobal   = "global"
	useList     = "list"
	useCalendar = "calendar"
	useLimit    = "limit"
	useRoute    = "route"
	useFunction = "function"
	useTag      = "tag"
	openSecret  = "secret in the open"
	lateStep    = "step after the call"
)

// texts are several.
type texts []text

func (t texts) render(r *run, e template.Escape) []string {
	all := make([]string, 0, len(t))
	for _, one := range t {
		all = append(all, one.Render(r, e))
	}
	return all
}

// pair is a name and its text.
type pair struct {
	name  string
	value text
}

// pairs are an object of texts, or a list of "name=text".
type pairs []pair

func (all *pairs) read(p *parser, n *tree.Node) {
	switch n.Kind {
	case tree.Object:
		for _, m := range n.Members {
			one := pair{name: m.Name}
			p.within("."+m.Name, func() { one.value.read(p, m.Value) })
			*all = append(*all, one)
		}
	case tree.List:
		for i, item := range n.Items {
			p.within("["+strconv.Itoa(i)+"]", func() { all.assignment(p, item) })
		}
	default:
		all.assignment(p, n)
	}
}

func (all *pairs) assignment(p *parser, n *tree.Node) {
	name, value, ok := strings.Cut(n.Text, "=")
	if !ok || n.Kind != tree.String || name == "" {
		p.say(n, "want name=value")
		return
	}
	one := pair{name: strings.TrimSpace(name)}
	one.value.read(p, &tree.Node{Kind: tree.String, At: n.At, Text: value})
	*all = append(*all, one)
}

func (all pairs) render(r *run, e template.Escape) map[string]string {
	m := make(map[string]string, len(all))
	for _, one := range all {
		m[one.name] = one.value.Render(r, e)
	}
	return m
}

// variable is the name of a variable to be set, with who may see it.
type variable struct {
	name  string
	scope Scope
}

var scopes = map[string]Scope{"all": Exported, "nolocal": Inherited, "domain": Domain, "local": Local}

func (v *variable) read(p *parser, n *tree.Node) {
	if n.Kind != tree.String {
		p.say(n, "want the name of a variable, not %s", n.Kind)
		return
	}
	v.parse(p, n, n.Text)
}

func (v *variable) parse(p *parser, n *tree.Node, s string) {
	v.name = s
	if prefix, name, ok := strings.Cut(s, ":"); ok {
		scope, known := scopes[prefix]
		if !known {
			p.say(n, "%q: a variable is for all, nolocal, domain or local, not %q", s, prefix)
		}
		v.name, v.scope = name, scope
	}
	if !variableName.MatchString(v.name) {
		p.say(n, "%q is no name of a variable", v.name)
	} else if protected(v.name) {
		p.say(n, "%q is protected: it could run commands or forge who a call is of", v.name)
	}
	p.use(setVariable, v.name, n)
}

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]{0,127}$`)

// given tells whether a variable was named.
func (v variable) given() bool { return v.name != "" }

// protectedNames are those with which a script could have FreeSWITCH run commands, or say it is another call.
var protectedNames = map[string]bool{
	"api_after_bridge": true, "api_before_bridge": true, "api_hangup_hook": true, "api_reporting_hook": true,
	"record_post_process_exec_api": true, "session_in_hangup_hook": true, "domain_name": true, "transfer_after_bridge": true, "uuid": true,
	"jsock_uuid_str": true, "event_channel_cookie": true, "verto_user": true, "verto_host": true, "call_id": true, "call_source": true,
}

func protected(name string) bool {
	for _, prefix := range []string{"api_on_", "execute_on_", "exec_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return protectedNames[name]
}

// milliseconds is a time, written as a number or as a text with variables.
type milliseconds struct {
	fixed  time.Duration
	varies text
}

func (m *milliseconds) read(p *parser, n *tree.Node) {
	i, err := strconv.Atoi(n.Text)
	switch {
	case err == nil && i >= 0 && i <= int(24*time.Hour/time.Millisecond):
		m.fixed = time.Duration(i) * time.Millisecond
	case n.Kind == tree.String && strings.Contains(n.Text, "${"):
		m.varies.read(p, n)
	default:
		p.say(n, "%q: want milliseconds, at most those of a day", n.Text)
	}
}

// of is the time in a call; what makes no sense is none.
func (m milliseconds) of(r *run) time.Duration {
	if m.varies.Empty() {
		return m.fixed
	}
	i, err := strconv.Atoi(strings.TrimSpace(m.varies.Render(r, template.Raw)))
	if err != nil || i < 0 {
		return 0
	}
	return min(time.Duration(i)*time.Millisecond, 24*time.Hour)
}

// condition is an expression.
type condition struct{ *expression.Expression }

func (c *condition) read(p *parser, n *tree.Node) {
	if n.Kind != tree.String {
		p.say(n, "want a condition in quotes, not %s", n.Kind)
		return
	}
	e, err := expression.Compile(n.Text, p.allow)
	if err != nil {
		p.say(n, "%v", err)
		return
	}
	c.Expression = e
	for _, name := range e.Variables() {
		p.use(useVariable, name, n)
	}
	for _, name := range e.Globals() {
		p.use(useGlobal, name, n)
	}
}

// expected is a regular expression.
type expected struct{ *regexp.Regexp }

func (e *expected) read(p *parser, n *tree.Node) {
	re, err := pattern.Regexp(n.Text)
	if err != nil || n.Kind != tree.String {
		p.say(n, "want a regular expression: %v", err)
		return
	}
	e.Regexp = re
}

// nothing is an argument that says nothing: true, "" or {}.
type nothing struct{}

func (nothing) read(p *parser, n *tree.Node) {
	if n.Text != "" && !n.True() || len(n.Items)+len(n.Members) > 0 {
		p.say(n, "this takes no argument; write true")
	}
}

// anything is an argument that nobody reads.
type anything struct{}

func (anything) read(*parser, *tree.Node) {}
