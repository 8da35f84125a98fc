// Package webitel turns routing scripts of Webitel's, the Node.js and Go versions of ACR and flow_manager, into ours. Most applications are called and
// written the same; what differs is rewritten, and what has no equal is left out and said.
package webitel

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"switchgram/bridge/route/tree"
)

// Note says what became of something, or that nothing did.
type Note struct {
	At   tree.Position
	Path string
	Text string
}

// Script is an imported script.
type Script struct {
	JSON  []byte // ours
	Notes []Note
}

// Import reads a script of theirs: a whole document of ACR, with callflow, or of flow_manager, with schema, or just the steps. It refuses what is no JSON or no
// script. What it returns may still refer to what is not there, such as calendars: check it.
func Import(file string, text []byte) (*Script, error) {
	n, err := tree.Parse(file, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	w := &writer{}
	if n.Kind == tree.List {
		n = &tree.Node{Kind: tree.Object, At: n.At, Members: []tree.Member{{Name: "callflow", At: n.At, Value: n}}}
	}
	document, err := w.document(n)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(document); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return &Script{JSON: out.Bytes(), Notes: w.notes}, nil
}

// object is a JSON object that keeps its order.
type object []member

type member struct {
	name  string
	value any
}

// MarshalJSON implements json.Marshaler.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		for j, part := range []any{m.name, m.value} {
			if j > 0 {
				b.WriteByte(':')
			}
			e := json.NewEncoder(&b)
			e.SetEscapeHTML(false)
			if err := e.Encode(part); err != nil {
				return nil, err
			}
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// put adds a member unless there is one of that name.
func (o *object) put(name string, value any) {
	if !slices.ContainsFunc(*o, func(m member) bool { return m.name == name }) {
		*o = append(*o, member{name, value})
	}
}

type writer struct {
	path  string
	notes []Note
}

func (w *writer) note(at tree.Position, format string, args ...any) {
	w.notes = append(w.notes, Note{at, w.path, fmt.Sprintf(format, args...)})
}

func (w *writer) within(path string, do func()) {
	outer := w.path
	w.path = strings.TrimPrefix(outer+path, ".")
	do()
	w.path = outer
}

// fields of a document that have another name with us, or the same.
var fields = map[string]string{
	"name": "name", "callflow": "callflow", "schema": "callflow", "onDisconnect": "onDisconnect", "callflow_on_disconnect": "onDisconnect",
	"destination_number": "destination_number", "order": "order", "domain": "domain", "timezone": "timezone", "fs_timezone": "timezone",
	"disabled": "disabled", "debug": "debug", "context": "context", "variables": "variables", "domainVariables": "variables",
}

func (w *writer) document(n *tree.Node) (object, error) {
	out := object{{"name", "imported"}, {"context", "default"}, {"callflow", []any{}}}
	found := false
	for _, m := range n.Members {
		name, known := fields[m.Name]
		switch {
		case !known:
			w.note(m.At, "%q has no equal and is left out", m.Name)
		case name == "callflow" || name == "onDisconnect":
			found = true
			w.within("."+m.Name, func() { out.set(name, w.steps(m.Value)) })
		case name == "timezone" && m.Value.Kind == tree.Object:
			out.set(name, text(m.Value.Get("id")))
		default:
			out.set(name, m.Value.Any())
		}
	}
	if !found {
		return nil, errors.New("there are no steps in it: neither callflow nor schema")
	}
	return out, nil
}

// set puts a value in the place of the one that is there.
func (o *object) set(name string, value any) {
	for i := range *o {
		if (*o)[i].name == name {
			(*o)[i].value = value
			return
		}
	}
	*o = append(*o, member{name, value})
}

// text is that of a node; empty: there is none.
func text(n *tree.Node) string {
	if n == nil {
		return ""
	}
	return n.Text
}
