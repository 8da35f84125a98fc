package route

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Schema is the JSON Schema of scripts (json-schema.org, draft 2020-12), for editors. It is made of the same declarations as the parser is.
func Schema() []byte {
	d := &drawing{}
	root := d.object(reflect.TypeFor[document]())
	root["$schema"], root["title"] = "https://json-schema.org/draft/2020-12/schema", "route"
	root["$defs"] = map[string]any{
		"steps":       map[string]any{"type": "array", "items": map[string]any{"$ref": "#/$defs/step"}},
		"step":        d.step(),
		"text":        map[string]any{"type": []string{"string", "number", "boolean"}},
		"texts":       map[string]any{"type": "object", "additionalProperties": map[string]any{"$ref": "#/$defs/text"}},
		"variable":    map[string]any{"type": "string", "pattern": `^((all|nolocal|domain|local):)?[A-Za-z_][A-Za-z0-9_.-]*$`},
		"assignments": map[string]any{"type": []string{"string", "array", "object"}},
	}
	text, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		panic(err) // texts, lists and maps
	}
	return append(text, '\n')
}

// drawing draws the schema of types.
type drawing struct{}

func (d *drawing) step() map[string]any {
	properties := d.object(reflect.TypeFor[step]())["properties"].(map[string]any)
	for name, f := range applications() {
		shape := d.shape(reflect.TypeOf(f.new()).Elem())
		shape["description"] = f.about
		properties[name] = shape
		for alias, of := range aliases {
			if of == name {
				properties[alias] = map[string]any{"$ref": "#/$defs/step/properties/" + name}
			}
		}
	}
	for _, name := range both { // as modifiers they look different
		properties[name] = map[string]any{}
	}
	return map[string]any{"type": "object", "minProperties": 1, "additionalProperties": false, "properties": properties}
}

// reference points to a definition.
func reference(name string) map[string]any { return map[string]any{"$ref": "#/$defs/" + name} }

// shapes are those of types that read themselves.
var shapes = map[reflect.Type]map[string]any{
	reflect.TypeFor[text]():          reference("text"),
	reflect.TypeFor[secretText]():    reference("text"),
	reflect.TypeFor[channelText]():   reference("text"),
	reflect.TypeFor[steps]():         reference("steps"),
	reflect.TypeFor[flow]():          reference("steps"),
	reflect.TypeFor[apart]():         reference("steps"),
	reflect.TypeFor[handler]():       reference("steps"),
	reflect.TypeFor[variable]():      reference("variable"),
	reflect.TypeFor[pairs]():         reference("assignments"),
	reflect.TypeFor[setVar]():        reference("assignments"),
	reflect.TypeFor[secretPairs]():   reference("texts"),
	reflect.TypeFor[openPairs]():     reference("texts"),
	reflect.TypeFor[exports]():       reference("texts"),
	reflect.TypeFor[constants]():     reference("texts"),
	reflect.TypeFor[condition]():     {"type": "string", "minLength": 1},
	reflect.TypeFor[expected]():      {"type": "string"},
	reflect.TypeFor[program]():       {"type": "string"},
	reflect.TypeFor[zone]():          {"type": "string"},
	reflect.TypeFor[milliseconds]():  {"type": []string{"integer", "string"}},
	reflect.TypeFor[destination]():   {"type": []string{"string", "array"}, "items": map[string]any{"type": "string"}},
	reflect.TypeFor[cases]():         {"type": "object", "additionalProperties": reference("steps")},
	reflect.TypeFor[functionTable](): {"type": "object", "additionalProperties": reference("steps")},
	reflect.TypeFor[filter]():        {"type": "object"},
	reflect.TypeFor[setArray]():      {"type": "object", "additionalProperties": map[string]any{"type": "array"}},
	reflect.TypeFor[trigger](): {"type": "object", "additionalProperties": false, "properties": map[string]any{
		"disconnected": reference("steps")}},
	reflect.TypeFor[function](): {"type": "object", "additionalProperties": false, "required": []string{"name", "actions"},
		"properties": map[string]any{"name": map[string]any{"type": "string"}, "actions": reference("steps")}},
}

// shape is the schema of a type.
func (d *drawing) shape(t reflect.Type) map[string]any {
	if known, ok := shapes[t]; ok {
		return maps.Clone(known)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return d.shape(t.Elem())
	case reflect.Struct:
		return d.record(t)
	case reflect.Slice:
		return map[string]any{"anyOf": []any{map[string]any{"type": "array", "items": d.shape(t.Elem())}, d.shape(t.Elem())}}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int:
		return map[string]any{"type": []string{"integer", "string"}}
	case reflect.String:
		return map[string]any{"type": []string{"string", "number"}}
	}
	return map[string]any{}
}

// record is an object, or the bare value of its short field; what reads itself and is not known here may be anything.
func (d *drawing) record(t reflect.Type) map[string]any {
	if len(names(t)) == 0 {
		return map[string]any{}
	}
	object := d.object(t)
	for i := range t.NumField() {
		if f := t.Field(i); f.Tag.Get("short") != "" {
			return map[string]any{"anyOf": []any{d.field(f), object}}
		}
	}
	return object
}

func (d *drawing) object(t reflect.Type) map[string]any {
	properties, required := map[string]any{}, []string{}
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Tag.Get("json")
		if name == "" {
			continue
		}
		properties[name] = d.field(f)
		if f.Tag.Get("need") != "" {
			required = append(required, name)
		}
	}
	object := map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
	if len(required) > 0 {
		slices.Sort(required)
		object["required"] = required
	}
	return object
}

// field is the schema of a field: its type, and what its tags say.
func (d *drawing) field(f reflect.StructField) map[string]any {
	shape := d.shape(f.Type)
	if words, ok := f.Tag.Lookup("words"); ok {
		shape = map[string]any{"enum": strings.Split(words, ",")}
	}
	if text, ok := f.Tag.Lookup("default"); ok {
		shape["default"] = usual(f.Type, text)
	}
	for tag, key := range map[string]string{"min": "minimum", "max": "maximum", "most": "maxItems"} {
		if n, err := strconv.Atoi(f.Tag.Get(tag)); err == nil {
			shape[key] = n
		}
	}
	return shape
}

func usual(t reflect.Type, text string) any {
	switch t.Kind() {
	case reflect.Bool:
		return text == "true"
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err == nil {
			return n
		}
	}
	return text
}
