package xml

import (
	"regexp"
	"slices"
	"strings"
)

// Dialplan is which numbers are ours.
type Dialplan struct {
	Context  string   // in which people dial
	Incoming string   // in which calls from Telegram arrive; empty: Context
	Prefixed bool     // people on Telegram are dialled with tg before them alone: a bare +49… goes elsewhere
	Socket   string   // host and port of the event socket that scripts wait at
	Scripts  []string // numbers that go there
}

// dialplan answers for one call. The document says once more which number it is for, and FreeSWITCH compares: a number that decodes to
// another gets no route.
func (h *Handler) dialplan(r request) []byte {
	plan := h.o.Dialplan
	context, number := r.get("Hunt-Context"), r.get("Hunt-Destination-Number")
	var e *element
	switch {
	case slices.Contains(plan.Scripts, number) && plan.serves(context):
		e = h.script(number)
	case context == plan.Context:
		e = h.extension(number, r)
	case plan.serves(context):
		e = h.person(number)
	}
	if e == nil {
		return nil
	}
	return document("dialplan", el("context", "name", context).with(e))
}

func (p *Dialplan) serves(context string) bool {
	return context != "" && (context == p.Context || context == p.Incoming)
}

// extension is for what people dial.
func (h *Handler) extension(number string, r request) *element {
	if who, ok := Target(number, h.o.Dialplan.Prefixed); ok {
		way := h.o.Switchboard.Way(Wish{By: h.caller(r), Line: r.get("variable_tg_line"), Who: who})
		return toTelegram(number, h.o.Domain, way)
	}
	if sharer, ok := strings.CutSuffix(number, "-screen"); ok {
		return h.screen(sharer)
	}
	return h.person(number)
}

// caller is the user of our domain whose call this is. A browser may have any variable set on its channel (userVariables of a Verto login), but
// not the name in its caller profile; of a telephone, which cannot set variables, that name is what it says and the variable what was checked.
func (h *Handler) caller(r request) string {
	user, domain := r.get("variable_user_name"), r.get("variable_domain_name")
	if r.get("Hunt-Source") == "mod_verto" {
		user, domain, _ = strings.Cut(r.get("Hunt-Username"), "@")
	}
	if domain != h.o.Domain {
		return ""
	}
	return user
}

func (h *Handler) script(number string) *element {
	return literal("script", number,
		action("socket", h.o.Dialplan.Socket+" async full"),
		action("hangup", "NORMAL_TEMPORARY_FAILURE"), // nobody was there
	)
}

// person is for a number that one of our users has.
func (h *Handler) person(number string) *element {
	if !h.isPerson(number) {
		return nil
	}
	return literal("user", number, ring(number+"@"+h.o.Domain)...)
}

// screen is for the second call of a browser that shows its screen to somebody whom it is talking with: clients know it by the caller's number.
func (h *Handler) screen(number string) *element {
	if !h.isPerson(number) {
		return nil
	}
	return literal("screen", number+"-screen", append([]*element{
		action("set", "effective_caller_id_number=${caller_id_number}-screen"),
		action("set", "effective_caller_id_name=${caller_id_name} (Screen)"),
		action("export", "video_screen_share=true"),
	}, ring(number+"@"+h.o.Domain)...)...)
}

func (h *Handler) isPerson(number string) bool {
	u, ok := h.o.Switchboard.User(number)
	return ok && u.Line == ""
}

// toTelegram is for a call to one person, whom text of the caller's no longer names: Target and the Switchboard have made it anew.
func toTelegram(number, domain string, way Way) *element {
	if way.Cause != "" {
		return literal("telegram", number, action("hangup", way.Cause))
	}
	return literal("telegram", number, bridgeTo(way.User+"@"+domain, way.Who)...)
}

// bridgeTo calls who by a line.
func bridgeTo(user, who string) []*element { return byUs("user/"+user, "X-TG-Dial="+who) }

// byUs calls Switchgram, and tells it something in a header. FreeSWITCH offers a called user only the codecs of the caller; so Opus, which
// Telegram speaks, is offered first.
func byUs(dial, header string) []*element {
	return []*element{
		action("set", "hangup_after_bridge=true"),
		action("export", "nolocal:sip_h_"+header),
		action("export", "nolocal:absolute_codec_string=OPUS@48000h@20i,PCMU,PCMA"),
		action("bridge", dial),
		sayWhy(),
	}
}

// ring calls a user for half a minute. Who is called may transfer the call by att_xfer: when it then hangs up, FreeSWITCH needs a moment to
// bridge the caller anew, and with hangup_after_bridge would now and then have hung up before.
func ring(user string) []*element {
	return []*element{action("set", "call_timeout=30"), action("bridge", "user/"+user), action("sleep", "500"), sayWhy()}
}

// sayWhy tells the caller why there was no answer.
func sayWhy() *element { return action("hangup", "${last_bridge_hangup_cause}") }

// literal is an extension for one number.
func literal(name, number string, actions ...*element) *element {
	return el("extension", "name", name).with(condition("destination_number", "^"+regexp.QuoteMeta(number)+"$").with(actions...))
}

func condition(field, expression string) *element {
	return el("condition", "field", field, "expression", expression)
}
