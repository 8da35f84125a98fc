package program

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/pion/webrtc/v4"

	"switchgram/bridge"
	"switchgram/bridge/leg"
	"switchgram/bridge/line"
	"switchgram/verto"
)

// chosenLine is the variable of a call that names the line it is to go by.
const chosenLine = "line"

// onPage serves a call that a page makes: a new one, or into one that is going on.
func (p *Program) onPage(ctx context.Context, c *verto.Call) {
	var err error
	if as, call, join := joining(c.Destination()); join {
		err = p.joinFromPage(ctx, c, call, as)
	} else {
		err = p.dialFromPage(ctx, c)
	}
	if err != nil {
		cause := bridge.CauseOf(err)
		p.log.Info("call refused", "kind", "verto", "from", leg.VertoAddress(c.User().ID), "cause", cause.String(), "err", err)
		c.Hangup(verto.Cause{Code: int(cause), Name: cause.String()})
	}
}

// joining reads what pages dial to join a call: a role and its id, as in listen:7Q2….
func joining(destination string) (as line.Role, call bridge.CallID, ok bool) {
	word, id, found := strings.Cut(destination, ":")
	if !found || as.UnmarshalText([]byte(word)) != nil {
		return 0, "", false
	}
	_, joins := roles[as]
	return as, bridge.CallID(id), joins
}

// roles are what the bridge calls the roles of users who join.
var roles = map[line.Role]bridge.Role{line.Talk: bridge.Talk, line.Listen: bridge.Listen, line.Whisper: bridge.Whisper}

// joinFromPage lets a page into a running call, if its user may.
func (p *Program) joinFromPage(ctx context.Context, c *verto.Call, id bridge.CallID, as line.Role) error {
	by, runs := p.running(id)
	if !runs {
		return &line.Refusal{Cause: bridge.InvalidCallReference, Reason: fmt.Sprintf("%q: %v", id, bridge.ErrNoCall)}
	}
	if err := p.config.registry.MayJoin(c.User().ID, by, as).Err(); err != nil {
		return err
	}
	p.log.Info("user joins call", "call", string(id), "line", by, "user", c.User().ID, "role", as.String())
	return p.bridge.Join(ctx, id, p.pageLeg(c, by), roles[as])
}

// dialFromPage makes the call that a page wants.
func (p *Program) dialFromPage(ctx context.Context, c *verto.Call) error {
	l, to, err := p.wayFromPage(c)
	if err != nil {
		return err
	}
	p.bridge.Handle(ctx, p.pageLeg(c, l.Name), to)
	return nil
}

func (p *Program) pageLeg(c *verto.Call, name string) *leg.Verto {
	return leg.NewVerto(c, name, func(to string) bridge.Address { return p.meant(name, to) })
}

// wayFromPage chooses the line: the one that the page names, or the first by which its user may call whom it dials; of several, one that is
// up and has room.
func (p *Program) wayFromPage(c *verto.Call) (chosen *line.Line, to bridge.Address, err error) {
	r, user, wanted := p.config.registry, c.User().ID, c.Variables()[chosenLine]
	err = &line.Refusal{Cause: bridge.NoRouteDestination, Reason: fmt.Sprintf("user %s has no line %q", user, wanted)}
	for _, l := range r.Lines() {
		if wanted != "" && wanted != l.Name || !r.Uses(user, l.Name) {
			continue
		}
		whom := p.meant(l.Name, c.Destination())
		if whom == (bridge.Address{}) {
			return nil, to, &line.Refusal{Cause: bridge.InvalidNumberFormat, Reason: fmt.Sprintf("%q: nobody can be meant by that", c.Destination())}
		}
		refused := p.mayCall(l, user, whom)
		switch {
		case refused != nil:
			if chosen == nil {
				err = refused
			}
		case p.lineIsFree(l, whom):
			return l, whom, nil
		case chosen == nil:
			chosen, to = l, whom
		}
	}
	if chosen != nil {
		err = nil
	}
	return chosen, to, err
}

// mayCall tells why a user may not call somebody by a line: users call each other as they like.
func (p *Program) mayCall(l *line.Line, user string, to bridge.Address) error {
	if _, ours := p.config.registry.User(to.User); ours && to.Scheme != "tg" {
		return nil
	}
	return p.config.registry.Follow(context.Background(), l.Name, user, to)
}

// lineIsFree tells whether a call of that kind could go by the line now.
func (p *Program) lineIsFree(l *line.Line, to bridge.Address) bool {
	switch to.Scheme {
	case "tg":
		_, up := p.telegramLine(l.Name)
		return up && l.Calls() < l.MaxCalls
	case "sip":
		_, up := p.sipLine(l.Name)
		return up
	default:
		return true
	}
}

// meant is whom somebody means that dials a text by a line: a scheme may say so; otherwise a user of ours at the pages or telephones there,
// what looks like somebody on Telegram, and whatever else the line's switch knows. The zero address is nobody.
func (p *Program) meant(name, dialled string) bridge.Address {
	dialled = strings.Join(strings.Fields(dialled), "") // numbers may be written with spaces
	if to, err := bridge.ParseAddress(dialled); err == nil && (to.Scheme == "tg" || to.Scheme == "sip" || to.Scheme == "verto") {
		return to
	}
	if _, ours := p.config.registry.User(dialled); ours {
		if p.config.registers(dialled) && len(p.pages.Sessions(dialled)) == 0 {
			return bridge.Address{Scheme: "sip", User: dialled}
		}
		return leg.VertoAddress(dialled)
	}
	who, scheme := p.config.registry.Line(name).Dialled(dialled), "sip"
	if strings.HasPrefix(who, "tg#") || strings.ContainsAny(who[:min(1, len(who))], "+@*") {
		scheme = "tg"
	}
	to, err := bridge.ParseAddress(scheme + ":" + who)
	if err != nil {
		return bridge.Address{}
	}
	return to
}

// pageDialer calls users at their pages.
func (p *Program) pageDialer() *leg.VertoDialer {
	return &leg.VertoDialer{
		Pages: func(user string) []*verto.Session {
			if p.pages == nil {
				return nil
			}
			return p.pages.Sessions(user)
		},
		Means: p.meant,
		Photo: p.photos.of,
	}
}

// pageMedia has a browser's call share the port of Telegram's media.
func (p *Program) pageMedia(s *webrtc.SettingEngine) (leave func(), err error) {
	fragment := rand.Text()
	member, err := p.media.Join(fragment)
	if err != nil {
		return nil, err
	}
	s.SetICECredentials(fragment, rand.Text())
	s.SetNet(member)
	s.SetIncludeLoopbackCandidate(p.config.Verto.Listen.Addr().IsLoopback()) // for browsers on this machine
	var rules []webrtc.ICEAddressRewriteRule
	for _, public := range p.config.Media.Advertise {
		rules = append(rules, webrtc.ICEAddressRewriteRule{External: []string{public.String()}, AsCandidateType: webrtc.ICECandidateTypeHost})
	}
	if err := s.SetICEAddressRewriteRules(rules...); err != nil {
		member.Close()
		return nil, err
	}
	return member.Close, nil
}
