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
}

var _ verto.Access = Access{}

// MaySubscribe implements verto.Access: who has every line sees all calls, and otherwise those of the lines that the user has.
func (a Access) MaySubscribe(channel string) bool {
	if channel == allCalls {
		return a.Registry.Uses(a.User, "*")
	}
	name, ok := strings.CutPrefix(channel, allCalls+".")
	return ok && a.Registry.Line(name) != nil && a.Registry.Uses(a.User, name)
}

// MayBroadcast implements verto.Access: to ask for what stands in a table is all that there is to publish.
func (a Access) MayBroadcast(channel string) bool { return a.MaySubscribe(channel) }

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
