package route_test

import (
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"switchgram/bridge/route"
	"switchgram/bridge/route/rehearsal"
)

// odd is what people, and programs, write where something else is wanted; odder is more of that.
var (
	odd   = []string{`null`, `5`, `-1`, `"x"`, `""`, `"${a}"`, `[]`, `{}`, `[{}]`}
	odder = []string{
		`true`, `false`, `0`, `1.5`, `99999999999999999999`, `" "`, `"${caller_id_name}"`, `"99"`, `"(["`, `"true"`,
		`[5]`, `[null]`, `[[]]`, `["a", "b", "c"]`, `{"unknown": 1}`, `{"a": {"b": []}}`, `[{"break": true}]`,
	}
)

// TestWhateverIsWrittenInAnArgumentIsRefusedByPlaceOrRuns: every application with every odd argument, and the steps of the manual's examples, one by one, with
// something odd in the place of each of their parts.
func TestWhateverIsWrittenInAnArgumentIsRefusedByPlaceOrRuns(t *testing.T) {
	for _, application := range route.Applications() {
		for _, argument := range slices.Concat(odd, odder) {
			dare(t, around(`{"`+application+`": `+argument+`}`))
		}
	}
	for _, example := range examples(t) {
		var script struct{ Callflow []any }
		if err := json.Unmarshal([]byte(example), &script); err != nil {
			t.Fatal(err)
		}
		for _, step := range script.Callflow {
			spoil(step, func() {
				text, err := json.Marshal(step)
				if err != nil {
					t.Fatal(err)
				}
				dare(t, around(string(text)))
			})
		}
	}
}

// spoil has each part of a document be something odd, one at a time, and calls use each time.
func spoil(document any, use func()) {
	each := func(part any, put func(any)) {
		for _, one := range odd {
			put(json.RawMessage(one))
			use()
		}
		put(part)
		spoil(part, use)
	}
	switch d := document.(type) {
	case map[string]any:
		for name, part := range d {
			each(part, func(v any) { d[name] = v })
		}
	case []any:
		for i, part := range d {
			each(part, func(v any) { d[i] = v })
		}
	}
}

// dare reads a script, and runs it if it can be read.
func dare(t *testing.T, text string) {
	t.Helper()
	defer func() {
		if bug := recover(); bug != nil {
			t.Errorf("%s\npanics: %v", text, bug)
		}
	}()
	s, err := route.Parse("x.json", strings.NewReader(text))
	if err != nil {
		for _, p := range route.Problems(err) {
			if p.At.Line < 1 || p.At.Column < 1 || p.Text == "" {
				t.Errorf("%s\nis refused by %+v", text, p)
			}
		}
		return
	}
	s.Lint()
	stage := rehearsal.New(io.Discard)
	a := route.Arrival{Context: s.Context, Number: "1", Facts: map[string]string{"caller_id_number": "+380501234567"}}
	_, _ = stage.Perform(t.Context(), &route.Library{Scripts: []*route.Script{s}}, a, tuesday) // which may say that no route is for that number
	for _, line := range stage.Done() {
		if strings.Contains(line, `last_error = "bug"`) {
			t.Errorf("%s\nends with %q", text, stage.Done())
		}
	}
}

// TestWhatMustBeSaidIsAskedFor when a script is read, in words that say what is missing.
func TestWhatMustBeSaidIsAskedFor(t *testing.T) {
	for step, want := range map[string]string{
		`{"queue": {}}`:                        "callflow[0]: name is missing: which queue?",
		`{"queueStatus": {"freeAgents": "f"}}`: "callflow[0]: name is missing: which queue?",
		`{"setUser": {}}`:                      "callflow[0]: name is missing: which user?",
		`{"updateCid": {}}`:                    "callflow[0]: name, number or destination is missing",
		`{"notification": {"message": "x"}}`:   "callflow[0]: users is missing",
		`{"trigger": 5}`:                       "callflow[0].trigger: want an object, not a number",
		`{"originate": {"actions": []}}`:       `callflow[0].originate: "endpoint" is missing`,
		`{"park": ""}`:                         "callflow[0].park: it is empty",
		`{"conference": {"name": ""}}`:         "callflow[0].conference.name: it is empty",
		`{"httpRequest": ""}`:                  "callflow[0].httpRequest: it is empty",
	} {
		_, err := route.Parse("x.json", strings.NewReader(around(step)))
		if err == nil || strings.Count(err.Error(), "\n") > 0 || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", step, err, want)
		}
	}
	_, err := route.Parse("x.json", strings.NewReader(strings.Replace(around(""), `"name": "x"`, `"name": ""`, 1)))
	if err == nil || !strings.Contains(err.Error(), "x.json:1:10: name: it is empty") {
		t.Errorf("a route without a name: %v", err)
	}
}
