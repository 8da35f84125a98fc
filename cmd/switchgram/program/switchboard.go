package program

import (
	"strings"

	"switchgram/bridge"
	"switchgram/bridge/line"
	"switchgram/xml"
)

// switchboard shows FreeSWITCH our lines and users.
type switchboard struct{ p *Program }

var _ xml.Switchboard = switchboard{}

// User implements xml.Switchboard: lines register as users; persons can log in at FreeSWITCH if they have a digest for that.
func (s switchboard) User(id string) (xml.User, bool) {
	c := s.p.config
	for _, l := range c.registry.Lines() {
		if l.SIP.User == id {
			password := s.p.sip[l.Name].Password
			return xml.User{ID: id, Line: l.Name, Context: c.XML.Incoming, Digest: func(realm string) string {
				if password == "" {
					return ""
				}
				return xml.A1(id, realm, password)
			}}, true
		}
	}
	u, ok := c.registry.User(id)
	if !ok || u.A1Hash == "" {
		return xml.User{}, false
	}
	return xml.User{ID: id, Caller: id, Context: c.XML.Context, Variables: u.Variables, Digest: func(realm string) string {
		if realm != c.xmlDomain() {
			return ""
		}
		return strings.ToLower(string(u.A1Hash))
	}}, true
}

// Way implements xml.Switchboard: the first line by which the user may call that person; of several, one that is up and has room.
func (s switchboard) Way(w xml.Wish) xml.Way {
	r := s.p.config.registry
	if _, known := r.User(w.By); !known {
		w.By = "" // of FreeSWITCH's own users it knows itself what they may
	}
	var way xml.Way
	refusal := bridge.NoRouteDestination // no line of that name
	for _, l := range r.Lines() {
		if w.Line != "" && w.Line != l.Name {
			continue
		}
		who := l.International(w.Who) // the line's rules are for when it calls us
		d := r.May(w.By, l.Name, bridge.Address{Scheme: "tg", User: l.Dialled(w.Who)})
		switch {
		case !d.Allowed:
			refusal = d.Cause
		case s.free(l):
			return xml.Way{User: l.SIP.User, Who: who}
		case way.User == "":
			way = xml.Way{User: l.SIP.User, Who: who}
		}
	}
	if way.User == "" {
		way.Cause = refusal.String()
	}
	return way
}

// way is how FreeSWITCH calls somebody on Telegram for a script.
func (s switchboard) way(peer string) xml.Way { return s.Way(xml.Wish{Who: peer}) }

func (s switchboard) free(l *line.Line) bool {
	_, up := s.p.sipLine(l.Name)
	return up && l.Calls() < l.MaxCalls
}
