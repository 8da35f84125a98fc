package expression

import (
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

// scope is what a program sees: its methods. Numbers name the tables of the Expression.
type scope struct {
	values Values
	of     *Expression
}

// Var is a variable, or text with variables.
func (s *scope) Var(i int) text { return text(s.of.templates[i].Render(s.values, template.Raw)) }

// Is tells whether the time is one that a function of dates names.
func (s *scope) Is(i int) bool { return s.of.moments[i].Holds(s.values.Now()) }

// Now is what a function of dates says.
func (s *scope) Now(function string) text {
	value, _ := moment.Value(function, s.values.Now())
	return text(value)
}

// Match looks for a pattern and remembers what it found.
func (s *scope) Match(i int, in any) bool {
	groups, named, ok := pattern.Find(s.of.patterns[i], plainText(in))
	s.values.Matched(groups, named)
	return ok
}

// Below tells whether a limit is not reached.
func (s *scope) Below(limit string, most int) bool { return s.values.InUse(limit) < most }

// Truthy is what a bare variable is as a condition.
func (s *scope) Truthy(t text) bool { return t != "" && t != "false" && t != "0" }

// Length counts characters.
func (s *scope) Length(t text) int { return len([]rune(string(t))) }

// IndexOf is where a text begins in another, in characters; -1: nowhere.
func (s *scope) IndexOf(t text, part any) int {
	before, _, found := strings.Cut(string(t), plainText(part))
	if !found {
		return -1
	}
	return len([]rune(before))
}

// Includes tells whether a text is in another.
func (s *scope) Includes(t text, part any) bool { return strings.Contains(string(t), plainText(part)) }

// StartsWith tells whether it begins with another.
func (s *scope) StartsWith(t text, part any) bool {
	return strings.HasPrefix(string(t), plainText(part))
}

// EndsWith tells whether it ends with another.
func (s *scope) EndsWith(t text, part any) bool {
	return strings.HasSuffix(string(t), plainText(part))
}

// Lower has no capitals.
func (s *scope) Lower(t text) text { return text(strings.ToLower(string(t))) }

// Upper has nothing but capitals.
func (s *scope) Upper(t text) text { return text(strings.ToUpper(string(t))) }

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

// Equal and its like compare a variable with anything: as numbers if the other is one, or if both look so and order is asked for.
func (s *scope) Equal(a text, b any) bool { return equal(a, b) }

// EqualTo is Equal the other way round.
func (s *scope) EqualTo(a any, b text) bool { return equal(b, a) }

// Differ is the contrary of Equal.
func (s *scope) Differ(a text, b any) bool { return !equal(a, b) }

// DifferFrom is Differ the other way round.
func (s *scope) DifferFrom(a any, b text) bool { return !equal(b, a) }

// Less is a < b.
func (s *scope) Less(a text, b any) bool { return ordered(a, b, func(c int) bool { return c < 0 }) }

// LessThan is Less with the variable behind.
func (s *scope) LessThan(a any, b text) bool {
	return ordered(a, b, func(c int) bool { return c < 0 })
}

// AtMost is a <= b.
func (s *scope) AtMost(a text, b any) bool { return ordered(a, b, func(c int) bool { return c <= 0 }) }

// AtMostThan is AtMost with the variable behind.
func (s *scope) AtMostThan(a any, b text) bool {
	return ordered(a, b, func(c int) bool { return c <= 0 })
}

// More is a > b.
func (s *scope) More(a text, b any) bool { return ordered(a, b, func(c int) bool { return c > 0 }) }

// MoreThan is More with the variable behind.
func (s *scope) MoreThan(a any, b text) bool {
	return ordered(a, b, func(c int) bool { return c > 0 })
}

// AtLeast is a >= b.
func (s *scope) AtLeast(a text, b any) bool { return ordered(a, b, func(c int) bool { return c >= 0 }) }

// AtLeastThan is AtLeast with the variable behind.
func (s *scope) AtLeastThan(a any, b text) bool {
	return ordered(a, b, func(c int) bool { return c >= 0 })
}

func equal(a text, b any) bool {
	switch b := b.(type) {
	case bool:
		return (&scope{}).Truthy(a) == b
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

// operators has comparisons with variables done by scope.
func operators() []expr.Option {
	return []expr.Option{
		expr.Operator("==", "Equal", "EqualTo"), expr.Operator("!=", "Differ", "DifferFrom"),
		expr.Operator("<", "Less", "LessThan"), expr.Operator("<=", "AtMost", "AtMostThan"),
		expr.Operator(">", "More", "MoreThan"), expr.Operator(">=", "AtLeast", "AtLeastThan"),
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
