package notify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"text/template"
	"text/template/parse"
	"time"

	"switchgram/bridge"
)

// longestBody is how much a template may make, in bytes.
const longestBody = 256 << 10

// The functions that end every action of a template.
const (
	asText = "_text" // what comes from outside, as the destination wants text
	asJSON = "_json" // within a string of JSON
)

// compose is how the texts of a destination are made.
type compose struct {
	escape  string // name of one of escapes; empty: text
	json    bool   // templates are JSON, with actions in its strings
	zone    *time.Location
	secrets map[string]string
}

// parse reads a template of text/template, in which everything that an action prints is escaped.
func (c compose) parse(name, text string) (*template.Template, error) {
	escape := escapes["text"]
	if c.escape != "" {
		escape = escapes[c.escape]
	}
	if escape == nil {
		return nil, fmt.Errorf("escape %q: want text, html or mrkdwn", c.escape)
	}
	t, err := template.New(name).Funcs(template.FuncMap{
		"secret": c.secret, "clock": c.clock, "span": span,
		asText: func(v any) string { return escape(plain(v)) }, asJSON: quoted,
	}).Parse(text)
	if err != nil {
		return nil, err
	}
	for _, part := range t.Templates() {
		if part.Tree != nil {
			c.end(part.Root)
		}
	}
	return t, nil
}

func (c compose) secret(name string) (string, error) {
	s, ok := c.secrets[name]
	if !ok {
		return "", fmt.Errorf("there is no secret %q", name)
	}
	return s, nil
}

// clock is a time of day, and perhaps a date: {{clock "15:04" .At}}.
func (c compose) clock(layout string, at time.Time) string {
	if c.zone == nil {
		return at.Local().Format(layout)
	}
	return at.In(c.zone).Format(layout)
}

// span is a number of seconds for people: "1m5s".
func span(seconds float64) string {
	return time.Duration(seconds * float64(time.Second)).Round(time.Second).String()
}

// end has the actions below a node end with the functions that escape.
func (c compose) end(n parse.Node) {
	switch n := n.(type) {
	case *parse.ListNode:
		for _, child := range n.Nodes {
			c.end(child)
		}
	case *parse.ActionNode:
		c.endAction(n)
	case *parse.IfNode:
		c.branch(&n.BranchNode)
	case *parse.RangeNode:
		c.branch(&n.BranchNode)
	case *parse.WithNode:
		c.branch(&n.BranchNode)
	}
}

func (c compose) branch(n *parse.BranchNode) {
	c.end(n.List)
	if n.ElseList != nil {
		c.end(n.ElseList)
	}
}

func (c compose) endAction(n *parse.ActionNode) {
	if len(n.Pipe.Decl) > 0 {
		return // it prints nothing
	}
	add := func(name string) {
		n.Pipe.Cmds = append(n.Pipe.Cmds, &parse.CommandNode{
			NodeType: parse.NodeCommand, Pos: n.Pos, Args: []parse.Node{parse.NewIdentifier(name).SetPos(n.Pos)},
		})
	}
	if !isSecret(n.Pipe) { // which means something to the destination, and nobody reads it
		add(asText)
	}
	if c.json {
		add(asJSON)
	}
}

func isSecret(p *parse.PipeNode) bool {
	if len(p.Cmds) != 1 {
		return false
	}
	name, ok := p.Cmds[0].Args[0].(*parse.IdentifierNode)
	return ok && name.Ident == "secret"
}

// errLong and errJSON are what can be wrong with what a template makes.
var (
	errLong = fmt.Errorf("template makes more than %d bytes", longestBody)
	errJSON = errors.New("template makes no JSON")
)

// fill makes the text of a template; with nil what does not depend on an event.
func fill(t *template.Template, r *bridge.Report) ([]byte, error) {
	to := capped{}
	if err := t.Execute(&to, r); err != nil {
		return nil, err
	}
	return to.Bytes(), nil
}

// capped takes a bounded number of bytes.
type capped struct{ bytes.Buffer }

// Write implements io.Writer.
func (c *capped) Write(b []byte) (int, error) {
	if c.Len()+len(b) > longestBody {
		return 0, errLong
	}
	return c.Buffer.Write(b)
}

// fillJSON is fill for a template of JSON.
func fillJSON(t *template.Template, r *bridge.Report) ([]byte, error) {
	body, err := fill(t, r)
	if err == nil && !json.Valid(body) {
		err = errJSON
	}
	return body, err
}
