// Package expression has the conditions of routing scripts: ${caller_id_number} == '101' && &hour('8-17').
//
// They are written as people know them from JavaScript, as far as comparisons, && || ! and a few functions go. Compile turns them into a program
// of github.com/expr-lang/expr, which has no loops without bounds and reaches nothing but what it is given. Variables are read while it runs; what
// they hold is never part of the program.
package expression

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"

	"switchgram/bridge/route/moment"
	"switchgram/bridge/route/template"
)

// MaxLength is how long a condition may be, in bytes.
const MaxLength = 8 << 10

// maxNodes is how many parts a condition may have.
const maxNodes = 600

// Values are what a condition is about.
type Values interface {
	template.Values
	// Matched is told what &match found; nil: nothing.
	Matched(groups []string, named map[string]string)
	// InUse is how many calls count against a limit now.
	InUse(limit string) int
}

// mostWork bounds what a condition costs: the bytes of what variables hold, and those that patterns look through, each times the parts of the pattern. It is
// some hundredth of a second's.
const mostWork = 4 << 20

// ErrWork says that a condition was given up: what it was to look through is too long for its patterns.
var ErrWork = errors.New("too much to look through")

// Expression is a condition. It is not changed after Compile and may be used at once.
type Expression struct {
	source    string
	program   *vm.Program
	templates []template.Template
	patterns  []sought
	moments   []*moment.Test
}

// sought is a pattern, and of how many parts it is.
type sought struct {
	*regexp.Regexp
	parts int
}

// Compile reads a condition. Secrets have no place in one: $${name} is a global.
func Compile(source string, a template.Allow) (*Expression, error) {
	if len(source) > MaxLength {
		return nil, fmt.Errorf("longer than %d bytes", MaxLength)
	}
	e := &Expression{source: source}
	f := &front{source: source, into: e, allow: template.Allow{Bare: a.Bare}}
	if err := f.translate(); err != nil {
		return nil, err
	}
	options := append(language(), expr.Env(&scope{}), expr.Patch(&truth{}), expr.AsBool(), expr.MaxNodes(maxNodes))
	program, err := expr.Compile(f.out.String(), options...)
	if err != nil {
		return nil, fmt.Errorf("it makes no sense: %s", plain(err))
	}
	e.program = program
	return e, nil
}

// plain is the first line of an error of expr, whose others show the translation.
func plain(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return strings.NewReplacer("expression.text", "variable").Replace(line)
}

// String is what Compile read.
func (e *Expression) String() string { return e.source }

// Variables are the names of the variables that it reads.
func (e *Expression) Variables() (names []string) {
	for _, t := range e.templates {
		names = append(names, t.Variables()...)
	}
	return names
}

// Globals are the names of the globals that it reads.
func (e *Expression) Globals() (names []string) {
	for _, t := range e.templates {
		names = append(names, t.Globals()...)
	}
	return names
}

// Holds tells whether the condition holds. It takes microseconds, and never long: what would, ends with ErrWork. Other errors say that it could not be
// told, such as one that ran out of memory.
func (e *Expression) Holds(v Values) (bool, error) {
	s := &scope{values: v, of: e, work: mostWork}
	result, err := expr.Run(e.program, s)
	switch {
	case s.work < 0:
		return false, fmt.Errorf("condition: %w", ErrWork)
	case err != nil:
		return false, fmt.Errorf("condition: %s", plain(err))
	}
	holds, _ := result.(bool) // AsBool
	return holds, nil
}
