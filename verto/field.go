package verto

// Names of what a page is told of whom a call is with, beside name and number: keys of Party.Fields. On the wire each is verto_h_ and the
// name, as with FreeSWITCH's variables of that kind. A page ignores those that it does not know; others may be added freely.
const (
	FieldPhoto    = "photo"     // URL of a picture of the person
	FieldLink     = "link"      // URL that the page offers to open: the person in a CRM
	FieldLinkText = "link_text" // what to call it
	FieldUsername = "username"  // on Telegram, without "@"
	FieldID       = "id"        // on Telegram
	FieldLine     = "line"      // by which the call came
	FieldCall     = "call"      // id of the whole call, by which others can join it
)

// prefix is what fields have on the wire before their names.
const prefix = "verto_h_"

// Party is whom a call is with, as the page shows it.
type Party struct {
	Name, Number string
	Fields       map[string]string // may be nil
}

// covers tells whether a page that shows p learns nothing of the other.
func (p Party) covers(other Party) bool {
	for name, value := range other.Fields {
		if known, ok := p.Fields[name]; !ok || known != value {
			return false
		}
	}
	return p.Name == other.Name && p.Number == other.Number
}

// in adds what a page is told of a call to the params of a request. Direction is seen from the server: who shows "outbound" shows the
// caller, and otherwise the callee.
func (p Party) in(params object, user User, incoming bool) object {
	caller, callee, direction := p, Party{Name: user.Name, Number: user.Number}, "outbound"
	if incoming {
		caller, callee, direction = callee, p, "inbound"
	}
	params["caller_id_name"], params["caller_id_number"] = caller.Name, caller.Number
	params["callee_id_name"], params["callee_id_number"] = callee.Name, callee.Number
	params["display_direction"] = direction
	for name, value := range p.Fields {
		params[prefix+name] = value
	}
	return params
}
