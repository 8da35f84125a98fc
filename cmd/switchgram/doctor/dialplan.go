package doctor

import (
	"context"
	"fmt"
	"strings"

	"switchgram/bridge/line"
)

// dialplan looks for the extensions that call a line, and whether they say who is called, and offer it more than the caller's codecs:
// a switch with late negotiation offers a leg that it makes only what the caller's telephone speaks.
type dialplan struct{}

const dialled = "dialplan"

func (dialplan) look(ctx context.Context, p *patient) (all []Finding) {
	if p.socket == nil {
		return []Finding{skipped(dialled, "seen through the event socket only")}
	}
	for _, l := range p.registering() {
		all = append(all, p.extensions(ctx, l)...)
	}
	return all
}

// export is the line that docs/freeswitch.md explains.
const export = `<action application="export" data="nolocal:absolute_codec_string=OPUS@48000h@20i,PCMU,PCMA"/>`

func (p *patient) extensions(ctx context.Context, l *line.Line) (all []Finding) {
	name, found := p.callsOf(ctx, l)
	if len(found) == 0 {
		return []Finding{warning(dialled, fmt.Sprintf("no extension of context %s calls line %s: FreeSWITCH's telephones cannot call Telegram by it", name, l.Name),
			"`switchgram config freeswitch` prints one; if yours is in another context, or reaches us by a gateway, this is nothing to mind")}
	}
	for _, e := range found {
		all = append(all, judge(e, l)...)
	}
	if len(all) == 0 {
		all = append(all, ok(dialled, "%s in context %s: line %s is told who is called, and offered Opus", counted(len(found), "extension"), name, l.Name))
	}
	return all
}

// callsOf are the extensions that bridge to the line's user, in the context that it is in itself.
func (p *patient) callsOf(ctx context.Context, l *line.Line) (name string, found []element) {
	domain := l.SIP.Domain
	if domain == "" {
		domain = p.domain(ctx)
	}
	name, err := p.socket.API(ctx, fmt.Sprintf("user_data %s@%s var user_context", l.SIP.User, domain))
	if name = strings.TrimSpace(name); err != nil || name == "" || strings.HasPrefix(name, "-") {
		name = "default"
	}
	for _, e := range p.located(ctx, "dialplan context name "+name).all("extension") {
		if e.calls(l.SIP.User) {
			found = append(found, e)
		}
	}
	return name, found
}

// calls tells whether an extension bridges to a user.
func (e element) calls(user string) bool {
	return e.does("bridge", "user/"+user+"@") || e.does("bridge", "sofia_contact(*/"+user+"@")
}

// does tells whether an extension has an application with that in its data.
func (e element) does(application, data string) bool {
	for _, a := range e.all("action") {
		if a.attr("application") == application && strings.Contains(a.attr("data")+" ", data) {
			return true
		}
	}
	return false
}

// says tells whether an extension sets a variable for the leg that it makes, by export or in front of the dial string.
func (e element) says(variable string) bool {
	return e.does("export", variable+"=") || e.does("bridge", variable+"=")
}

// judge finds what an extension that calls a line leaves out.
func judge(e element, l *line.Line) (all []Finding) {
	where := fmt.Sprintf("extension %.40q", e.attr("name"))
	if !e.says("sip_h_X-TG-Dial") {
		all = append(all, warning(dialled, fmt.Sprintf("%s calls line %s and does not say whom on Telegram", where, l.Name),
			`before the bridge: <action application="export" data="nolocal:sip_h_X-TG-Dial=$1"/>`))
	}
	if !e.says("absolute_codec_string") && !e.says("codec_string") {
		all = append(all, warning(dialled, fmt.Sprintf("%s offers line %s only what the caller's telephone speaks: a PCMU telephone makes the call PCMU", where, l.Name),
			"before the bridge: "+export))
	}
	return all
}
