package program

import (
	"context"
	"fmt"

	"switchgram/bridge/leg"
	"switchgram/verto"
)

// onPageMessage delivers a text of a user's to another user's pages.
func (p *Program) onPageMessage(_ context.Context, s *verto.Session, m verto.Message) error {
	pages := p.pages.Sessions(m.To)
	if len(pages) == 0 {
		return fmt.Errorf("%s is not there", m.To)
	}
	u := s.User()
	for _, page := range pages {
		page.Write(verto.Party{Name: u.Name, Number: u.Number}, m.Body)
	}
	return nil
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
