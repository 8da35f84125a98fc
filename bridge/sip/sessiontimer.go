package sip

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// leastInterval is the shortest session that we accept (RFC 4028 §4).
const leastInterval = 90 * time.Second

// statusTooShort refuses a session timer.
const statusTooShort = 422

// session is the session timer of a dialog (RFC 4028): one side sends a re-INVITE or UPDATE within each interval, and without it the
// call is over for both. The zero session has none.
type session struct {
	interval time.Duration // 0: no timer runs
	ours     bool          // we refresh; otherwise the far end does
	asked    time.Duration // what our requests ask for; 0: nothing
	least    time.Duration // the longest Min-SE that the far end told us; 0: none
	update   bool          // the far end allows UPDATE
	expiry   *time.Timer   // ends the call; nil: none
	next     *time.Timer   // refreshes it; nil: none
}

// takeTimer reads the session timer of an INVITE or UPDATE and starts it anew (RFC 4028 §9). The lock is held.
func (d *Dialog) takeTimer(req *sip.Request) *refusal {
	s := &d.session
	interval, refresher := parseSessionExpires(either(req, "Session-Expires", "x"))
	supported := supports(req, "timer")
	if interval > 0 && interval < d.a.least && supported {
		return &refusal{status: statusTooShort, headers: []sip.Header{sip.NewHeader("Min-SE", strconv.Itoa(int(d.a.least/time.Second)))},
			err: errors.New("session interval too short")}
	}
	s.least = max(s.least, seconds(value(req, "Min-SE")))
	s.ours = refresher == "uas" || !supported
	switch {
	case interval > 0:
		s.interval = max(interval, d.a.least)
	case s.asked > 0: // the far end may do without, and need not take part
		s.interval, s.ours = max(s.asked, s.least), true
	default:
		s.interval = 0
	}
	s.allows(req)
	d.watch()
	return nil
}

// takeAnsweredTimer reads the session timer in the 2xx of an INVITE or UPDATE of ours (RFC 4028 §7.2). The lock is held.
func (d *Dialog) takeAnsweredTimer(res *sip.Response) {
	interval, refresher := parseSessionExpires(either(res, "Session-Expires", "x"))
	d.session.interval, d.session.ours = interval, refresher != "uas"
	d.session.allows(res)
	d.watch()
}

// allows notes whether the far end understands UPDATE. What does not say leaves it as it was.
func (s *session) allows(m sip.Message) {
	if methods := value(m, "Allow"); methods != "" {
		s.update = lists(values(m, "Allow"), string(sip.UPDATE))
	}
}

// supports tells whether a message names an extension as supported.
func supports(m sip.Message, extension string) bool {
	return lists(append(values(m, "Supported"), values(m, "k")...), extension)
}

// lists tells whether a token is on one of the comma-separated lists.
func lists(fields []string, token string) bool {
	for _, field := range fields {
		for name := range strings.SplitSeq(field, ",") {
			if strings.EqualFold(strings.TrimSpace(name), token) {
				return true
			}
		}
	}
	return false
}

func parseSessionExpires(s string) (interval time.Duration, refresher string) {
	value, params, _ := strings.Cut(s, ";")
	for p := range strings.SplitSeq(params, ";") {
		if k, v, _ := strings.Cut(p, "="); strings.EqualFold(strings.TrimSpace(k), "refresher") {
			refresher = strings.ToLower(strings.TrimSpace(v))
		}
	}
	return seconds(strings.TrimSpace(value)), refresher
}

// watch starts the timers anew; the session begins with the 2xx. The lock is held.
func (d *Dialog) watch() {
	s := &d.session
	s.stop()
	if s.interval == 0 || d.stage != answered {
		return
	}
	// A little before the far end would think so too (RFC 4028 §10).
	s.expiry = time.AfterFunc(s.interval-min(32*time.Second, s.interval/3), func() {
		d.abandon(Ended{Cause: 102, Text: ErrExpired.Error(), Err: ErrExpired}, Hangup{Q850: 102, Text: "session timer"})
	})
	if s.ours {
		s.refreshIn(d, s.interval/2)
	}
}

func (s *session) stop() {
	for _, t := range []*time.Timer{s.expiry, s.next} {
		if t != nil {
			t.Stop()
		}
	}
	s.expiry, s.next = nil, nil
}

func (s *session) refreshIn(d *Dialog, pause time.Duration) {
	s.next = time.AfterFunc(pause, func() { d.a.spawn(d.refresh) })
}

// refresh keeps the session, by UPDATE if the far end knows that: it needs no offer. What fails is tried again while there is time.
func (d *Dialog) refresh() {
	ctx, cancel := context.WithTimeout(context.Background(), 64*sip.T1)
	defer cancel()
	d.mu.Lock()
	answered, update, holding := d.stage == answered, d.session.update, d.holding
	d.mu.Unlock()
	if !answered { // by whom the call is answered starts the timers again
		return
	}
	var err error
	if update {
		err = d.update(ctx)
	} else {
		err = d.Hold(ctx, holding)
	}
	if err == nil {
		return
	}
	d.log.Debug("refresh session", "err", err)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stage != gone && d.session.interval > 0 {
		d.session.refreshIn(d, d.session.interval/16)
	}
}

// update sends an UPDATE without an offer (RFC 3311).
func (d *Dialog) update(ctx context.Context) error {
	for {
		res, err := d.ask(ctx, d.request(sip.UPDATE))
		if err == nil && d.tooShort(res) {
			continue
		}
		if err == nil && res.IsSuccess() {
			d.mu.Lock()
			d.takeAnsweredTimer(res)
			d.mu.Unlock()
		}
		return d.judge(res, err, "refresh session")
	}
}

// tooShort takes a 422 and tells whether to try again, with the interval that the far end asks for (RFC 4028 §7.3).
func (d *Dialog) tooShort(res *sip.Response) bool {
	if res.StatusCode != statusTooShort {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	s := &d.session
	least := seconds(value(res, "Min-SE"))
	if least <= max(s.asked, s.interval) || least > 24*time.Hour {
		return false
	}
	s.asked, s.least = least, least
	if s.interval > 0 {
		s.interval = least
	}
	return true
}

// wish are the header fields of our own INVITE or UPDATE: what we can, and the timer that runs or that we would like. The lock is held.
func (s *session) wish() []sip.Header {
	headers := []sip.Header{sip.NewHeader("Supported", "timer, replaces")}
	text := ""
	switch {
	case s.interval > 0 && s.ours:
		text = strconv.Itoa(int(s.interval/time.Second)) + ";refresher=uac"
	case s.interval > 0:
		text = strconv.Itoa(int(s.interval/time.Second)) + ";refresher=uas"
	case s.asked > 0:
		text = strconv.Itoa(int(s.asked / time.Second))
	default:
		return headers
	}
	headers = append(headers, sip.NewHeader("Session-Expires", text))
	if s.least > 0 {
		headers = append(headers, sip.NewHeader("Min-SE", strconv.Itoa(int(s.least/time.Second))))
	}
	return headers
}

// timerHeaders tell in a 2xx of ours who refreshes, and how often. The lock is held.
func (d *Dialog) timerHeaders() []sip.Header {
	headers := []sip.Header{sip.NewHeader("Supported", "timer, replaces")}
	interval := strconv.Itoa(int(d.session.interval / time.Second))
	switch {
	case d.session.interval == 0:
		return headers
	case d.session.ours:
		return append(headers, sip.NewHeader("Session-Expires", interval+";refresher=uas"))
	default:
		return append(headers, sip.NewHeader("Require", "timer"), sip.NewHeader("Session-Expires", interval+";refresher=uac"))
	}
}
