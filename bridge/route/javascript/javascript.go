// Package javascript runs the JavaScript of routing scripts: the bodies of functions, which are given texts and return one.
//
// Read reads a body. A Checker says what is wrong with its language, and an Evaluator runs it: Workers in processes of their own, and Inline in this
// process, which is what a worker does, and tests may. Within a process a script can be interrupted only between its own steps: Array.prototype.indexOf of something that says to
// be 2^53 long, or a pattern that goes back again and again, would have a processor for ever, and a text that doubles itself all memory; and nothing stops one that is being read. A worker that does so is
// ended.
//
// A script has the language (ECMAScript 2015 and most of what came after) and nothing else: no files, no network, no timers, no modules.
package javascript

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/parser"
)

// Limits of a run.
const (
	Limit         = time.Second // that it may take
	longestSource = 64 << 10    // bytes
	longestResult = 64 << 10
	mostMemory    = 128 << 20 // of a worker
	mostStack     = 64 << 20  // of that, for brackets within brackets
	mostCompiled  = 256 << 10 // bytes of source that a worker keeps the code of
	deepestCalls  = 256
)

// Codes of an Error.
const (
	Failed  = "error"    // it threw something, or returned what is no value
	Timeout = "timeout"  // it took longer than Limit
	Memory  = "memory"   // it wanted more than a worker has
	TooLong = "too_long" // it returned too much
	Busy    = "busy"     // all workers were, for as long as Limit
)

// Error is why there is no result.
type Error struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// Error is what went wrong, in words.
func (e *Error) Error() string { return "javascript: " + e.Text }

func failure(code, format string, args ...any) *Error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...)}
}

// Program is the body of a function. It is not changed after Read.
type Program struct {
	source     string // a whole script
	references []string
}

// References are what stands in the body as ${name} or $${name}, all of it, in the order of Job.Values. What is text in JavaScript, in quotes or in backquotes,
// is none.
func (p *Program) References() []string { return p.references }

// Job is a program to be run, with what it is given.
type Job struct {
	Check     bool              `json:"check,omitempty"` // it is only read
	Source    string            `json:"source"`          // of Program.Job
	Values    []string          `json:"values"`          // of the references
	Variables map[string]string `json:"variables"`
	Now       time.Time         `json:"now"` // in the script's zone
}

// Job is a run of p.
func (p *Program) Job(values []string, variables map[string]string, now time.Time) Job {
	return Job{Source: p.source, Values: values, Variables: variables, Now: now}
}

// Evaluator runs programs. It may be called by several goroutines at once. The error is an *Error, or the context's.
type Evaluator interface {
	Evaluate(ctx context.Context, j Job) (string, error)
}

// Checker finds mistakes in programs. It may be called by several goroutines at once. The error is an *Error: Failed for a mistake, others if it cannot be told in
// Limit.
type Checker interface {
	Check(p *Program) error
}

// Around the body; it begins with a line of its own, so that lines of mistakes are one more than in the body.
const before, after = "(function() {\n", "\n})()"

// Read reads a body as far as it must be known what stands for variables in it, which takes a moment whatever it is. A Checker reads the rest.
func Read(body string) (*Program, error) {
	if len(body) > longestSource {
		return nil, fmt.Errorf("%d bytes of JavaScript; at most %d", len(body), longestSource)
	}
	f := &front{source: body}
	f.translate()
	return &Program{source: before + f.out.String() + after, references: f.references}, nil
}

// compile reads a whole script, and wants it to be the body of one function: brackets in it do not close what is around it. The error says in which line
// of the body what is wrong. It cannot be interrupted and takes as long as goja's parser does: for a function with => that stands in the parameters of another
// such function, each time twice as long.
func compile(source string) (*goja.Program, error) {
	tree, err := parser.ParseFile(nil, "", source, 0, parser.WithDisableSourceMaps) // which would read files
	if err != nil {
		return nil, placed(err)
	}
	if !alone(tree) {
		return nil, failure(Failed, "a bracket } ends the script before its end")
	}
	program, err := goja.CompileAST(tree, false)
	if err != nil {
		return nil, failure(Failed, "%.200v", err)
	}
	return program, nil
}

// placed is the first mistake, by its line in the body.
func placed(err error) error {
	var all parser.ErrorList
	if !errors.As(err, &all) || len(all) == 0 {
		return failure(Failed, "%.200v", err)
	}
	return failure(Failed, "line %d: %s", max(1, all[0].Position.Line-1), all[0].Message)
}

func alone(p *ast.Program) bool {
	if len(p.Body) != 1 {
		return false
	}
	s, ok := p.Body[0].(*ast.ExpressionStatement)
	if !ok {
		return false
	}
	call, ok := s.Expression.(*ast.CallExpression)
	if !ok {
		return false
	}
	_, ok = call.Callee.(*ast.FunctionLiteral)
	return ok
}
