package route

import (
	"errors"
	"fmt"

	"switchgram/bridge/route/tree"
)

// Problem is a mistake in a script, or something that is likely one.
type Problem struct {
	File string
	At   tree.Position
	Path string // of what it is about: callflow[3].if.then[0].bridge; empty: the file
	Text string
}

// Error is "file:line:column: path: text".
func (p *Problem) Error() string {
	where := fmt.Sprintf("%s:%d:%d: ", p.File, p.At.Line, p.At.Column)
	if p.Path != "" {
		where += p.Path + ": "
	}
	return where + p.Text
}

// Problems are those that an error of Parse or Check consists of.
func Problems(err error) (all []*Problem) {
	var many interface{ Unwrap() []error }
	if errors.As(err, &many) {
		for _, e := range many.Unwrap() {
			all = append(all, Problems(e)...)
		}
		return all
	}
	var one *Problem
	var place *tree.Error
	switch {
	case errors.As(err, &one):
		all = append(all, one)
	case errors.As(err, &place):
		all = append(all, &Problem{File: place.File, At: place.At, Text: place.Problem})
	}
	return all
}

// stepError is a step that failed: code is what ${last_error} says.
type stepError struct {
	code string
	err  error
}

func (e *stepError) Error() string { return e.err.Error() }
func (e *stepError) Unwrap() error { return e.err }

// failure is an error that scripts can tell apart.
func failure(code, format string, args ...any) error {
	return &stepError{code, fmt.Errorf(format, args...)}
}

// codeOf is what ${last_error} says of an error.
func codeOf(err error) string {
	var e *stepError
	switch {
	case errors.As(err, &e):
		return e.code
	case errors.Is(err, ErrNeedsFreeSWITCH):
		return "needs_freeswitch"
	}
	return "failed"
}
