package freeswitch

import (
	"context"

	"switchgram/bridge/route"
	"switchgram/esl"
)

// JoinConference implements route.Conferencer.
func (c *Channel) JoinConference(ctx context.Context, r route.Room) error {
	name := r.Name
	if domain := orElse(r.Domain, c.o.Domain); domain != "" {
		name += "_" + domain // the same name in two domains is two rooms
	}
	arg, err := join("@", name, orElse(r.Profile, "default"))
	if err != nil {
		return err
	}
	if r.PIN != "" {
		pin, err := esl.Number(r.PIN)
		if err != nil {
			return err
		}
		arg += "+" + pin
	}
	if len(r.Flags) > 0 {
		flags, err := join("|", r.Flags...)
		if err != nil {
			return err
		}
		arg += "+flags{" + flags + "}"
	}
	c.mu.Lock()
	c.joined = true
	c.mu.Unlock()
	c.tell(r.Name)
	_, err = c.run(ctx, "conference", arg)
	return err
}
