package extract

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const rows = `{"rows": [{"Name": "Ann", "Type": "a", "n": 1.50}, {"Name": "Bob", "Type": "b", "deep": {"a.b": true}}], "none": null, "empty": ""}`

const soap = `<?xml version="1.0"?><s:Envelope xmlns:s="urn:x"><s:Body><list n="2"><item id="1">one</item><item id="2">two <b>bold</b></item></list></s:Body></s:Envelope>`

func TestValuesAreFound(t *testing.T) {
	for _, tc := range []struct {
		kind, body, path, want string
		found                  bool
	}{
		{"application/json", rows, "rows.0.Name", "Ann", true},
		{"application/json; charset=utf-8", rows, "rows.0.n", "1.50", true},
		{"", rows, "rows.#", "2", true},
		{"", rows, "rows.#.Name", `["Ann","Bob"]`, true},
		{"", rows, `rows.#(Type=="b").Name`, "Bob", true},
		{"", rows, `rows.#(Type!="a").Name`, "Bob", true},
		{"", rows, `rows.1.deep.a\.b`, "true", true},
		{"", rows, `rows.#(Type=="c").Name`, "", false},
		{"", rows, "rows.7.Name", "", false},
		{"", rows, "rows.-1", "", false},
		{"", rows, "none", "", false},
		{"", rows, "empty", "", true},
		{"", rows, "rows.0.Name.more", "", false},
		{"", `[1]`, ".", "[1]", true},
		{"text/xml", soap, "/Envelope/Body/list/item[2]", "two bold", true},
		{"text/xml", soap, "//item[@id='1']", "one", true},
		{"application/soap+xml", soap, "//s:list/@n", "2", true},
		{"text/xml", soap, "//item[2]/text()", "two", true},
		{"text/xml", soap, "Body/list/item", "one", true},
		{"text/xml", soap, "//item[9]", "", false},
		{"text/xml", soap, "//nobody/@n", "", false},
		{"application/x-www-form-urlencoded", "a=1&b=2%203", "b", "2 3", true},
		{"application/x-www-form-urlencoded", "a=1", "c", "", false},
		{"text/plain", "hello", ".", "hello", true},
		{"text/plain", "hello", "x", "", false},
	} {
		d, err := Open("", tc.kind, []byte(tc.body))
		if err != nil {
			t.Errorf("%s: %v", tc.path, err)
			continue
		}
		if got, found := d.Find(tc.path); got != tc.want || found != tc.found {
			t.Errorf("%s: %q, %v; want %q, %v", tc.path, got, found, tc.want, tc.found)
		}
	}
}

func TestGarbageIsAnError(t *testing.T) {
	for format, body := range map[string]string{"json": "<html>", "xml": `{"a":1}`, "form": "%zz"} {
		if _, err := Open(format, "", []byte(body)); err == nil {
			t.Errorf("%q is no %s", body, format)
		}
	}
	if _, err := Open("xml", "", []byte("<a><b></a>")); err == nil {
		t.Error("crossed elements are no XML")
	}
}

func FuzzFind(f *testing.F) {
	f.Add("json", rows, `rows.#(Type=="b").Name`)
	f.Add("xml", soap, "//item[@id='1']/b")
	f.Add("form", "a=1", "a")
	f.Add("xml", "<a/>", "/a[b[")
	f.Fuzz(func(t *testing.T, format, body, path string) {
		d, err := Open(format, "", []byte(body))
		if err != nil {
			return
		}
		if got, found := d.Find(path); !found && got != "" {
			t.Errorf("found %q, and not", got)
		}
	})
}
