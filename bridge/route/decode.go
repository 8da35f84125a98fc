package route

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"switchgram/bridge/route/template"
	"switchgram/bridge/route/tree"
)

// The arguments of applications are structs, read by their tags; Schema makes a JSON Schema of the same tags. So each application is
// declared once. The tags:
//
//	json:"name"      the field's name in the script
//	short:"true"     a bare value is the value of this field
//	default:"text"   what it is if nothing is said
//	words:"a,b"      what a string may be
//	min:"1" max:"9"  what a number may be
//	need:"true"      it must be there
//	need:"word"      and be no empty text
//
// Fields of types that read themselves are readers.

// reader is an argument that reads itself.
type reader interface {
	read(p *parser, n *tree.Node)
}

// parser reads one script.
type parser struct {
	script   *Script
	forms    map[string]form // the applications there are
	allow    template.Allow
	path     string
	callless bool   // what is read runs without a call, for a web request
	block    *block // that is being read
	index    int    // of the step in it
	depth    int
	steps    int
	problems []error
	uses     []use
}

// use is a name that a script refers to.
type use struct {
	kind, name string
	in         *block // list of steps; nil: none
	at         tree.Position
	path       string
}

func (p *parser) say(n *tree.Node, format string, args ...any) {
	p.sayAt(n.At, format, args...)
}

func (p *parser) sayAt(at tree.Position, format string, args ...any) {
	p.problems = append(p.problems, &Problem{File: p.script.File, At: at, Path: p.path, Text: fmt.Sprintf(format, args...)})
}

func (p *parser) use(kind, name string, n *tree.Node) {
	p.uses = append(p.uses, use{kind, name, p.block, n.At, p.path})
}

// within reads something below the present path.
func (p *parser) within(path string, read func()) {
	outer := p.path
	p.path = strings.TrimPrefix(outer+path, ".")
	read()
	p.path = outer
}

// decode reads a node into what v points to.
func (p *parser) decode(n *tree.Node, v any) {
	p.value(n, reflect.ValueOf(v).Elem(), "")
}

func (p *parser) value(n *tree.Node, v reflect.Value, tag reflect.StructTag) {
	if tag.Get("need") == "word" && n.Kind == tree.String && n.Text == "" {
		p.say(n, "it is empty")
		return
	}
	if r, ok := v.Addr().Interface().(reader); ok {
		r.read(p, n)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		p.object(n, v)
	case reflect.Slice:
		p.list(n, v, tag)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		p.value(n, v.Elem(), tag)
	case reflect.Bool:
		v.SetBool(p.boolean(n))
	case reflect.Int:
		v.SetInt(int64(p.integer(n, tag)))
	case reflect.String:
		v.SetString(p.word(n, tag))
	default:
		panic("route: no way to read " + v.Type().String())
	}
}

func (p *parser) object(n *tree.Node, v reflect.Value) {
	if n.Kind != tree.Object {
		p.short(n, v)
		return
	}
	missing := map[string]bool{}
	for f := range fields(v.Type()) {
		missing[f] = true
	}
	for _, m := range n.Members {
		i, ok := fields(v.Type())[m.Name]
		if !ok {
			p.sayAt(m.At, "%q is not known here%s", m.Name, suggest(m.Name, names(v.Type())))
			continue
		}
		delete(missing, m.Name)
		p.within("."+m.Name, func() { p.value(m.Value, v.Field(i), v.Type().Field(i).Tag) })
	}
	p.complete(n, v, missing)
}

// complete gives fields that are missing their defaults.
func (p *parser) complete(n *tree.Node, v reflect.Value, missing map[string]bool) {
	for _, name := range names(v.Type()) {
		f := v.Type().Field(fields(v.Type())[name])
		text, ok := f.Tag.Lookup("default")
		switch {
		case !missing[name]:
		case f.Tag.Get("need") != "":
			p.say(n, "%q is missing", name)
		case ok:
			p.value(&tree.Node{Kind: tree.String, At: n.At, Text: text}, v.FieldByIndex(f.Index), f.Tag)
		}
	}
}

// short reads a bare value as the one field that matters.
func (p *parser) short(n *tree.Node, v reflect.Value) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Tag.Get("short") == "" {
			continue
		}
		missing := map[string]bool{}
		for _, name := range names(v.Type()) {
			missing[name] = name != f.Tag.Get("json")
		}
		p.value(n, v.Field(i), f.Tag)
		p.complete(n, v, missing)
		return
	}
	p.say(n, "want an object, not %s", n.Kind)
}

func (p *parser) list(n *tree.Node, v reflect.Value, tag reflect.StructTag) {
	items := n.Items
	if n.Kind != tree.List {
		items = []*tree.Node{n} // one is as good as a list of one
	}
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		p.within("["+strconv.Itoa(i)+"]", func() { p.value(item, v.Index(i), tag) })
	}
	if most, err := strconv.Atoi(tag.Get("most")); err == nil && len(items) > most {
		p.say(n, "%d of them; at most %d", len(items), most)
	}
	if len(items) == 0 && tag.Get("need") != "" {
		p.say(n, "the list is empty")
	}
}

func (p *parser) boolean(n *tree.Node) bool {
	if n.Kind != tree.Bool && n.Text != "true" && n.Text != "false" {
		p.say(n, "want true or false, not %s", n.Kind)
	}
	return n.Text == "true"
}

func (p *parser) integer(n *tree.Node, tag reflect.StructTag) int {
	i, err := strconv.Atoi(n.Text)
	least, errLeast := strconv.Atoi(tag.Get("min"))
	most, errMost := strconv.Atoi(tag.Get("max"))
	switch {
	case err != nil:
		p.say(n, "want a whole number, not %s", n.Kind)
	case errLeast == nil && i < least:
		p.say(n, "%d is too little; want %d or more", i, least)
	case errMost == nil && i > most:
		p.say(n, "%d is too much; want %d or less", i, most)
	}
	return i
}

func (p *parser) word(n *tree.Node, tag reflect.StructTag) string {
	words, limited := tag.Lookup("words")
	all := strings.Split(words, ",")
	switch {
	case n.Kind != tree.String && n.Kind != tree.Number:
		p.say(n, "want a text, not %s", n.Kind)
	case limited && !slices.Contains(all, n.Text):
		p.say(n, "%q: want %s%s", n.Text, strings.Join(all, ", "), suggest(n.Text, all))
	}
	return n.Text
}

// fields are the indices of a struct's fields by their names in scripts.
func fields(t reflect.Type) map[string]int {
	all := map[string]int{}
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("json"); name != "" {
			all[name] = i
		}
	}
	return all
}

// names are those of a struct's fields in scripts, in order.
func names(t reflect.Type) (all []string) {
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("json"); name != "" {
			all = append(all, name)
		}
	}
	return all
}

// suggest finds what was perhaps meant.
func suggest(word string, among []string) string {
	best, distance := "", 1+len(word)/3
	for _, candidate := range among {
		if d := differences(strings.ToLower(word), strings.ToLower(candidate)); d <= distance {
			best, distance = candidate, d-1
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// differences is Levenshtein's distance.
func differences(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j]+1, row[j+1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
