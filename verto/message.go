package verto

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// object is a JSON object of ours.
type object = map[string]any

// request is what a page asks for, or its answer to a request of ours, which has no method.
type request struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Method  string          `json:"method"`
	Params  json.RawMessage `json:"params"`
	Result  json.RawMessage `json:"result"`
	Error   json.RawMessage `json:"error"`

	answer func(message []byte) // sends what answers it; called once
}

// Codes of errors: those of FreeSWITCH, since clients know them.
const (
	codeLogin   = -32000 // log in first
	codeRefused = -32001 // the login is wrong
	codeSession = -32002
	codeInvalid = -32600
	codeMethod  = -32601
	codeForbid  = -32602
)

// fault is an error as a page is told of it.
type fault struct {
	code int
	text string
	more object // beside code and message; may be nil
}

func (f *fault) Error() string { return strconv.Itoa(f.code) + " " + f.text }

func (f *fault) object() object {
	o := object{"code": f.code, "message": f.text}
	for name, value := range f.more {
		o[name] = value
	}
	return o
}

// Errors as pages know them.
var (
	errInvalidRequest = &fault{code: codeInvalid, text: "Invalid Request"}
	errInvalidMessage = &fault{code: codeInvalid, text: "Invalid message"}
	errMethod         = &fault{code: codeMethod, text: "Invalid Method, Missing Method or Permission Denied"}
	errForbidden      = &fault{code: codeForbid, text: "Permission Denied"}
	errLoginFirst     = &fault{code: codeLogin, text: "Authentication Required"}
)

// parse reads a frame. Answers to requests of ours have no method; ours are not waited for.
func parse(frame []byte) (request, *fault) {
	var r request
	if err := json.Unmarshal(frame, &r); err != nil {
		if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) && r.ID != nil {
			return r, errInvalidMessage
		}
		return request{}, errInvalidRequest
	}
	if !plainID(r.ID) {
		return request{}, errInvalidRequest
	}
	if r.Version != "2.0" {
		return r, errInvalidMessage
	}
	return r, nil
}

// plainID tells whether an id is one that is given back: a number, a text, null or nothing.
func plainID(id json.RawMessage) bool {
	return len(id) < maxID && (len(id) == 0 || id[0] != '{' && id[0] != '[')
}

// maxID is the longest id of a request that is given back.
const maxID = 256

// read puts the params of a request into a struct. What does not fit is as if it had not been sent.
func (r *request) read(params any) {
	_ = json.Unmarshal(r.Params, params) // what can be read has been
}

// id is the request's, to be answered with.
func (r *request) id() json.RawMessage {
	if len(r.ID) == 0 {
		return json.RawMessage("null")
	}
	return r.ID
}

// text is a value of a page's that should be a string, but may be another scalar.
type text string

// UnmarshalJSON takes strings and whatever can be written as one; anything else is empty.
func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	switch {
	case json.Unmarshal(b, &s) == nil:
		*t = text(s)
	case !bytes.ContainsAny(b, "{["):
		*t = text(b)
	default:
		*t = ""
	}
	return nil
}

func (t text) number() int {
	n, err := strconv.Atoi(strings.TrimSpace(string(t)))
	if err != nil {
		return 0
	}
	return n
}

// encode writes a message. What we say can be written.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

func answer(id json.RawMessage, result object) []byte {
	return encode(object{"jsonrpc": "2.0", "id": id, "result": result})
}

func refusal(id json.RawMessage, f *fault) []byte {
	return encode(object{"jsonrpc": "2.0", "id": id, "error": f.object()})
}

// ask writes a request of ours. Clients read the params without looking whether there are any, and answer none that has no id.
func ask(id uint64, method string, params object) []byte {
	return encode(object{"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}
