package route

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"switchgram/bridge/route/pattern"
	"switchgram/bridge/route/tree"
)

// Contexts that routes are in.
const (
	Public  = "public"  // calls from outside
	Default = "default" // calls of our own users
	Dialer  = "dialer"  // calls that a dialer makes
	Private = "private" // chosen by nobody but other scripts
	Webhook = "webhook" // requests to our web server; the number is the path, without the first slash
)

// Script is a route: what happens to the calls of some numbers. Make one with Parse; it is not changed after.
type Script struct {
	Name      string
	Context   string
	Numbers   []*pattern.Pattern // destinations; in public they are exact
	Order     int                // of patterns in default: lower ones first
	Domain    string             // whose calls; empty: everybody's
	Zone      *time.Location     // nil: the machine's
	Disabled  bool
	Debug     bool
	Variables map[string]string // set before the first step
	File      string
	Mark      string // of its text: another text has another one
	text      []byte

	at         tree.Position
	numbersAt  tree.Position
	blocks     map[string]*block
	tags       map[string]place
	functions  map[string]*block
	callflow   *block
	disconnect []*block
	uses       []use
	programs   []programAt
}

// document is a script as it is written.
type document struct {
	Name         string        `json:"name" need:"word"`
	Context      string        `json:"context" need:"true" words:"public,default,dialer,private,webhook"`
	Destination  destination   `json:"destination_number"`
	Order        int           `json:"order" default:"1000"`
	Domain       string        `json:"domain"`
	Timezone     zone          `json:"timezone"`
	Disabled     bool          `json:"disabled"`
	Debug        bool          `json:"debug"`
	Compat       bool          `json:"compat"`
	Version      int           `json:"version"`
	ID           anything      `json:"_id"`
	Note         anything      `json:"note"`
	Variables    constants     `json:"variables"`
	Functions    functionTable `json:"functions"`
	Callflow     flow          `json:"callflow" need:"true"`
	OnDisconnect handler       `json:"onDisconnect"`
}

// Parse reads a script, strictly. file is for errors, which may be many: see Problems. What a script refers to outside of itself is
// looked for by Library.Check, and what is wrong with its JavaScript by CheckJavaScript.
func Parse(file string, from io.Reader) (*Script, error) {
	var text bytes.Buffer
	n, err := tree.Parse(file, io.TeeReader(from, &text))
	if err != nil {
		return nil, err
	}
	s := &Script{File: file, Mark: mark(text.Bytes()), text: text.Bytes(), at: n.At, blocks: map[string]*block{}, tags: map[string]place{}, functions: map[string]*block{}, Variables: map[string]string{}}
	p := &parser{script: s, forms: applications()}
	if compat := n.Get("compat"); compat != nil {
		p.allow.Bare = compat.True()
	}
	if in := n.Get("context"); in != nil {
		p.callless = in.Text == Webhook
	}
	var d document
	if n.Kind != tree.Object {
		p.say(n, "want a route, which is an object, not %s", n.Kind)
	} else {
		p.decode(n, &d)
	}
	s.Name, s.Context, s.Order, s.Domain = d.Name, d.Context, d.Order, d.Domain
	s.Zone, s.Disabled, s.Debug, s.uses = d.Timezone.Location, d.Disabled, d.Debug, p.uses
	p.resolve()
	return s, errors.Join(p.problems...)
}

// mark is that of a text.
func mark(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// resolve looks for what the script refers to within itself.
func (p *parser) resolve() {
	for _, u := range p.uses {
		p.path = u.path
		switch u.kind {
		case useTag:
			to, ok := p.script.tags[u.name]
			switch {
			case !ok:
				p.sayAt(u.at, "there is no tag %q", u.name)
			case to.block.after != u.in.after:
				p.sayAt(u.at, "tag %q cannot be reached: one of both is for when the call is over", u.name)
			}
		case useFunction:
			if p.script.functions[u.name] == nil {
				p.sayAt(u.at, "there is no function %q", u.name)
			}
		}
	}
}

// destination are the numbers that a route is for.
type destination struct{}

func (d *destination) read(p *parser, n *tree.Node) {
	p.script.numbersAt = n.At
	items := n.Items
	if n.Kind != tree.List {
		items = []*tree.Node{n}
	}
	for _, item := range items {
		if item.Kind != tree.String || item.Text == "" {
			p.say(item, "want a number or a pattern in quotes")
			continue
		}
		one, err := pattern.Parse(item.Text)
		if err != nil {
			p.say(item, "%v", err)
			continue
		}
		p.script.Numbers = append(p.script.Numbers, one)
	}
}

// zone is a time zone by its IANA name.
type zone struct{ *time.Location }

func (z *zone) read(p *parser, n *tree.Node) {
	location, err := time.LoadLocation(n.Text)
	if err != nil || n.Text == "" || n.Text == "Local" {
		p.say(n, "there is no time zone %q; want one such as Europe/Kyiv", n.Text)
		return
	}
	z.Location = location
}

// constants are variables of a route.
type constants struct{}

func (constants) read(p *parser, n *tree.Node) {
	for _, m := range n.Members {
		var v variable
		v.parse(p, n, m.Name)
		p.script.Variables[v.name] = m.Value.Text
	}
	if n.Kind != tree.Object {
		p.say(n, "want an object of texts, not %s", n.Kind)
	}
}

// flow is the callflow.
type flow struct{}

func (flow) read(p *parser, n *tree.Node) { p.script.callflow = p.listOfSteps(n, nil) }

// handler is onDisconnect.
type handler struct{}

func (handler) read(p *parser, n *tree.Node) { p.afterwards(n) }

// afterwards reads steps for when the call is over.
func (p *parser) afterwards(n *tree.Node) {
	outer := p.block
	p.block = &block{after: true} // nobody's parent, but what is read below is for then
	b := p.listOfSteps(n, p.block)
	p.block, b.parent = outer, nil
	p.script.disconnect = append(p.script.disconnect, b)
}

// functionTable are functions by name.
type functionTable struct{}

func (functionTable) read(p *parser, n *tree.Node) {
	for _, m := range n.Members {
		p.within("."+m.Name, func() { p.function(m.Name, m.At, m.Value) })
	}
	if n.Kind != tree.Object {
		p.say(n, "want an object of functions, not %s", n.Kind)
	}
}

// function reads the steps of one.
func (p *parser) function(name string, at tree.Position, body *tree.Node) {
	if p.script.functions[name] != nil {
		p.sayAt(at, "function %q is there already", name)
	}
	p.script.functions[name] = p.listOfSteps(body, nil)
}

// first is where a call begins that enters the route.
func (s *Script) first() []Frame { return []Frame{{Route: s.Name, Block: s.callflow.path}} }

// Describe is one line about a script.
func (s *Script) Describe() string {
	var numbers []string
	for _, n := range s.Numbers {
		numbers = append(numbers, n.String())
	}
	return fmt.Sprintf("%s %s: %s", s.Context, strings.Join(numbers, " "), s.Name)
}
