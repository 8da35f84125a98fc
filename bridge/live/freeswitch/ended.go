package freeswitch

import (
	"strings"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/route"
	"switchgram/esl"
)

// Ended is how the channel ended, by its last event: CHANNEL_HANGUP_COMPLETE. Without one (nil: the connection was lost) only what was seen of it is
// known.
func (c *Channel) Ended(last *esl.Event) route.Ended {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := last
	if e == nil {
		e = c.latest
	}
	word := string(e.Cause())
	if word == "" {
		word = bridge.NormalTemporaryFailure.String()
	}
	how := route.Ended{
		Cause: cause(word), Word: word, By: endedBy(e), Started: e.Time("Caller-Channel-Created-Time"), Answered: e.Time("Caller-Channel-Answered-Time"),
		Ended: e.Time("Caller-Channel-Hangup-Time"), Bridged: c.met, BridgedTo: c.to, Recording: c.recorded, Variables: variables(e),
	}
	if how.Ended.IsZero() {
		how.Ended = time.Now()
	}
	how.Missed = e.Get("Call-Direction") == "inbound" && c.met.IsZero() && !c.joined
	return how
}

// endedBy is whose move the end was, as SIP tells FreeSWITCH: what the channel received was the caller's.
func endedBy(e *esl.Event) string {
	switch how := e.Variable("sip_hangup_disposition"); {
	case strings.HasPrefix(how, "recv_"):
		return "caller"
	case how != "" && e.Variable("bridge_hangup_cause") != "":
		return "callee"
	default:
		return "system"
	}
}

// variables are all that FreeSWITCH has of the channel.
func variables(e *esl.Event) map[string]string {
	all := map[string]string{}
	for name, value := range e.All() {
		if short, ok := strings.CutPrefix(name, "variable_"); ok {
			all[short] = value
		}
	}
	return all
}
