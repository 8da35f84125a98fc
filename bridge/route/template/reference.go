package template

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"switchgram/bridge/route/extract"
	"switchgram/bridge/route/moment"
)

type secret string

func (s secret) value(v Values) (string, bool) { return v.Secret(string(s)), false }

type global string

func (g global) value(v Values) (string, bool) { return v.Global(string(g)), true }

type captured struct {
	register int
	group    string
}

func (c captured) value(v Values) (string, bool) { return v.Capture(c.register, c.group), true }

// computed is what a function says.
type computed func(v Values) string

func (c computed) value(v Values) (string, bool) { return c(v), true }

// variable is ${name[2]|filter|…}.
type variable struct {
	name    string
	index   int // of an array; -1: all of it
	filters []filter
	escaped bool                  // by a filter
	from    func(v Values) string // nil: the variable name
}

func (r variable) value(v Values) (string, bool) {
	text := ""
	switch {
	case r.from != nil:
		text = r.from(v)
	default:
		text = lookUp(v, r.name)
	}
	if r.index >= 0 {
		text = Element(text, r.index)
	}
	for _, f := range r.filters {
		text = f(text)
	}
	return text, true
}

// lookUp finds a variable, or a path into one that holds JSON: ${contact.phones.0}.
func lookUp(v Values, name string) string {
	if text := v.Variable(name); text != "" {
		return text
	}
	for i := strings.LastIndexByte(name, '.'); i > 0; i = strings.LastIndexByte(name[:i], '.') {
		if body := v.Variable(name[:i]); body != "" {
			text, _ := extract.JSON(body, name[i+1:])
			return text
		}
	}
	return ""
}

// arrayMark begins FreeSWITCH's arrays: ARRAY::one|:two.
const arrayMark, arrayComma = "ARRAY::", "|:"

// Array writes values as FreeSWITCH writes an array.
func Array(values []string) string { return arrayMark + strings.Join(values, arrayComma) }

// Element is one of an array. The first of anything else is all of it.
func Element(text string, index int) string {
	list, isArray := strings.CutPrefix(text, arrayMark)
	all := []string{text}
	if isArray {
		all = strings.Split(list, arrayComma)
	}
	if index >= len(all) {
		return ""
	}
	return all[index]
}

// passed are FreeSWITCH's functions that go to FreeSWITCH as they are.
var passed = []string{"sofia_contact", "verto_contact", "say_string", "hash", "expr"}

type passThrough string

func (f passThrough) value(Values) (string, bool) { return "${" + string(f) + "}", false }

// variable reads what stands between ${ and }.
func (p *parser) variable(s string) (part, error) {
	pieces := strings.Split(s, "|")
	name, argument, isCall := strings.Cut(pieces[0], "(")
	if isCall && !strings.HasSuffix(name, ".uri") {
		return p.call(s, name, strings.TrimSuffix(argument, ")"))
	}
	r := variable{index: -1}
	for _, f := range pieces[1:] {
		filter, err := parseFilter(f)
		if err != nil {
			return nil, p.fail("${%s}: %v", s, err)
		}
		r.filters = append(r.filters, filter)
		r.escaped = r.escaped || f == "html" || f == "slack" || f == "uri"
	}
	if isCall { // ${name.uri()}
		name = strings.TrimSuffix(name, ".uri")
		r.filters, r.escaped = append([]filter{Query.Apply}, r.filters...), true
	}
	return r.named(p, s, name)
}

func (r variable) named(p *parser, s, name string) (part, error) {
	if bare, index, ok := strings.Cut(name, "["); ok {
		n, err := strconv.Atoi(strings.TrimSuffix(index, "]"))
		if err != nil || n < 0 {
			return nil, p.fail("${%s}: want a number between [ and ]", s)
		}
		name, r.index = bare, n
	}
	r.name = name
	switch jar, isCookie := strings.CutPrefix(name, "cookie:"); {
	case !identifier(name):
		return nil, p.fail("${%s}: %q is no name of a variable", s, name)
	case isCookie:
		jar, cookie, _ := strings.Cut(jar, ":")
		r.name, r.from = "", func(v Values) string { return v.Cookie(jar, cookie) }
	case strings.Trim(name, "0123456789") == "":
		r.name, r.from = "", func(v Values) string { return v.Capture(0, name) }
	case strings.HasPrefix(name, "reg."):
		r.name, r.from = "", func(v Values) string { return v.Capture(0, name[len("reg."):]) }
	}
	return r, nil
}

// call reads ${function(argument)}. Some of FreeSWITCH's functions we answer ourselves, wherever the call is.
func (p *parser) call(s, name, argument string) (part, error) {
	switch {
	case name == "create_uuid":
		return newUUID, nil
	case name == "strepoch" && argument == "":
		return epoch, nil
	case name == "strftime":
		return p.strftime(argument)
	case p.allow.Functions && slices.Contains(passed, name):
		return passThrough(s), nil
	case slices.Contains(passed, name):
		return nil, p.fail("${%s}: FreeSWITCH's functions have no place here", s)
	}
	return nil, p.fail("${%s}: there is no function %q", s, name)
}

var (
	newUUID computed = func(Values) string { return uuid.NewString() }
	epoch   computed = func(v Values) string { return strconv.FormatInt(v.Now().Unix(), 10) }
)

func (p *parser) strftime(format string) (part, error) {
	if err := moment.CheckFormat(format); err != nil {
		return nil, p.fail("strftime: %v", err)
	}
	return computed(func(v Values) string { return moment.Strftime(format, v.Now()) }), nil
}

// function reads &name(argument) and &reg0.$1. Anything else after & is text.
func (p *parser) function(s string) (part, int, error) {
	if rest, ok := strings.CutPrefix(s, "&reg"); ok {
		if found, length := register(rest); found != nil {
			return found, len("&reg") + length, nil
		}
	}
	name, rest, ok := strings.Cut(s[1:], "(")
	if !ok || !slices.Contains(functions(), name) {
		return nil, 0, nil
	}
	argument, _, ok := strings.Cut(rest, ")")
	if !ok {
		return nil, 0, p.fail("&%s( has no end: ) is missing", name)
	}
	found, err := p.dynamic(name, argument)
	return found, len("&(") + len(name) + len(argument) + len(")"), err
}

// register reads N.$M after &reg.
func register(s string) (part, int) {
	number, group, ok := strings.Cut(s, ".$")
	n, err := strconv.Atoi(number)
	if !ok || err != nil || n < 0 || len(number) > 3 || group == "" || !digit(group[0]) {
		return nil, 0
	}
	end := 1
	for end < len(group) && digit(group[end]) {
		end++
	}
	return captured{n, group[:end]}, len(number) + len(".$") + end
}

func functions() []string {
	return append(moment.Names(), "uuid", "strftime", "epoch", "random")
}

func (p *parser) dynamic(name, argument string) (part, error) {
	switch name {
	case "uuid":
		return newUUID, nil
	case "epoch":
		return epoch, nil
	case "strftime":
		return p.strftime(argument)
	case "random":
		return p.random(argument)
	}
	if argument != "" {
		return nil, p.fail("&%s(%s): a condition has no place in a text; want &%s()", name, argument, name)
	}
	return computed(func(v Values) string { return value(name, v.Now()) }), nil
}

func value(name string, t time.Time) string {
	text, _ := moment.Value(name, t)
	return text
}

func (p *parser) random(argument string) (part, error) {
	from, to, _ := strings.Cut(argument, "-")
	a, errA := strconv.ParseInt(strings.TrimSpace(from), 10, 32)
	b, errB := strconv.ParseInt(strings.TrimSpace(to), 10, 32)
	if errA != nil || errB != nil || a > b {
		return nil, p.fail("&random(%s): want two numbers, such as 1-6", argument)
	}
	return computed(func(Values) string { return strconv.FormatInt(a+rand.Int64N(b-a+1), 10) }), nil
}
