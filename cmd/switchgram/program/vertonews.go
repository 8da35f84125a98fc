package program

import (
	"context"
	"fmt"
	"strings"

	"switchgram/bridge"
	"switchgram/bridge/leg"
	"switchgram/verto"
)

// onPageMessage delivers a text of a user's: to whom the call is with, to another user's pages, or to telegram+@somebody.
func (p *Program) onPageMessage(ctx context.Context, s *verto.Session, m verto.Message) error {
	to, u := leg.VertoAddress(m.To), s.User()
	if who, ok := strings.CutPrefix(m.To, "telegram+"); ok {
		to = bridge.Address{Scheme: "tg", User: who}
	}
	if m.Call != nil {
		to = p.partner(m.Call)
	}
	switch to.Scheme {
	case "tg":
		return p.writeToTelegram(ctx, u.ID, to, m.Body)
	case "verto":
		pages := p.pages.Sessions(to.User)
		for _, page := range pages {
			page.Write(verto.Party{Name: u.Name, Number: u.Number}, m.Body)
		}
		if len(pages) > 0 {
			return nil
		}
	}
	return &verto.CommandError{Text: "nobody is there to read it"}
}

// partner is whom a page's call is with; the zero address: nobody yet.
func (p *Program) partner(c *verto.Call) bridge.Address {
	for _, running := range p.bridge.Calls() {
		for _, l := range running.Legs {
			if leg.VertoCall(p.pages, l.ID) != c {
				continue
			}
			for _, other := range running.Legs {
				if other.ID != l.ID && other.Role == bridge.Talk {
					return other.Address
				}
			}
		}
	}
	return bridge.Address{}
}

// writeToTelegram sends a text by the first line that is connected and by which the user may call that person.
func (p *Program) writeToTelegram(ctx context.Context, user string, to bridge.Address, text string) error {
	refused := error(&verto.CommandError{Text: "no line of yours is connected"})
	for _, l := range p.config.registry.Lines() {
		s := p.telegram[l.Name].account()
		if s == nil || !p.config.registry.Uses(user, l.Name) {
			continue
		}
		if err := p.config.registry.May(user, l.Name, to).Err(); err != nil {
			refused = &verto.CommandError{Text: "you may not write to them"}
			continue
		}
		return s.Tell(ctx, to.User, text, "text")
	}
	return refused
}

// pageAgents shows things to users at their pages.
type pageAgents struct{ pages *verto.Server }

// OpenLink offers a user a page of another site.
func (a pageAgents) OpenLink(_ context.Context, user, url, message string) error {
	return a.tell(user, map[string]string{"type": "openLink", "url": url, "message": message})
}

// Notify shows users a text.
func (a pageAgents) Notify(_ context.Context, users []string, message string) error {
	var first error
	for _, user := range users {
		if err := a.tell(user, map[string]string{"type": "notify", "message": message}); first == nil {
			first = err
		}
	}
	return first
}

func (a pageAgents) tell(user string, what map[string]string) error {
	pages := a.pages.Sessions(user)
	if len(pages) == 0 {
		return fmt.Errorf("%s: %w", leg.VertoAddress(user), verto.ErrGone)
	}
	for _, page := range pages {
		if err := page.Tell(what); err != nil {
			return err
		}
	}
	return nil
}
