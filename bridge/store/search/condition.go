package search

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrFilter says that calls cannot be searched like that.
var ErrFilter = errors.New("filter of calls")

const (
	deepestTree = 6
	mostLeaves  = 50
)

// condition makes a tree of and, or, not and leaves a function.
func condition(tree any, depth int, leaves *int) (func(hit) bool, error) {
	node, ok := tree.(map[string]any)
	if !ok || depth == 0 {
		return nil, fmt.Errorf("%w: want and, or, not or a field, no more than %d deep", ErrFilter, deepestTree)
	}
	if _, leaf := node["field"]; leaf {
		if *leaves++; *leaves > mostLeaves {
			return nil, fmt.Errorf("%w: more than %d fields", ErrFilter, mostLeaves)
		}
		return leafOf(node)
	}
	for word, all := range map[string]bool{"and": true, "or": false} {
		if list, ok := listOf(node[word]); ok && len(node) == 1 {
			return several(list, all, depth, leaves)
		}
	}
	if inner, ok := node["not"]; ok && len(node) == 1 {
		fits, err := condition(inner, depth-1, leaves)
		return func(h hit) bool { return !fits(h) }, err
	}
	return nil, fmt.Errorf("%w: want one of and, or, not, or field, op and value", ErrFilter)
}

// listOf is a list, as JSON or a program writes it.
func listOf(v any) (all []any, ok bool) {
	switch v := v.(type) {
	case []any:
		return v, true
	case []map[string]any:
		for _, one := range v {
			all = append(all, one)
		}
		return all, true
	}
	return nil, false
}

// several are conditions that must all hold, or one of which must.
func several(list []any, all bool, depth int, leaves *int) (func(hit) bool, error) {
	var parts []func(hit) bool
	for _, one := range list {
		fits, err := condition(one, depth-1, leaves)
		if err != nil {
			return nil, err
		}
		parts = append(parts, fits)
	}
	return func(h hit) bool {
		return slices.ContainsFunc(parts, func(fits func(hit) bool) bool { return fits(h) != all }) != all
	}, nil
}

// fields are what can be asked for, as text.
var fields = map[string]func(hit) string{
	"call": func(h hit) string { return h.Call }, "line": func(h hit) string { return h.Line }, "caller": func(h hit) string { return h.Caller },
	"caller_name": func(h hit) string { return h.CallerName }, "called": func(h hit) string { return h.Called },
	"bridged_to": func(h hit) string { return h.BridgedTo }, "cause": func(h hit) string { return h.Cause }, "route": func(h hit) string { return h.Route },
	"bridged": func(h hit) string { return strconv.FormatBool(h.Bridged) }, "missed": func(h hit) string { return strconv.FormatBool(h.Missed) },
	"start": func(h hit) string { return h.Start.UTC().Format(sortable) }, "duration": func(h hit) string { return fmt.Sprintf("%09d", h.Duration) },
	"text": func(h hit) string {
		return strings.Join([]string{h.Caller, h.CallerName, h.Called, h.BridgedTo, h.Route}, " ")
	},
}

// sortable is a time whose text is in the order of time.
const sortable = "2006-01-02T15:04:05.000Z"

// leafOf is a condition on one field.
func leafOf(node map[string]any) (func(hit) bool, error) {
	name, _ := node["field"].(string)
	op, _ := node["op"].(string)
	read, known := fields[name]
	if !known {
		return nil, fmt.Errorf("%w: field %q: there is none", ErrFilter, name)
	}
	values, err := valuesOf(name, node["value"])
	if err != nil {
		return nil, err
	}
	holds, known := operators[op]
	if !known || len(values) == 0 && op != "exists" || op == "between" && len(values) != 2 {
		return nil, fmt.Errorf("%w: %q of %s: no such comparison with that value", ErrFilter, op, name)
	}
	return func(h hit) bool { return holds(read(h), values) }, nil
}

// operators compare a field with values.
var operators = map[string]func(field string, values []string) bool{
	"eq":       func(f string, v []string) bool { return f == v[0] },
	"ne":       func(f string, v []string) bool { return f != v[0] },
	"in":       func(f string, v []string) bool { return slices.Contains(v, f) },
	"lt":       func(f string, v []string) bool { return f < v[0] },
	"le":       func(f string, v []string) bool { return f <= v[0] },
	"gt":       func(f string, v []string) bool { return f > v[0] },
	"ge":       func(f string, v []string) bool { return f >= v[0] },
	"between":  func(f string, v []string) bool { return f >= v[0] && f < v[1] },
	"prefix":   func(f string, v []string) bool { return v[0] != "" && strings.HasPrefix(f, v[0]) },
	"suffix":   func(f string, v []string) bool { return v[0] != "" && strings.HasSuffix(f, v[0]) },
	"contains": func(f string, v []string) bool { return strings.Contains(strings.ToLower(f), strings.ToLower(v[0])) },
	"text":     func(f string, v []string) bool { return strings.Contains(strings.ToLower(f), strings.ToLower(v[0])) },
	"exists":   func(f string, _ []string) bool { return f != "" },
}

// valuesOf are the values of a leaf, as the field writes them.
func valuesOf(name string, value any) (all []string, err error) {
	list, many := value.([]any)
	if !many && value != nil {
		list = []any{value}
	}
	for _, v := range list {
		text := fmt.Sprint(v)
		switch name {
		case "start":
			at, err := when(text, time.Now())
			if err != nil {
				return nil, err
			}
			text = at.UTC().Format(sortable)
		case "duration":
			n, err := strconv.ParseUint(text, 10, 32)
			if err != nil {
				return nil, fmt.Errorf("%w: duration %q: want seconds", ErrFilter, text)
			}
			text = fmt.Sprintf("%09d", n)
		}
		all = append(all, text)
	}
	return all, nil
}

// when reads a time, or one before now: now, now-30d, now-12h.
func when(text string, now time.Time) (time.Time, error) {
	rest, relative := strings.CutPrefix(text, "now")
	switch {
	case relative && rest == "":
		return now, nil
	case relative && strings.HasPrefix(rest, "-"):
		if days, ok := strings.CutSuffix(rest[1:], "d"); ok {
			n, err := strconv.ParseUint(days, 10, 16)
			if err == nil {
				return now.AddDate(0, 0, -int(n)), nil
			}
		} else if d, err := time.ParseDuration(rest[1:]); err == nil {
			return now.Add(-d), nil
		}
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, fmt.Errorf("%w: time %q: want 2026-11-22T05:00:00+02:00, or now-30d", ErrFilter, text)
	}
	return at, nil
}
