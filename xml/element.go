package xml

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// element is a node of a document: a name, attributes and children; or, without a name, a comment.
type element struct {
	name  string
	attrs []string // name, value, name, value
	nodes []*element
	text  string // of a comment
}

// el makes an element; attrs are names and values by turns.
func el(name string, attrs ...string) *element { return &element{name: name, attrs: attrs} }

// comment makes a comment of one or several lines.
func comment(text string) *element { return &element{text: text} }

// with appends children and returns the element.
func (e *element) with(nodes ...*element) *element {
	e.nodes = append(e.nodes, nodes...)
	return e
}

// param is what most settings of FreeSWITCH look like.
func param(name, value string) *element { return el("param", "name", name, "value", value) }

func variable(name, value string) *element { return el("variable", "name", name, "value", value) }

func action(application, data string) *element {
	if data == "" {
		return el("action", "application", application)
	}
	return el("action", "application", application, "data", data)
}

// document is one section, in the form that mod_xml_curl wants.
func document(section string, nodes ...*element) []byte {
	return render(el("document", "type", "freeswitch/xml").with(el("section", "name", section).with(nodes...)))
}

// notFound makes FreeSWITCH ask elsewhere: the next binding, then its own files.
func notFound() []byte { return document("result", el("result", "status", "not found")) }

// render writes elements, indented by two spaces.
func render(all ...*element) []byte {
	var b bytes.Buffer
	for _, e := range all {
		e.write(&b, 0)
	}
	return b.Bytes()
}

func (e *element) write(b *bytes.Buffer, depth int) {
	indent(b, depth)
	if e.name == "" {
		e.writeComment(b, depth)
		return
	}
	b.WriteString("<" + e.name)
	for i := 0; i+1 < len(e.attrs); i += 2 {
		b.WriteString(" " + e.attrs[i] + `="`)
		escape(b, e.attrs[i+1])
		b.WriteByte('"')
	}
	if len(e.nodes) == 0 {
		b.WriteString("/>\n")
		return
	}
	b.WriteString(">\n")
	for _, n := range e.nodes {
		n.write(b, depth+1)
	}
	indent(b, depth)
	b.WriteString("</" + e.name + ">\n")
}

func (e *element) writeComment(b *bytes.Buffer, depth int) {
	text := strings.ReplaceAll(e.text, "--", "- -") // XML 1.0 §2.5
	for i, line := range strings.Split(text, "\n") {
		if i == 0 {
			b.WriteString("<!-- ")
		} else {
			b.WriteByte('\n')
			indent(b, depth)
			b.WriteString("     ")
		}
		b.WriteString(line)
	}
	b.WriteString(" -->\n")
}

func indent(b *bytes.Buffer, depth int) {
	for range depth {
		b.WriteString("  ")
	}
}

// escape writes the value of an attribute. Tabs and line breaks become spaces, as a reader would make them (XML 1.0 §3.3.3); what XML cannot
// carry at all (§2.2: control characters, surrogates, U+FFFE, U+FFFF) is left out, and so is DEL, which nobody means.
func escape(b *bytes.Buffer, value string) {
	for _, r := range value {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case r == '\t' || r == '\n' || r == '\r':
			b.WriteByte(' ')
		case r < ' ' || r == 0x7f || r == 0xfffe || r == 0xffff || r == utf8.RuneError:
		default:
			b.WriteRune(r)
		}
	}
}
