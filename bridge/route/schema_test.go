package route

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// schemaTester checks a value against as much of JSON Schema as Schema uses.
type schemaTester struct {
	defs   map[string]any
	errors []string
}

func (c *schemaTester) check(path string, schema map[string]any, v any) bool {
	before := len(c.errors)
	if ref, ok := schema["$ref"].(string); ok {
		target := any(map[string]any{"$defs": c.defs})
		for part := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
			target = target.(map[string]any)[part]
		}
		schema = target.(map[string]any)
	}
	if all := several(schema["anyOf"]); len(all) > 0 && !slices.ContainsFunc(all, func(s any) bool {
		return (&schemaTester{defs: c.defs}).check(path, s.(map[string]any), v)
	}) {
		c.say(path, "fits nothing of anyOf")
	}
	if enum := several(schema["enum"]); len(enum) > 0 && !slices.Contains(enum, v) {
		c.say(path, "%v is not in %v", v, enum)
	}
	if kinds := several(schema["type"]); len(kinds) > 0 && !slices.ContainsFunc(kinds, func(k any) bool { return isOf(k.(string), v) }) {
		c.say(path, "%v is not of %v", v, kinds)
	}
	if pattern, ok := schema["pattern"].(string); ok && !regexp.MustCompile(pattern).MatchString(fmt.Sprint(v)) {
		c.say(path, "%v does not match %s", v, pattern)
	}
	c.inside(path, schema, v)
	return len(c.errors) == before
}

func (c *schemaTester) inside(path string, schema map[string]any, v any) {
	switch v := v.(type) {
	case []any:
		if items, ok := schema["items"].(map[string]any); ok {
			for i, item := range v {
				c.check(fmt.Sprintf("%s[%d]", path, i), items, item)
			}
		}
	case map[string]any:
		properties, _ := schema["properties"].(map[string]any)
		for _, name := range several(schema["required"]) {
			if _, ok := v[name.(string)]; !ok {
				c.say(path, "%v is missing", name)
			}
		}
		for name, value := range v {
			if s, ok := properties[name].(map[string]any); ok {
				c.check(path+"."+name, s, value)
			} else if rest, ok := schema["additionalProperties"].(map[string]any); ok {
				c.check(path+"."+name, rest, value)
			} else if schema["additionalProperties"] == false {
				c.say(path, "%q is not known", name)
			}
		}
	}
}

func (c *schemaTester) say(path, format string, args ...any) {
	c.errors = append(c.errors, path+": "+fmt.Sprintf(format, args...))
}

func several(v any) []any {
	switch v := v.(type) {
	case []any:
		return v
	case string:
		return []any{v}
	}
	return nil
}

func isOf(kind string, v any) bool {
	switch v := v.(type) {
	case string:
		return kind == "string"
	case bool:
		return kind == "boolean"
	case float64:
		return kind == "number" || kind == "integer" && v == float64(int(v))
	case []any:
		return kind == "array"
	case map[string]any:
		return kind == "object"
	}
	return false
}

func validate(t *testing.T, text []byte) []string {
	t.Helper()
	var schema, v map[string]any
	if err := json.Unmarshal(Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	c := &schemaTester{defs: schema["$defs"].(map[string]any)}
	c.check("", schema, v)
	return c.errors
}

func TestTheExamplesFitTheSchema(t *testing.T) {
	all, err := filepath.Glob("../../docs/routes/*.json")
	if err != nil || len(all) < 10 {
		t.Fatal(all, err)
	}
	for _, path := range all {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if base := filepath.Base(path); base != "limits.json" && base != "secrets.json" && base != "globals.json" {
			for _, wrong := range validate(t, text) {
				t.Errorf("%s: %s", path, wrong)
			}
		}
	}
}

func TestTheSchemaRefusesWhatTheParserRefuses(t *testing.T) {
	for _, steps := range []string{
		`{"answr": true}`, `{"hangup": {"why": "x"}}`, `{"bridge": {"endpoints": [{"type": "userr", "name": "1"}]}}`, `{"if": {"then": []}}`,
		`{"httpRequest": {"url": "https://a.example", "method": "SEND"}}`, `{"setVar": 5}`, `{"if": {"expression": "true", "then": [{"nope": 1}]}}`,
	} {
		text := `{"name": "x", "context": "public", "callflow": [` + steps + `]}`
		if _, err := Parse("x", strings.NewReader(text)); err == nil {
			t.Errorf("the parser takes %s", steps)
		}
		if wrong := validate(t, []byte(text)); len(wrong) == 0 {
			t.Errorf("the schema takes %s", steps)
		}
	}
}

func TestEveryApplicationIsInTheSchema(t *testing.T) {
	text := string(Schema())
	for name, f := range applications() {
		if !strings.Contains(text, `"`+name+`": {`) || f.about == "" {
			t.Errorf("%s is not described", name)
		}
	}
}
