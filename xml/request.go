package xml

import (
	"bytes"
	"errors"
	"net/url"
	"strings"
)

// request is a question of mod_xml_curl.
type request struct {
	section  string // directory, dialplan, configuration, languages, phrases
	keyValue string // what is looked for: a domain, the name of a configuration
	fields   map[string]string
	doubtful map[string]bool // fields that came twice, with different values
}

// errRequest: a body is no question of mod_xml_curl.
var errRequest = errors.New("not a request of mod_xml_curl")

// front are the fields that a body begins with, in this order. Only they are not URL-encoded.
var front = [...]string{"hostname", "section", "tag_name", "key_name", "key_value"}

// maxFields is far above the 150 that a long call's questions have.
const maxFields = 4000

// parseRequest reads a body. Names of later fields are whatever telephones and browsers make of them (X- headers of SIP, loginParams of
// Verto), and some stand before those that FreeSWITCH itself adds: of fields with the same name the last counts.
func parseRequest(body []byte) (request, error) {
	r := request{fields: map[string]string{}, doubtful: map[string]bool{}}
	values := [len(front)]string{}
	rest := string(body)
	for i, name := range front {
		field, after, more := strings.Cut(rest, "&")
		value, ok := strings.CutPrefix(field, name+"=")
		if !ok || !more && i < len(front)-1 {
			return request{}, errRequest
		}
		values[i], rest = value, after
	}
	if bytes.Count(body, []byte("&")) > maxFields {
		return request{}, errRequest
	}
	r.section, r.keyValue = values[1], values[4]
	for rest != "" {
		var field string
		field, rest, _ = strings.Cut(rest, "&")
		name, value, _ := strings.Cut(field, "=")
		r.add(name, decode(value))
	}
	return r, nil
}

func (r *request) add(name, value string) {
	if before, twice := r.fields[name]; twice && before != value {
		r.doubtful[name] = true
	}
	r.fields[name] = value
}

// decode undoes FreeSWITCH's encoding: a space is %20, and a plus itself is never meant otherwise. FreeSWITCH leaves what looks encoded
// already as it is ("50%20off" stays that), so what comes out here is not always what it has: whoever decides by such a value must have
// FreeSWITCH compare it again.
func decode(value string) string {
	if text, err := url.PathUnescape(value); err == nil {
		return text
	}
	return value
}

// get is a field's value.
func (r request) get(name string) string { return r.fields[name] }

// sure is a field's value if nobody could have slipped in another.
func (r request) sure(name string) string {
	if r.doubtful[name] {
		return ""
	}
	return r.fields[name]
}
