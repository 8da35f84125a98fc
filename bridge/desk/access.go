package desk

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/pion/webrtc/v4"

	"switchgram/bridge/line"
	"switchgram/verto"
)

// Access is what a user may listen to: verto.User's May.
type Access struct {
	Registry *line.Registry
	User     string
	Guest    *line.User // who is a user while a page of theirs is there; nil: the user is one of the registry's own
}

var _ verto.Access = Access{}

// MaySubscribe implements verto.Access: who has every line sees all calls and how all users are; others the calls of the lines that they have, and
// how those are who have one of these, too.
func (a Access) MaySubscribe(channel string) bool {
	if channel == allCalls || channel == verto.PresenceChannel {
		return a.Registry.Uses(a.User, "*")
	}
	if other, ok := strings.CutPrefix(channel, verto.PresenceChannel+"."); ok {
		return a.Registry.Share(a.User, other)
	}
	name, ok := strings.CutPrefix(channel, allCalls+".")
	return ok && a.Registry.Line(name) != nil && a.Registry.Uses(a.User, name)
}

// MayBroadcast implements verto.Access: there is nothing to publish. Who asks for what stands in a table is asked of MaySubscribe.
func (a Access) MayBroadcast(string) bool { return false }

// onSession has guests be users while a page of theirs is there.
func (d *Desk) onSession(s *verto.Session, up bool) {
	switch a, _ := s.User().May.(Access); {
	case a.Guest == nil:
	case up:
		d.o.Registry.Enter(*a.Guest)
	default:
		d.o.Registry.Leave(a.Guest.Name)
	}
}

// granted is what the telephone is told of its user.
type granted struct {
	Lines      []string           `json:"lines"`
	Roles      []line.Role        `json:"roles"`
	Calls      []string           `json:"calls"` // channels of the tables of calls that the user may see
	ICEServers []webrtc.ICEServer `json:"iceServers"`
	Notes      bool               `json:"notes"` // may be written on these calls
}

// phone says what the user may do.
func (d *Desk) phone(_ context.Context, s *verto.Session, _ json.RawMessage) (any, error) {
	r, name := d.o.Registry, s.User().ID
	user, _ := r.User(name)
	g := granted{Roles: user.Roles, ICEServers: d.o.Verto.ICEServers, Notes: d.o.Store != nil}
	for _, l := range r.Lines() {
		if r.Uses(name, l.Name) {
			g.Lines, g.Calls = append(g.Lines, l.Name), append(g.Calls, allCalls+"."+l.Name)
		}
	}
	if r.Uses(name, "*") {
		g.Calls = []string{allCalls}
	}
	return g, nil
}
