package program

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"

	"github.com/pion/webrtc/v4"

	"switchgram/bridge/line"
	"switchgram/verto"
)

// vertoUsers are the users of the configuration, as browsers log in.
type vertoUsers struct {
	registry *line.Registry
	asker    *asker // nil: all passwords are in the configuration
	log      *slog.Logger
}

// Login implements verto.Users.
func (u vertoUsers) Login(ctx context.Context, l verto.Login) (verto.User, error) {
	if user, ours := u.registry.User(l.Name); u.asker != nil && (!ours || user.Password == (line.Hash{})) {
		return u.ask(ctx, l, ours, user)
	}
	user, err := u.registry.Login(l.Name, l.Password)
	if errors.Is(err, line.ErrPassword) {
		return verto.User{}, verto.ErrPassword
	} else if err != nil {
		return verto.User{}, err
	}
	return u.known(user, ""), nil
}

// ask asks another server about a password. What a user may is in the configuration, so that those who are not there cannot log in.
func (u vertoUsers) ask(ctx context.Context, l verto.Login, ours bool, user line.User) (verto.User, error) {
	name, err := u.asker.ask(ctx, l)
	switch {
	case err != nil:
		return verto.User{}, err
	case !ours:
		u.log.Warn("a login is right of somebody who is not among users", "user", l.Name)
		return verto.User{}, verto.ErrUser
	}
	return u.known(user, name), nil
}

// known is a user of the configuration, perhaps by another name.
func (u vertoUsers) known(user line.User, name string) verto.User {
	return verto.User{ID: user.Name, Name: cmp.Or(name, user.DisplayName, user.Name), Number: user.Name, May: vertoAccess{u.registry, user.Name}}
}

// vertoAccess is what a user may listen to.
type vertoAccess struct {
	registry *line.Registry
	user     string
}

// MaySubscribe implements verto.Access: who has every line sees all calls, and otherwise those of the lines that the user has.
func (a vertoAccess) MaySubscribe(channel string) bool {
	if channel == allCalls {
		return a.registry.Uses(a.user, "*")
	}
	name, ok := strings.CutPrefix(channel, allCalls+".")
	return ok && a.registry.Line(name) != nil && a.registry.Uses(a.user, name)
}

// MayBroadcast implements verto.Access: to ask for what stands in a table is all that there is to publish.
func (a vertoAccess) MayBroadcast(channel string) bool { return a.MaySubscribe(channel) }

// granted is what the telephone is told of its user.
type granted struct {
	Lines      []string           `json:"lines"`
	Roles      []line.Role        `json:"roles"`
	Calls      []string           `json:"calls"` // channels of the tables of calls that the user may see
	ICEServers []webrtc.ICEServer `json:"iceServers"`
	Notes      bool               `json:"notes"` // may be written on these calls
}

// phoneCommand says what the user may do.
func (p *Program) phoneCommand(servers []webrtc.ICEServer) verto.Command {
	return func(_ context.Context, s *verto.Session, _ json.RawMessage) (any, error) {
		r, name := p.config.registry, s.User().ID
		user, _ := r.User(name)
		g := granted{Roles: user.Roles, ICEServers: servers, Notes: p.store != nil}
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
}
