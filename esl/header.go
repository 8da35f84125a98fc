package esl

import (
	"iter"
	"strings"
)

// headers are names and values in the order of the wire, as places in the text that they came in. There is no pointer in the list, so the garbage
// collector, which otherwise has half of the work with events, passes over it.
type headers struct {
	text string
	all  []header
}

type header struct{ name, value piece }

// piece is a part of a text, as it came over the wire; decoding waits until somebody asks.
type piece struct {
	at, n    uint32
	encoding encoding
}

type encoding uint8

const (
	verbatim encoding = iota
	percent           // plain events
	escaped           // a JSON string that has a backslash in it
	array             // a JSON array, with its brackets
)

const (
	usualHeaders = 512    // for more, the list has to grow
	mostHeaders  = 10_000 // an event with more is refused
)

// part is what stands from one place up to another.
func part(from, to int, e encoding) piece { return piece{uint32(from), uint32(to - from), e} } // texts are no longer than longestBody

func (p piece) raw(text string) string { return text[p.at : p.at+p.n] }

// value decodes the piece.
func (p piece) value(text string) string {
	raw := p.raw(text)
	switch p.encoding {
	case percent:
		return unescapePercent(raw)
	case escaped:
		return unescapeJSON(raw)
	case array:
		return arrayPrefix + strings.Join(jsonElements(raw), arraySeparator)
	default:
		return raw
	}
}

// How FreeSWITCH writes a list of values in one: ARRAY::one|:two.
const (
	arrayPrefix    = "ARRAY::"
	arraySeparator = "|:"
)

// values decodes a list.
func (p piece) values(text string) []string {
	if p.encoding == array {
		return jsonElements(p.raw(text))
	}
	v := p.value(text)
	if list, ok := strings.CutPrefix(v, arrayPrefix); ok {
		return strings.Split(list, arraySeparator)
	}
	return []string{v}
}

// is compares a name without regard to case. That of a JSON event can be written with escapes.
func (p piece) is(name, text string) bool {
	if p.encoding != verbatim {
		return strings.EqualFold(p.value(text), name)
	}
	return int(p.n) == len(name) && strings.EqualFold(p.raw(text), name)
}

// find returns the value of the first header of that name.
func (h headers) find(name string) (value piece, ok bool) {
	for i := range h.all {
		if h.all[i].name.is(name, h.text) {
			return h.all[i].value, true
		}
	}
	return piece{}, false
}

// lookup is find that decodes.
func (h headers) lookup(name string) (value string, ok bool) {
	p, ok := h.find(name)
	return p.value(h.text), ok
}

func (h headers) get(name string) string {
	v, _ := h.lookup(name)
	return v
}

func (h headers) each() iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for _, one := range h.all {
			if !yield(one.name.value(h.text), one.value.value(h.text)) {
				return
			}
		}
	}
}
