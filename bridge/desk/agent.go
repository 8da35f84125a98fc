package desk

import (
	"fmt"

	"switchgram/bridge/leg"
	"switchgram/verto"
)

// OpenLink offers a user a page of another site, at all pages that they have open. verto.ErrGone: they have none.
func (d *Desk) OpenLink(user, url, message string) error {
	return d.tell(user, map[string]string{"type": "openLink", "url": url, "message": message})
}

// Notify shows users a text. It is shown to all that have a page open; verto.ErrGone: not all had.
func (d *Desk) Notify(users []string, message string) error {
	var first error
	for _, user := range users {
		if err := d.tell(user, map[string]string{"type": "notify", "message": message}); first == nil {
			first = err
		}
	}
	return first
}

func (d *Desk) tell(user string, what map[string]string) error {
	pages := d.pages.Sessions(user)
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
