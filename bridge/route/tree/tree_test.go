package tree

import (
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEverythingKnowsWhereItStands(t *testing.T) {
	n, err := Parse("r.json", strings.NewReader("{\n  \"ä\": [1, \"x\"],\n\t\"b\" : {\"c\": true}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		what string
		got  Position
		want Position
	}{
		{"the object", n.At, Position{1, 1}},
		{"a name", n.Members[0].At, Position{2, 3}},
		{"a list", n.Get("ä").At, Position{2, 8}},
		{"a text", n.Get("ä").Items[1].At, Position{2, 12}},
		{"a value", n.Get("b").Get("c").At, Position{3, 14}},
	} {
		if tc.got != tc.want {
			t.Errorf("%s stands at %v, want %v", tc.what, tc.got, tc.want)
		}
	}
	if !n.Get("b").Get("c").True() || n.Get("nobody") != nil {
		t.Error("members are not found")
	}
}

func TestAByteOrderMarkIsPassedOver(t *testing.T) {
	n, err := Parse("r.json", strings.NewReader("\uFEFF{\"a\": 1}"))
	if err != nil || n.At != (Position{1, 1}) || n.Members[0].At != (Position{1, 2}) {
		t.Errorf("%+v, %v", n, err)
	}
}

func TestMistakesAreShownWhereTheyAre(t *testing.T) {
	for text, want := range map[string]string{
		"{\"a\": 1,\n \"a\": 2}":       `r.json:2:2: "a" stands here twice`,
		"{\"a\": 1\n ]":                "r.json:2:2: not JSON",
		"[1, 2":                        "r.json:1:6: not JSON: it ends too early",
		"":                             "r.json:1:1: not JSON: it ends too early",
		"[1]\n[2]":                     "r.json:2:1: there is more after the end",
		"[\"\xff\"]":                   "r.json:1:3: not UTF-8",
		strings.Repeat("[", 300) + "1": "deeper than 200",
	} {
		_, err := Parse("r.json", strings.NewReader(text))
		var place *Error
		if !errors.As(err, &place) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: got %v, want %s", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5e3,"\u00e4",null,true]}`, `[[]]`, `{"a":1,"a":2}`, `"x" 1`, ",1", `{"a":}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := Parse("f", strings.NewReader(text))
		if err != nil {
			return
		}
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		var want any
		if err := d.Decode(&want); err != nil && !errors.Is(err, io.EOF) {
			t.Fatalf("%q is no JSON: %v", text, err)
		}
		if got := n.Any(); !reflect.DeepEqual(got, want) {
			t.Errorf("%q is %v, want %v", text, got, want)
		}
	})
}
