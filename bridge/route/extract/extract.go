// Package extract finds values in what servers answer: in JSON by paths such as rows.0.Name, in XML by a part of XPath, in forms by key. What is not
// there is not found; what cannot be read at all is an error, when the document is opened.
package extract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/url"
	"strings"
)

// Document is an answer to look into.
type Document interface {
	// Find is the value at a path; false: there is none. A path that makes no sense finds nothing.
	Find(path string) (string, bool)
}

// Open reads an answer. format is json, xml, form or text; empty: as the content type says, and JSON if that says nothing we know.
func Open(format, contentType string, body []byte) (Document, error) {
	if format == "" {
		format = formatOf(contentType)
	}
	switch format {
	case "xml":
		return openXML(body)
	case "form":
		values, err := url.ParseQuery(string(body))
		return form(values), err
	case "text":
		return text(body), nil
	}
	return OpenJSON(body)
}

func formatOf(contentType string) string {
	kind, _, _ := mime.ParseMediaType(contentType)
	switch {
	case strings.HasSuffix(kind, "/xml"), strings.HasSuffix(kind, "+xml"):
		return "xml"
	case kind == "application/x-www-form-urlencoded":
		return "form"
	case strings.HasPrefix(kind, "text/"):
		return "text"
	}
	return "json"
}

type form url.Values

func (f form) Find(path string) (string, bool) {
	values := f[path]
	return strings.Join(values, ","), len(values) > 0
}

type text []byte

func (t text) Find(path string) (string, bool) {
	if path != "." {
		return "", false
	}
	return string(t), true
}

// OpenJSON reads JSON.
func OpenJSON(body []byte) (Document, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	return tree{v}, nil
}
