// Package conffile reads a YAML configuration strictly: an unknown or doubled key, a value of the wrong type and a value that its
// owner refuses are errors that name the file, the line, the column and the key.
//
// Decode fills a struct and returns the Document, which remembers where each value stood, for errors found later. Everything
// here may be called at once on different documents. The language is YAML 1.2 as go.yaml.in/yaml/v3 reads it.
package conffile

import (
	"encoding"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Error is something wrong at one place of a file.
type Error struct {
	File         string
	Line, Column int // from 1
	Key          string
	Problem      string
}

// Error is "switchgram.yaml:7:3: lines[0].max_calls: ...".
func (e *Error) Error() string {
	at := fmt.Sprintf("%s:%d:%d: ", e.File, e.Line, e.Column)
	if e.Key != "" {
		at += e.Key + ": "
	}
	return at + e.Problem
}

// Document is a file that was read; it knows where its values stand.
type Document struct {
	name  string
	nodes map[string]*yaml.Node // by key, as in "lines[0].sip.user"
}

// Decode reads text into the struct that v points to, by its yaml tags. All problems found are joined in the error, each an
// *Error. A file without content leaves v as it is.
func Decode(name string, text io.Reader, v any) (*Document, error) {
	d := &Document{name: name, nodes: map[string]*yaml.Node{}}
	root, err := d.parse(text)
	if root == nil || err != nil {
		return d, err
	}
	return d, d.fill(root, reflect.ValueOf(v).Elem(), "")
}

// parse returns the only document of the file; nil: there is none.
func (d *Document) parse(text io.Reader) (*yaml.Node, error) {
	var root, second yaml.Node
	from := yaml.NewDecoder(text)
	switch err := from.Decode(&root); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, d.syntax(err)
	}
	switch err := from.Decode(&second); {
	case errors.Is(err, io.EOF):
		return root.Content[0], nil
	case err != nil:
		return nil, d.syntax(err)
	default:
		return nil, d.at(&second, "", "a second document begins here; want one")
	}
}

// Errorf is an error at the place of a key, or of the nearest key above that stands in the file.
func (d *Document) Errorf(key, format string, args ...any) error {
	e := &Error{File: d.name, Line: 1, Column: 1, Key: key, Problem: fmt.Sprintf(format, args...)}
	for at := key; ; at = above(at) {
		if n, ok := d.nodes[at]; ok {
			e.Line, e.Column = n.Line, n.Column
			return e
		}
		if at == "" {
			return e
		}
	}
}

func above(key string) string { return key[:max(strings.LastIndexAny(key, ".["), 0)] }

var yamlLine = regexp.MustCompile(`^yaml: (?:unmarshal errors:\s+)?(?:line (\d+): )?`)

// syntax turns the library's "yaml: line 3: ..." into an Error; it knows no column.
func (d *Document) syntax(err error) error {
	e := &Error{File: d.name, Line: 1, Column: 1, Problem: "not YAML: " + yamlLine.ReplaceAllString(err.Error(), "")}
	if strings.Contains(e.Problem, "cannot start any token") {
		e.Problem += " (a tab? YAML is indented with spaces)"
	}
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil && m[1] != "" {
		_, _ = fmt.Sscan(m[1], &e.Line)
	}
	return e
}

// fill sets v from a node, and remembers where the node stands.
func (d *Document) fill(n *yaml.Node, v reflect.Value, key string) error {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	d.nodes[key] = n
	_, custom := v.Addr().Interface().(yaml.Unmarshaler)
	switch {
	case custom:
		return d.scalar(n, v, key)
	case v.Kind() == reflect.Struct && n.Kind == yaml.MappingNode:
		return d.mapping(n, v, key)
	case v.Kind() == reflect.Slice && n.Kind == yaml.SequenceNode:
		return d.sequence(n, v, key)
	default:
		return d.scalar(n, v, key)
	}
}

func (d *Document) mapping(n *yaml.Node, v reflect.Value, key string) error {
	fields := fieldsOf(v)
	seen := map[string]bool{}
	var all []error
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := n.Content[i].Value
		field, ok := fields[name]
		switch {
		case !ok:
			all = append(all, d.at(n.Content[i], key, "unknown key %q%s", name, suggestion(name, fields)))
		case seen[name]:
			all = append(all, d.at(n.Content[i], key, "key %q stands here twice", name))
		default:
			all = append(all, d.fill(n.Content[i+1], field, join(key, name)))
		}
		seen[name] = true
	}
	return errors.Join(all...)
}

func (d *Document) sequence(n *yaml.Node, v reflect.Value, key string) error {
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	var all []error
	for i, item := range n.Content {
		all = append(all, d.fill(item, v.Index(i), fmt.Sprintf("%s[%d]", key, i)))
	}
	return errors.Join(all...)
}

func (d *Document) scalar(n *yaml.Node, v reflect.Value, key string) error {
	if n.Tag == "!!null" {
		return nil // "key:" without a value is the default
	}
	err := n.Decode(v.Addr().Interface())
	switch wrong := (*yaml.TypeError)(nil); {
	case err == nil:
		return nil
	case errors.As(err, &wrong):
		return d.at(n, key, "%s: want %s", shown(n), wanted(v))
	default:
		return d.at(n, key, "%s", strings.TrimSpace(yamlLine.ReplaceAllString(err.Error(), "")))
	}
}

const mostShown = 40 // characters of a wrong value

// shown is a value as an error shows it.
func shown(n *yaml.Node) string {
	switch n.Kind {
	case yaml.SequenceNode:
		return "this is a list"
	case yaml.MappingNode:
		return "here are keys with values"
	}
	if text := []rune(n.Value); len(text) > mostShown {
		return fmt.Sprintf("%q…", string(text[:mostShown]))
	}
	return fmt.Sprintf("%q", n.Value)
}

// wanted says in words what fits into v.
func wanted(v reflect.Value) string {
	_, fromText := v.Addr().Interface().(encoding.TextUnmarshaler)
	switch {
	case v.Type() == reflect.TypeFor[time.Duration]():
		return "a duration, such as 30s or 5m"
	case fromText, v.Kind() == reflect.String:
		return "one value, in quotes if need be"
	case v.CanInt(), v.CanUint():
		return "a whole number"
	case v.CanFloat():
		return "a number"
	case v.Kind() == reflect.Bool:
		return "true or false"
	case v.Kind() == reflect.Slice:
		return "a list, such as [a, b]"
	default:
		return "keys with values"
	}
}

func (d *Document) at(n *yaml.Node, key, format string, args ...any) error {
	return &Error{File: d.name, Line: n.Line, Column: n.Column, Key: key, Problem: fmt.Sprintf(format, args...)}
}

func join(key, name string) string {
	if key == "" {
		return name
	}
	return key + "." + name
}

// fieldsOf are a struct's fields by their yaml names; inlined structs count as the struct's own.
func fieldsOf(v reflect.Value) map[string]reflect.Value {
	fields := map[string]reflect.Value{}
	for i := range v.NumField() {
		name, options, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		switch {
		case options == "inline":
			for n, f := range fieldsOf(v.Field(i)) {
				fields[n] = f
			}
		case name == "-" || !v.Type().Field(i).IsExported():
		case name == "":
			fields[strings.ToLower(v.Type().Field(i).Name)] = v.Field(i)
		default:
			fields[name] = v.Field(i)
		}
	}
	return fields
}

// suggestion names the known key that looks most like a wrong one, or all of them.
func suggestion(wrong string, fields map[string]reflect.Value) string {
	flat := strings.NewReplacer("_", "", "-", "")
	for name := range fields {
		if strings.EqualFold(flat.Replace(name), flat.Replace(wrong)) {
			return fmt.Sprintf("; did you mean %q?", name)
		}
	}
	return "; known are " + strings.Join(slices.Sorted(maps.Keys(fields)), ", ")
}
