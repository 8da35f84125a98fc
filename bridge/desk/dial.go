package desk

import (
	"context"
	"fmt"
	"strings"

	"switchgram/bridge"
	"switchgram/bridge/leg"
	"switchgram/bridge/line"
	"switchgram/verto"
)

// chosenLine is the variable of a call that names the line it is to go by.
const chosenLine = "line"

// onCall serves a call that a page makes: a new one, or into one that is going on.
func (d *Desk) onCall(ctx context.Context, c *verto.Call) {
	var err error
	if as, call, join := joining(c.Destination()); join {
		err = d.join(ctx, c, call, as)
	} else {
		err = d.dial(ctx, c)
	}
	if err != nil {
		cause := bridge.CauseOf(err)
		d.log.Info("call refused", "kind", "verto", "from", leg.VertoAddress(c.User().ID), "cause", cause.String(), "err", err)
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

// join lets a page into a running call, if its user may.
func (d *Desk) join(ctx context.Context, c *verto.Call, id bridge.CallID, as line.Role) error {
	by, runs := d.running(id)
	if !runs {
		return &line.Refusal{Cause: bridge.InvalidCallReference, Reason: fmt.Sprintf("%q: %v", id, bridge.ErrNoCall)}
	}
	if err := d.o.Registry.MayJoin(c.User().ID, by, as).Err(); err != nil {
		return err
	}
	d.log.Info("user joins call", "call", string(id), "line", by, "user", c.User().ID, "role", as.String())
	return d.o.Bridge().Join(ctx, id, d.leg(c, by), roles[as])
}

// dial makes the call that a page wants.
func (d *Desk) dial(ctx context.Context, c *verto.Call) error {
	l, to, err := d.way(c)
	if err != nil {
		return err
	}
	d.o.Bridge().Handle(ctx, d.leg(c, l.Name), to)
	return nil
}

func (d *Desk) leg(c *verto.Call, name string) *leg.Verto {
	return leg.NewVerto(c, name, func(to string) bridge.Address { return d.Means(name, to) })
}

// way chooses the line: the one that the page names, or the first by which its user may call whom it dials; of several, one that is
// up and has room.
func (d *Desk) way(c *verto.Call) (chosen *line.Line, to bridge.Address, err error) {
	r, user, wanted := d.o.Registry, c.User().ID, c.Variables()[chosenLine]
	err = &line.Refusal{Cause: bridge.NoRouteDestination, Reason: fmt.Sprintf("user %s has no line %q", user, wanted)}
	for _, l := range r.Lines() {
		if wanted != "" && wanted != l.Name || !r.Uses(user, l.Name) {
			continue
		}
		whom := d.Means(l.Name, c.Destination())
		if whom == (bridge.Address{}) {
			return nil, to, &line.Refusal{Cause: bridge.InvalidNumberFormat, Reason: fmt.Sprintf("%q: nobody can be meant by that", c.Destination())}
		}
		refused := d.mayCall(l, user, whom)
		switch {
		case refused != nil:
			if chosen == nil {
				err = refused
			}
		case d.free(l, whom):
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
func (d *Desk) mayCall(l *line.Line, user string, to bridge.Address) error {
	if _, ours := d.o.Registry.User(to.User); ours && to.Scheme != "tg" {
		return nil
	}
	return d.o.Registry.Follow(context.Background(), l.Name, user, to)
}

// free tells whether a call to that address could go by the line now.
func (d *Desk) free(l *line.Line, to bridge.Address) bool {
	return to.Scheme != "tg" && to.Scheme != "sip" || d.o.Lines.Free(l, to.Scheme)
}

// Means is whom somebody means that dials a text by a line: a scheme may say so; otherwise a user of ours at the pages or telephones there,
// what looks like somebody on Telegram, and whatever else the line's switch knows. The zero address is nobody.
func (d *Desk) Means(name, dialled string) bridge.Address {
	dialled = strings.Join(strings.Fields(dialled), "") // numbers may be written with spaces
	if to, err := bridge.ParseAddress(dialled); err == nil && (to.Scheme == "tg" || to.Scheme == "sip" || to.Scheme == "verto") {
		return to
	}
	if user, ours := d.o.Registry.User(dialled); ours {
		if user.SIPDigest != "" && len(d.pages.Sessions(dialled)) == 0 {
			return bridge.Address{Scheme: "sip", User: dialled}
		}
		return leg.VertoAddress(dialled)
	}
	who, scheme := d.o.Registry.Line(name).Dialled(dialled), "sip"
	if strings.HasPrefix(who, "tg#") || strings.ContainsAny(who[:min(1, len(who))], "+@*") {
		scheme = "tg"
	}
	to, err := bridge.ParseAddress(scheme + ":" + who)
	if err != nil {
		return bridge.Address{}
	}
	return to
}
