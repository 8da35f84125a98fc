package eventsocket

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"switchgram/bridge"
)

// talk is what is known of a running call: its channels, also those that have ended, and their variables.
type talk struct {
	variables map[string]string
	channels  []*Channel
}

// join gives a channel the call's variables, those of now and those to come.
func (t *talk) join(c *Channel) {
	t.channels = append(t.channels, c)
	c.set(t.variables)
}

// learn notes what an event tells of its call. The lock is held.
func (s *Socket) learn(ev bridge.Event) *talk {
	t, ok := s.talks[ev.Call]
	if !ok {
		t = &talk{variables: map[string]string{"tg_line": ev.Line}}
		switch ev.Kind {
		case bridge.RecordingReady, bridge.ScriptEnded, bridge.CallMissed, bridge.CallEnded: // may be the last that is heard of it
		case bridge.LineUp, bridge.LineDown, bridge.AgentTold: // of no call
		default:
			s.talks[ev.Call] = t
		}
	}
	if c := s.channels[string(ev.Leg)]; c != nil && !slices.Contains(t.channels, c) {
		t.join(c)
	}
	changed := t.meet(bridge.Talker{Leg: ev.Leg, Address: ev.Address, Party: ev.Party})
	for _, talker := range ev.Talkers {
		changed = t.meet(talker) || changed
	}
	for _, c := range t.channels {
		if changed {
			c.set(t.variables)
		}
	}
	if ev.Kind == bridge.CallEnded {
		delete(s.talks, ev.Call)
	}
	return t
}

// meet notes who is on Telegram, and reports whether that is new.
func (t *talk) meet(who bridge.Talker) bool {
	if who.Address.Scheme != "tg" || who.Leg == "" {
		return false
	}
	before := maps.Clone(t.variables)
	maps.Copy(t.variables, person(who))
	return !maps.Equal(before, t.variables)
}

// person are the variables that say who is on Telegram. A version is not known before the call is answered, and stays.
func person(who bridge.Talker) map[string]string {
	p := who.Party.Person()
	v := map[string]string{
		"tg_phone": who.Party.Phone, "tg_username": p.Username, "tg_name": p.Name,
		"tg_call_id": strings.TrimPrefix(string(who.Leg), "tg-"), "tg_id": "",
	}
	if p.ID != 0 {
		v["tg_id"] = strconv.FormatInt(p.ID, 10)
	}
	if version := who.Description.Protocol; version != "" {
		v["tg_version"] = version
	}
	return v
}

// uuid is the channel of a leg, or of the first SIP leg that the call has if that one has none; empty if it is not known. The lock is held.
func (t *talk) uuid(leg bridge.LegID) string {
	best := ""
	for _, c := range t.channels {
		switch {
		case c.callID == string(leg):
			return c.uuid
		case best == "":
			best = c.uuid
		}
	}
	return best
}

// only is the channel of the one SIP leg that the call has now; empty if it has none, several, or one that is not known. The lock is held.
func (t *talk) only() (uuid string) {
	n := 0
	for _, c := range t.channels {
		if !c.over {
			uuid = c.uuid
			n++
		}
	}
	if n != 1 {
		return ""
	}
	return uuid
}
