// Package tree reads JSON and remembers where everything stands, so that mistakes in a script can be shown to whoever wrote it. Members of objects keep
// their order, and two of the same name are refused.
package tree

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Limits of a document.
const (
	MaxBytes = 4 << 20
	MaxDepth = 200
)

// Position is a place in a file. Lines and columns begin at 1; columns count characters.
type Position struct{ Line, Column int }

// Kind is what a Node is.
type Kind uint8

// The kinds.
const (
	Null Kind = iota
	Bool
	Number
	String
	List
	Object
)

// String is the word for it in messages.
func (k Kind) String() string {
	return [...]string{"null", "true or false", "a number", "a text", "a list", "an object"}[min(k, Object)]
}

// Node is a value of the document. It is not changed after Parse.
type Node struct {
	Kind    Kind
	At      Position
	Text    string // of a String its value; of a Number or Bool as written
	Items   []*Node
	Members []Member
}

// Member is a name in an object and its value.
type Member struct {
	Name  string
	At    Position
	Value *Node
}

// Get finds a member; nil: there is none.
func (n *Node) Get(name string) *Node {
	for _, m := range n.Members {
		if m.Name == name {
			return m.Value
		}
	}
	return nil
}

// True tells whether the node is true.
func (n *Node) True() bool { return n.Kind == Bool && n.Text == "true" }

// Any is the value as encoding/json would have it, numbers as json.Number.
func (n *Node) Any() any {
	switch n.Kind {
	case Bool:
		return n.True()
	case Number:
		return json.Number(n.Text)
	case String:
		return n.Text
	case List:
		all := make([]any, 0, len(n.Items))
		for _, item := range n.Items {
			all = append(all, item.Any())
		}
		return all
	case Object:
		all := make(map[string]any, len(n.Members))
		for _, m := range n.Members {
			all[m.Name] = m.Value.Any()
		}
		return all
	}
	return nil
}

// Error is a mistake at a place in a file.
type Error struct {
	File    string
	At      Position
	Problem string
}

// Error is "file:line:column: problem".
func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.At.Line, e.At.Column, e.Problem)
}

// Parse reads one JSON document. file is for errors, which are *Error, or those of the reader.
func Parse(file string, from io.Reader) (*Node, error) {
	data, err := io.ReadAll(io.LimitReader(from, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	data = bytes.TrimPrefix(data, []byte("\uFEFF")) // which editors put there, and a reader may pass over (RFC 8259 §8.1)
	p := &parser{file: file, data: data, scanned: Position{1, 1}, decoder: json.NewDecoder(bytes.NewReader(data))}
	p.decoder.UseNumber()
	switch {
	case len(data) > MaxBytes:
		return nil, p.fail(Position{1, 1}, "longer than %d bytes", MaxBytes)
	case !utf8.Valid(data):
		return nil, p.fail(p.position(int64(invalid(data))), "not UTF-8")
	}
	n, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if at := p.next(); p.offset < int64(len(p.data)) {
		return nil, p.fail(at, "there is more after the end")
	}
	return n, nil
}

func invalid(data []byte) int {
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(data)
}

type parser struct {
	file    string
	data    []byte
	decoder *json.Decoder
	offset  int64    // of what comes next
	scanned Position // of scannedTo
	upTo    int64
}

func (p *parser) fail(at Position, format string, args ...any) error {
	return &Error{File: p.file, At: at, Problem: fmt.Sprintf(format, args...)}
}

// next finds where the next token begins, which the decoder does not tell.
func (p *parser) next() Position {
	for p.offset = p.decoder.InputOffset(); p.offset < int64(len(p.data)); p.offset++ {
		if !strings.ContainsRune(" \t\r\n,:", rune(p.data[p.offset])) {
			break
		}
	}
	return p.position(p.offset)
}

// position is that of an offset. Those that are asked for grow, so that each byte is looked at once.
func (p *parser) position(offset int64) Position {
	if offset < p.upTo {
		p.upTo, p.scanned = 0, Position{1, 1}
	}
	for _, r := range string(p.data[p.upTo:min(offset, int64(len(p.data)))]) {
		if p.scanned.Column++; r == '\n' {
			p.scanned = Position{p.scanned.Line + 1, 1}
		}
	}
	p.upTo = offset
	return p.scanned
}

func (p *parser) token() (json.Token, Position, error) {
	at := p.next()
	t, err := p.decoder.Token()
	var syntax *json.SyntaxError
	switch {
	case err == nil:
		return t, at, nil
	case errors.As(err, &syntax):
		return nil, at, p.fail(at, "not JSON: %v", syntax)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		at = p.position(int64(len(p.data)))
		return nil, at, p.fail(at, "not JSON: it ends too early")
	}
	return nil, at, p.fail(at, "not JSON: %v", err)
}

func (p *parser) value(depth int) (*Node, error) {
	t, at, err := p.token()
	if err != nil {
		return nil, err
	}
	if depth > MaxDepth {
		return nil, p.fail(at, "deeper than %d", MaxDepth)
	}
	n := &Node{At: at}
	switch t := t.(type) {
	case bool:
		n.Kind, n.Text = Bool, fmt.Sprint(t)
	case json.Number:
		n.Kind, n.Text = Number, t.String()
	case string:
		n.Kind, n.Text = String, t
	case json.Delim:
		if t == '[' {
			return n, p.list(n, depth)
		}
		return n, p.object(n, depth)
	}
	return n, nil
}

func (p *parser) list(n *Node, depth int) error {
	n.Kind = List
	for p.decoder.More() {
		item, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		n.Items = append(n.Items, item)
	}
	_, _, err := p.token()
	return err
}

func (p *parser) object(n *Node, depth int) error {
	n.Kind = Object
	seen := map[string]bool{}
	for p.decoder.More() {
		t, at, err := p.token()
		if err != nil {
			return err
		}
		m := Member{Name: t.(string), At: at} // the decoder takes nothing else
		if seen[m.Name] {
			return p.fail(at, "%q stands here twice", m.Name)
		}
		seen[m.Name] = true
		if m.Value, err = p.value(depth + 1); err != nil {
			return err
		}
		n.Members = append(n.Members, m)
	}
	_, _, err := p.token()
	return err
}
