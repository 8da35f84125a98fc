package extract

import (
	"encoding/json"
	"strconv"
	"strings"
)

// tree is decoded JSON. Its paths are those of gjson as far as scripts use them: rows.0.Name, rows.# (how many), rows.#.Name (all),
// rows.#(Type=="x").Id (the first such), "." (everything), \. (a dot in a name).
type tree struct{ value any }

func (t tree) Find(path string) (string, bool) {
	v, ok := t.value, true
	if path != "." && path != "@this" {
		v, ok = walk(t.value, split(path))
	}
	if !ok || v == nil {
		return "", false
	}
	return show(v), true
}

func show(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	data, err := json.Marshal(v)
	if err != nil {
		return "" // it came out of JSON
	}
	return string(data)
}

// split cuts a path at its dots, but for those after a backslash or in a condition.
func split(path string) (parts []string) {
	var b strings.Builder
	depth := 0
	for i := 0; i < len(path); i++ {
		switch c := path[i]; {
		case c == '\\' && i+1 < len(path):
			i++
			b.WriteByte(path[i])
			continue
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == '.' && depth <= 0:
			parts = append(parts, b.String())
			b.Reset()
			continue
		}
		b.WriteByte(path[i])
	}
	return append(parts, b.String())
}

func walk(v any, parts []string) (any, bool) {
	for i, part := range parts {
		list, isList := v.([]any)
		switch {
		case isList && part == "#" && i+1 == len(parts):
			return json.Number(strconv.Itoa(len(list))), true
		case isList && part == "#":
			return all(list, parts[i+1:]), true
		}
		var ok bool
		if v, ok = member(v, part); !ok {
			return nil, false
		}
	}
	return v, true
}

// all is what the rest of a path finds in each item.
func all(list []any, rest []string) []any {
	found := []any{}
	for _, item := range list {
		if v, ok := walk(item, rest); ok {
			found = append(found, v)
		}
	}
	return found
}

func member(v any, part string) (any, bool) {
	switch v := v.(type) {
	case map[string]any:
		m, ok := v[part]
		return m, ok
	case []any:
		if condition, ok := strings.CutPrefix(part, "#("); ok {
			return first(v, strings.TrimSuffix(condition, ")"))
		}
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 || n >= len(v) {
			return nil, false
		}
		return v[n], true
	}
	return nil, false
}

// first is the first item that a condition such as Type=="x" holds for.
func first(list []any, condition string) (any, bool) {
	for _, op := range []string{"==", "!="} {
		name, want, ok := strings.Cut(condition, op)
		if !ok {
			continue
		}
		want = strings.Trim(strings.TrimSpace(want), `"'`)
		for _, item := range list {
			got, found := walk(item, split(strings.TrimSpace(name)))
			if found && (show(got) == want) == (op == "==") {
				return item, true
			}
		}
	}
	return nil, false
}

// JSON finds a path in text that may be JSON.
func JSON(body, path string) (string, bool) {
	d, err := OpenJSON([]byte(body))
	if err != nil {
		return "", false
	}
	return d.Find(path)
}
