package store

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"switchgram/bridge"
)

// Every field of an event comes out of the journal as it went in; an error as its text.
func TestTheJournalKeepsAllOfAnEvent(t *testing.T) {
	want := annCalls("1").ended()
	fillZero(reflect.ValueOf(&want).Elem(), 0)
	want.Outcome.Err, want.Outcome.Legs[0].Err = errors.New("codec"), errors.New("ice")

	line, err := encode(want)
	must(t, err)
	e, err := decode(line)
	must(t, err)
	got := e.event()

	if text(got.Outcome.Err) != "codec" || text(got.Outcome.Legs[0].Err) != "ice" {
		t.Errorf("errors %v, %v", got.Outcome.Err, got.Outcome.Legs[0].Err)
	}
	for _, ev := range []*bridge.Event{&got, &want} {
		ev.Outcome.Err = nil
		for i := range ev.Outcome.Legs {
			ev.Outcome.Legs[i].Err = nil
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\n%+v\nwant %+v\n%+v", got, got.Outcome, want, want.Outcome)
	}
}

// fillZero gives what is zero in a value another value.
func fillZero(v reflect.Value, depth int) {
	if depth > 12 || v.Type() == reflect.TypeFor[error]() {
		return
	}
	if at, is := v.Interface().(time.Time); is {
		if at.IsZero() {
			v.Set(reflect.ValueOf(noon))
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fillZero(v.Field(i), depth+1)
		}
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		fillZero(v.Elem(), depth+1)
	case reflect.Slice:
		if v.Len() == 0 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		}
		for i := range v.Len() {
			fillZero(v.Index(i), depth+1)
		}
	case reflect.String:
		if v.IsZero() {
			v.SetString("text")
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int64:
		if v.IsZero() {
			v.SetInt(int64(7 * time.Millisecond))
		}
	case reflect.Int:
		v.SetInt(7)
	case reflect.Uint8, reflect.Uint64:
		if v.IsZero() {
			v.SetUint(2)
		}
	case reflect.Float64:
		v.SetFloat(0.5)
	}
}

func FuzzAJournalIsRead(f *testing.F) {
	for _, ev := range annCalls("1").events() {
		line, err := encode(ev)
		must(f, err)
		f.Add(line)
	}
	f.Add([]byte(`{"began":"2026-03-14T12:00:00Z"}`))
	f.Add([]byte(`{"event":{"call":"1","kind":"call.ended","cause":300},"outcome":{"Legs":[{}]}}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		e, err := decode(line)
		if err != nil || e.Event == nil {
			return
		}
		ev := e.event()
		r := &row{Record: newRecord(ev)}
		r.take(ev)
		who := r.people()
		r.values(who, r.words(who))
		if _, err := encode(ev); err != nil && ev.At.Year() >= 0 && ev.At.Year() < 10000 {
			t.Errorf("what was read cannot be written: %v", err)
		}
	})
}
