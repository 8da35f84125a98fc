package expression

import (
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"

	"switchgram/bridge/route/moment"
	"switchgram/bridge/route/pattern"
	"switchgram/bridge/route/template"
)

// text is what a variable holds: its own type, so that comparisons with it are ours.
type text string

// scope is what a program knows, as $env. Numbers name the tables of the Expression.
type scope struct {
	values Values
	of     *Expression
	work   int // that may still be done; less than none: nothing is done any more
}

// spend tells whether there is time to look at so many bytes, each so often.
func (s *scope) spend(bytes, each int) bool {
	if s.work >= 0 {
		s.work -= bytes * each
	}
	return s.work >= 0
}

// variable is a variable, or text with variables.
func (s *scope) variable(i int) text {
	if s.work < 0 {
		return ""
	}
	t := s.of.templates[i].Render(s.values, template.Raw)
	if !s.spend(len(t), 1) {
		return ""
	}
	return text(t)
}

// is tells whether the time is one that a function of dates names.
func (s *scope) is(i int) bool { return s.of.moments[i].Holds(s.values.Now()) }

// now is what a function of dates says.
func (s *scope) now(function string) text {
	value, _ := moment.Value(function, s.values.Now())
	return text(value)
}

// match looks for a pattern and remembers what it found.
func (s *scope) match(i int, in any) bool {
	re, t := s.of.patterns[i], plainText(in)
	if !s.spend(len(t), re.parts) {
		return false
	}
	groups, named, ok := pattern.Find(re.Regexp, t)
	s.values.Matched(groups, named)
	return ok
}

// below tells whether a limit is not reached.
func (s *scope) below(limit string, most int) bool { return s.values.InUse(limit) < most }

// truthy is what a bare variable is as a condition.
func truthy(t text) bool { return t != "" && t != "false" && t != "0" }

// length counts characters.
func length(t text) int { return len([]rune(string(t))) }

// indexOf is where a text begins in another, in characters; -1: nowhere.
func indexOf(t text, part any) int {
	before, _, found := strings.Cut(string(t), plainText(part))
	if !found {
		return -1
	}
	return len([]rune(before))
}

func includes(t text, part any) bool { return strings.Contains(string(t), plainText(part)) }

func startsWith(t text, part any) bool { return strings.HasPrefix(string(t), plainText(part)) }

func endsWith(t text, part any) bool { return strings.HasSuffix(string(t), plainText(part)) }

func lower(t text) text { return text(strings.ToLower(string(t))) }

func upper(t text) text { return text(strings.ToUpper(string(t))) }

func plainText(v any) string {
	switch v := v.(type) {
	case text:
		return string(v)
	case string:
		return v
	case int:
		return strconv.Itoa(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

func equal(a text, b any) bool {
	switch b := b.(type) {
	case bool:
		return truthy(a) == b
	case int, float64:
		x, errX := number(a)
		y, _ := number(b)
		return errX == nil && x == y
	}
	return string(a) == plainText(b)
}

// ordered compares numbers, or texts where neither is a number. A text is neither before nor after a number.
func ordered(a, b any, holds func(int) bool) bool {
	x, errX := number(a)
	y, errY := number(b)
	switch {
	case errX == nil && errY == nil:
		return x < y && holds(-1) || x == y && holds(0) || x > y && holds(1)
	case isNumber(a) || isNumber(b):
		return false
	}
	return holds(strings.Compare(plainText(a), plainText(b)))
}

func isNumber(v any) bool {
	switch v.(type) {
	case int, float64:
		return true
	}
	return false
}

func number(v any) (float64, error) {
	return strconv.ParseFloat(strings.TrimSpace(plainText(v)), 64)
}

// language is all that a program can do: what it calls, and its comparisons with variables, which are ours. Functions of these are called as they are;
// methods of $env would be looked for by name each time.
func language() []expr.Option {
	return slices.Concat([]expr.Option{
		two("Var", (*scope).variable), two("Is", (*scope).is), two("Now", (*scope).now), three("Match", (*scope).match), three("Below", (*scope).below),
		one("Truthy", truthy), one("Length", length), one("Lower", lower), one("Upper", upper),
		two("IndexOf", indexOf), two("Includes", includes), two("StartsWith", startsWith), two("EndsWith", endsWith),
	},
		comparison("==", "Equal", equal), comparison("!=", "Differ", func(a text, b any) bool { return !equal(a, b) }),
		order("<", "Less", func(c int) bool { return c < 0 }), order("<=", "AtMost", func(c int) bool { return c <= 0 }),
		order(">", "More", func(c int) bool { return c > 0 }), order(">=", "AtLeast", func(c int) bool { return c >= 0 }))
}

func one[A, R any](name string, f func(A) R) expr.Option {
	return expr.Function(name, func(in ...any) (any, error) { return f(in[0].(A)), nil }, f)
}

func two[A, B, R any](name string, f func(A, B) R) expr.Option {
	return expr.Function(name, func(in ...any) (any, error) { return f(in[0].(A), in[1].(B)), nil }, f)
}

func three[A, B, C, R any](name string, f func(A, B, C) R) expr.Option {
	return expr.Function(name, func(in ...any) (any, error) { return f(in[0].(A), in[1].(B), in[2].(C)), nil }, f)
}

// comparison has a variable compared with anything, and the other way round.
func comparison(sign, name string, holds func(a text, b any) bool) []expr.Option {
	other := name + "Than"
	return []expr.Option{two(name, holds), two(other, func(a any, b text) bool { return holds(b, a) }), expr.Operator(sign, name, other)}
}

// order has them compared as numbers if the other is one, or if both look so.
func order(sign, name string, holds func(int) bool) []expr.Option {
	other := name + "Than"
	return []expr.Option{
		two(name, func(a text, b any) bool { return ordered(a, b, holds) }), two(other, func(a any, b text) bool { return ordered(a, b, holds) }),
		expr.Operator(sign, name, other),
	}
}

// truth turns variables that stand where a condition is wanted into conditions.
type truth struct{}

// Visit implements ast.Visitor.
func (t *truth) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.UnaryNode:
		if n.Operator == "!" {
			judge(&n.Node)
		}
	case *ast.BinaryNode:
		if n.Operator == "&&" || n.Operator == "||" {
			judge(&n.Left)
			judge(&n.Right)
		}
	}
}

func judge(node *ast.Node) {
	if call, ok := (*node).(*ast.CallNode); ok && ofText(call) {
		*node = &ast.CallNode{Callee: &ast.IdentifierNode{Value: "Truthy"}, Arguments: []ast.Node{call}}
	}
}

// ofText tells whether a call is of a method that gives text.
func ofText(call *ast.CallNode) bool {
	name, ok := call.Callee.(*ast.IdentifierNode)
	if !ok {
		return false
	}
	switch name.Value {
	case "Var", "Now", "Lower", "Upper":
		return true
	}
	return false
}
