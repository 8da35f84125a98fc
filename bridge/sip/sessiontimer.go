package sip

import (
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Session timers (RFC 4028). We never ask for one; where the far end does, and refreshes the session itself, we keep watch: a session
// that it does not refresh in time is over.

// leastInterval is the shortest session that we accept (RFC 4028 §4).
const leastInterval = 90 * time.Second

// takeTimer reads the session timer of an INVITE or UPDATE and starts it anew. The lock is held.
func (d *Dialog) takeTimer(req *sip.Request) *refusal {
	interval, refresher := parseSessionExpires(either(req, "Session-Expires", "x"))
	if interval > 0 && interval < leastInterval {
		return &refusal{status: 422, headers: []sip.Header{sip.NewHeader("Min-SE", strconv.Itoa(int(leastInterval/time.Second)))}}
	}
	if refresher == "uas" || !supportsTimer(req) {
		interval = 0 // we would have to refresh, and are not obliged to
	}
	d.interval = interval
	d.watch()
	return nil
}

func supportsTimer(req *sip.Request) bool {
	for _, field := range append(values(req, "Supported"), values(req, "k")...) {
		for name := range strings.SplitSeq(field, ",") {
			if strings.EqualFold(strings.TrimSpace(name), "timer") {
				return true
			}
		}
	}
	return false
}

func parseSessionExpires(s string) (interval time.Duration, refresher string) {
	value, params, _ := strings.Cut(s, ";")
	interval = seconds(strings.TrimSpace(value))
	return interval, strings.ToLower(parameter(params, "refresher"))
}

// watch ends the session if no refresh comes; a little before the far end would think so too (RFC 4028 §10). The lock is held.
func (d *Dialog) watch() {
	if d.expiry != nil {
		d.expiry.Stop()
		d.expiry = nil
	}
	if d.interval == 0 || d.stage == gone {
		return
	}
	d.expiry = time.AfterFunc(d.interval-min(32*time.Second, d.interval/3), func() {
		d.abandon(Ended{Cause: 102, Text: ErrExpired.Error(), Err: ErrExpired}, Hangup{Q850: 102, Text: "session timer"})
	})
}

// timerHeaders tell in a 2xx that we keep watch and the far end refreshes. The lock is held.
func (d *Dialog) timerHeaders() []sip.Header {
	headers := []sip.Header{sip.NewHeader("Supported", "timer")}
	if d.interval == 0 {
		return headers
	}
	return append(headers, sip.NewHeader("Require", "timer"),
		sip.NewHeader("Session-Expires", strconv.Itoa(int(d.interval/time.Second))+";refresher=uac"))
}
