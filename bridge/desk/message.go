package desk

import (
	"context"
	"errors"
	"strings"

	"switchgram/bridge"
	"switchgram/bridge/leg"
	"switchgram/verto"
)

// onMessage delivers a text of a user's: to whom the call is with, to another user's pages, or to telegram+@somebody.
func (d *Desk) onMessage(ctx context.Context, s *verto.Session, m verto.Message) error {
	to, u := leg.VertoAddress(m.To), s.User()
	if who, ok := strings.CutPrefix(m.To, "telegram+"); ok {
		to = bridge.Address{Scheme: "tg", User: who}
	}
	if m.Call != nil {
		to = d.partner(m.Call).Address
	}
	switch to.Scheme {
	case "tg":
		return d.writeToTelegram(ctx, u.ID, to, m.Body)
	case "verto":
		pages := d.pages.Sessions(to.User)
		for _, page := range pages {
			page.Write(verto.Party{Name: u.Name, Number: u.Number}, m.Body)
		}
		if len(pages) > 0 {
			return nil
		}
	}
	return &verto.CommandError{Text: "nobody is there to read it"}
}

// onType shows a page at the other end of a call what is typed at this one. Telegram and telephones have nothing to show it by.
func (d *Desk) onType(c *verto.Call, chars string) {
	if other := leg.VertoCall(d.pages, d.partner(c).ID); other != nil {
		other.Type(chars)
	}
}

// partner is whom a page's call is with; the zero value: nobody yet.
func (d *Desk) partner(c *verto.Call) bridge.LegStatus {
	for _, running := range d.o.Bridge().Calls() {
		for _, l := range running.Legs {
			if leg.VertoCall(d.pages, l.ID) != c {
				continue
			}
			for _, other := range running.Legs {
				if other.ID != l.ID && other.Role == bridge.Talk {
					return other
				}
			}
		}
	}
	return bridge.LegStatus{}
}

// writeToTelegram sends a text by the first line that is connected and by which the user may call that person.
func (d *Desk) writeToTelegram(ctx context.Context, user string, to bridge.Address, text string) error {
	refused := error(&verto.CommandError{Text: "no line of yours is connected"})
	for _, l := range d.o.Registry.Lines() {
		if !d.o.Registry.Uses(user, l.Name) {
			continue
		}
		if err := d.o.Registry.May(user, l.Name, to).Err(); err != nil {
			refused = &verto.CommandError{Text: "you may not write to them"}
			continue
		}
		if err := d.o.Lines.Write(ctx, l.Name, to, text); !errors.Is(err, ErrOffline) {
			return err
		}
	}
	return refused
}
