package live

import (
	"context"
	"errors"

	"switchgram/bridge"
	"switchgram/bridge/live/freeswitch"
	"switchgram/bridge/route"
	"switchgram/esl"
)

// Serve has a channel that FreeSWITCH's dialplan hands to us ("socket"): one of a call that we have sent there, or one of its own, which then takes a
// route by its context and number. When there is none for it the dialplan goes on. It is the Handle of an esl.Server.
func (r *Router) Serve(ctx context.Context, s *esl.Session) {
	if a := r.expected(s); a != nil {
		a.session <- s
		select {
		case <-a.done:
		case <-ctx.Done(): // the connection has ended; the script will see that as well
			<-a.done
		}
		return
	}
	ch := freeswitch.New(s, r.o.FreeSWITCH)
	state, err := r.engine.Begin(ch, arrivalOf(s.Data()))
	if err != nil {
		if !errors.Is(err, route.ErrNoRoute) {
			r.log.Error("route of a call of FreeSWITCH's", "uuid", s.UUID(), "err", err)
		}
		return
	}
	k := r.enter(state, nil)
	k.did.Switch = true
	r.over(k, r.drive(ctx, s, ch, k))
}

// arrivalOf is as what a call of FreeSWITCH's comes. Its dialplan may say which context, by the variable route_context.
func arrivalOf(e *esl.Event) route.Arrival {
	a := route.Arrival{
		Context: e.Variable("route_context"), Domain: e.Variable("domain_name"), Number: e.Get("Caller-Destination-Number"),
		Direction: e.Get("Call-Direction"), Source: "freeswitch",
		Facts: map[string]string{
			"uuid": e.UUID(), "caller_id_name": e.Get("Caller-Caller-ID-Name"), "caller_id_number": e.Get("Caller-Caller-ID-Number"),
		},
	}
	switch {
	case a.Context != "":
	case e.Get("Caller-Context") == route.Public:
		a.Context = route.Public
	default:
		a.Context = route.Default
	}
	return a
}

// facts are what is known of a call besides its number.
func facts(c *bridge.Call) map[string]string {
	p := c.Caller()
	all := map[string]string{
		"uuid": string(c.ID()), "line": c.Line(), "tg_line": c.Line(), "caller_id_name": p.Name(), "caller_id_number": p.Caller(),
	}
	if p.ID != 0 {
		all["tg_user_id"], all["tg_id"], all["tg_username"], all["tg_phone"] = nonzero(p.ID), nonzero(p.ID), p.Username, p.Phone
		all["tg_first_name"], all["tg_last_name"] = p.FirstName, p.LastName
	}
	return all
}
