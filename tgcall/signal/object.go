package signal

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// object reads the fields of a JSON object and remembers the first thing that was wrong. encoding/json's own decoding into
// structs will not do: it matches keys in any case, takes null for anything, and cannot tell a missing field from an empty one.
type object struct {
	message string // @type, for the error
	path    string // "contents[0]."
	fields  map[string]json.RawMessage
	failed  **InvalidError // shared with the objects inside
}

func parseObject(text []byte) (*object, error) {
	o := &object{failed: new(*InvalidError)}
	if err := json.Unmarshal(text, &o.fields); err != nil || o.fields == nil {
		return nil, &InvalidError{Problem: "not a JSON object"}
	}
	return o, nil
}

// err is the first problem of this object and of those inside it.
func (o *object) err() error {
	if *o.failed == nil {
		return nil
	}
	return *o.failed
}

func (o *object) fail(field, problem string) {
	if *o.failed == nil {
		*o.failed = &InvalidError{Message: o.message, Field: o.path + field, Problem: problem}
	}
}

func (o *object) has(field string) bool {
	_, ok := o.fields[field]
	return ok
}

// decode reads a field that must be there into v, unless it is null.
func (o *object) decode(field string, v any, want string) bool {
	raw, ok := o.fields[field]
	if !ok {
		o.fail(field, "missing")
		return false
	}
	if bytes.Equal(raw, []byte("null")) || json.Unmarshal(raw, v) != nil {
		o.fail(field, "want "+want)
		return false
	}
	return true
}

func (o *object) text(field string) (s string) {
	o.decode(field, &s, "string")
	return s
}

// nonEmpty is a text without which the message is of no use.
func (o *object) nonEmpty(field string) string {
	s := o.text(field)
	if s == "" {
		o.fail(field, "empty")
	}
	return s
}

func (o *object) textOr(field, otherwise string) string {
	if !o.has(field) {
		return otherwise
	}
	return o.text(field)
}

func (o *object) boolOr(field string, otherwise bool) (b bool) {
	if !o.has(field) {
		return otherwise
	}
	o.decode(field, &b, "bool")
	return b
}

func (o *object) number(field string) (n int) {
	o.decode(field, &n, "integer")
	return n
}

func (o *object) numberOr(field string, otherwise int) int {
	if !o.has(field) {
		return otherwise
	}
	return o.number(field)
}

func (o *object) id(field string) (id ID) {
	o.decode(field, &id, "32-bit number in a string")
	return id
}

// ssrc is an id that must not be 0, which Telegram's engine takes for none.
func (o *object) ssrc(field string) ID {
	id := o.id(field)
	if id == 0 {
		o.fail(field, "0")
	}
	return id
}

// texts is an object of strings; empty when absent.
func (o *object) texts(field string) map[string]string {
	out := map[string]string{}
	if !o.has(field) {
		return out
	}
	var values map[string]*string
	o.decode(field, &values, "object of strings")
	for k, v := range values {
		if v == nil {
			o.fail(field, "want object of strings")
			return nil
		}
		out[k] = *v
	}
	return out
}

// ids is an array of SSRCs.
func (o *object) ids(field string) []ID {
	var list []ID
	o.decode(field, &list, "array of 32-bit numbers in strings")
	for _, id := range list {
		if id == 0 {
			o.fail(field, "0")
		}
	}
	return list
}

// list reads an array of objects; the result is never nil.
func list[T any](o *object, field string, parse func(*object) T) []T {
	out := []T{}
	var raw []json.RawMessage
	if !o.decode(field, &raw, "array") {
		return out
	}
	for i, r := range raw {
		item := &object{message: o.message, path: o.path + field + "[" + strconv.Itoa(i) + "]", failed: o.failed}
		if json.Unmarshal(r, &item.fields) != nil || item.fields == nil {
			item.fail("", "want object")
			return out
		}
		item.path += "."
		out = append(out, parse(item))
	}
	return out
}

// listOr is list for an array that may be absent.
func listOr[T any](o *object, field string, parse func(*object) T) []T {
	if !o.has(field) {
		return []T{}
	}
	return list(o, field, parse)
}
