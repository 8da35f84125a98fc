package program

import (
	"context"
	"errors"

	"switchgram/bridge"
	"switchgram/verto"
)

// agents shows things to our people: at their pages, if they are there, and by an event to whatever else they look at.
type agents struct{ p *Program }

// OpenLink implements route.Agents.
func (a agents) OpenLink(_ context.Context, user, url, message string) error {
	a.p.sink.Publish(bridge.NewAgentTold(bridge.Told{User: user, URL: url, Message: message}))
	if a.p.desk == nil {
		return nil
	}
	return present(a.p.desk.OpenLink(user, url, message))
}

// Notify implements route.Agents.
func (a agents) Notify(_ context.Context, users []string, message string) error {
	for _, user := range users {
		a.p.sink.Publish(bridge.NewAgentTold(bridge.Told{User: user, Message: message}))
	}
	if a.p.desk == nil {
		return nil
	}
	return present(a.p.desk.Notify(users, message))
}

// present leaves out that somebody has no page open: they look elsewhere.
func present(err error) error {
	if errors.Is(err, verto.ErrGone) {
		return nil
	}
	return err
}
