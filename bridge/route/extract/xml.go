package extract

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// element is a part of an XML document. Its paths are XPath as far as scripts use it: /a/b[2]/@id, //b[@type='x']/c, c/text(). Prefixes of
// namespaces do not count.
type element struct {
	name     string
	attrs    []xml.Attr
	text     strings.Builder
	children []*element
}

const maxXMLDepth = 100

func openXML(body []byte) (Document, error) {
	root := &element{}
	open := []*element{root}
	d := xml.NewDecoder(bytes.NewReader(body))
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("not XML: %w", err)
		}
		last := open[len(open)-1]
		switch t := t.(type) {
		case xml.StartElement:
			if len(open) > maxXMLDepth {
				return nil, fmt.Errorf("XML deeper than %d", maxXMLDepth)
			}
			e := &element{name: t.Name.Local, attrs: t.Attr}
			last.children = append(last.children, e)
			open = append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			last.text.Write(t)
		}
	}
	if len(root.children) == 0 {
		return nil, errors.New("not XML: there is nothing in it")
	}
	return root, nil
}

// Find implements Document.
func (e *element) Find(path string) (string, bool) {
	at := []*element{e}
	if !strings.HasPrefix(path, "/") {
		at = e.children // paths begin below the root element
	}
	deep := false
	for _, step := range strings.Split(strings.TrimPrefix(path, "/"), "/") {
		name, isAttr := strings.CutPrefix(step, "@")
		switch {
		case step == "":
			deep = true
			continue
		case len(at) == 0:
			return "", false
		case isAttr:
			return at[0].attr(name)
		case step == "text()":
			return strings.TrimSpace(at[0].text.String()), true
		case step == ".":
			continue
		}
		at = choose(at, step, deep)
		deep = false
	}
	if len(at) == 0 {
		return "", false
	}
	return at[0].words(), true
}

// words are all text within.
func (e *element) words() string {
	var b strings.Builder
	b.WriteString(e.text.String())
	for _, c := range e.children {
		b.WriteString(c.words())
	}
	return strings.TrimSpace(b.String())
}

func (e *element) attr(name string) (string, bool) {
	for _, a := range e.attrs {
		if a.Name.Local == local(name) {
			return a.Value, true
		}
	}
	return "", false
}

func local(name string) string {
	_, after, prefixed := strings.Cut(name, ":")
	if prefixed {
		return after
	}
	return name
}

// choose takes a step of a path: name, name[2] or name[@attr='value'].
func choose(from []*element, step string, deep bool) (chosen []*element) {
	name, condition, _ := strings.Cut(strings.TrimSuffix(step, "]"), "[")
	for _, e := range from {
		of := e.named(local(name), deep)
		n, err := strconv.Atoi(condition)
		switch {
		case condition == "":
			chosen = append(chosen, of...)
		case err == nil && n >= 1 && n <= len(of):
			chosen = append(chosen, of[n-1])
		case err != nil:
			chosen = append(chosen, having(of, condition)...)
		}
	}
	return chosen
}

func (e *element) named(name string, deep bool) (found []*element) {
	for _, c := range e.children {
		if name == "*" || c.name == name {
			found = append(found, c)
		}
		if deep {
			found = append(found, c.named(name, true)...)
		}
	}
	return found
}

// having are those for which a condition holds: @attr='value' or child='value'.
func having(all []*element, condition string) (found []*element) {
	what, want, _ := strings.Cut(condition, "=")
	want = strings.Trim(strings.TrimSpace(want), `"'`)
	for _, e := range all {
		if got, ok := (&element{children: []*element{e}}).Find("/" + e.name + "/" + strings.TrimSpace(what)); ok && got == want {
			found = append(found, e)
		}
	}
	return found
}
