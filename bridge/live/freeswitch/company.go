package freeswitch

import (
	"context"
	"strconv"
	"strings"

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

// Wait implements route.Queuer, by mod_callcenter.
func (c *Channel) Wait(ctx context.Context, w route.Waiting) (route.Waited, error) {
	queue, err := c.atDomain(w.Queue, w.Domain)
	if err != nil {
		return route.Waited{}, err
	}
	all := map[string]string{"cc_cause": "", "cc_agent": ""}
	if w.Priority != 0 {
		all["cc_base_score"] = strconv.Itoa(w.Priority)
	}
	if w.Ringtone != "" {
		all["cc_moh_override"] = w.Ringtone
	}
	if w.Agent != "" {
		all["cc_sticky_agent"] = w.Agent
	}
	if err := c.setAll(ctx, all); err != nil {
		return route.Waited{}, err
	}
	m := c.meet(ctx, route.Dial{OnAnswer: w.Bridged})
	e, err := c.run(ctx, "callcenter", queue)
	leg, _ := m.end()
	if err != nil {
		return route.Waited{Answered: leg != ""}, err
	}
	agent, _, _ := strings.Cut(e.Variable("cc_agent"), "@")
	result := orElse(e.Variable("cc_cause"), "cancel")
	return route.Waited{Answered: leg != "" || result == "answered", Result: result, Agent: agent}, nil
}
