package sip

import (
	"cmp"
	"context"
	"strconv"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Reject is Hangup, under its name for incoming calls that are not answered.
func (d *Dialog) Reject(ctx context.Context, h Hangup) error { return d.Hangup(ctx, h) }

// Hangup ends the call: by BYE, by CANCEL, or by the final response to an incoming call that was not answered. It returns when the
// far end was told or ctx has ended, and then the call is over. Safe to repeat: the first counts, the others wait.
func (d *Dialog) Hangup(ctx context.Context, h Hangup) error {
	return d.hangup(ctx, h, Ended{Cause: h.Q850, Text: h.Text})
}

// goodbye is what to say to the far end, and what to say here.
type goodbye struct {
	say Hangup
	end Ended
}

func (d *Dialog) hangup(ctx context.Context, h Hangup, e Ended) error {
	d.mu.Lock()
	stage, again := d.stage, d.leaving
	d.leaving = true
	if stage == early && !d.incoming && !again {
		d.quit <- goodbye{h, e}
	}
	d.mu.Unlock()
	switch {
	case stage == gone:
		return nil
	case again:
		return d.awaitEnd(ctx)
	case stage == answered:
		return d.leave(ctx, h, e)
	case d.incoming && d.refuse(h, &e):
		return nil
	case d.incoming: // Answer was quicker
		return d.leave(ctx, h, e)
	}
	err := d.awaitEnd(ctx)
	d.end(e)
	return err
}

// leave ends an answered call.
func (d *Dialog) leave(ctx context.Context, h Hangup, e Ended) error {
	d.awaitACK(ctx)
	err := d.sayBye(ctx, h)
	d.end(e)
	return err
}

func (d *Dialog) awaitEnd(ctx context.Context) error {
	select {
	case <-d.over:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// awaitACK: who was called must not say BYE before the ACK came (RFC 3261 §15), within reason.
func (d *Dialog) awaitACK(ctx context.Context) {
	d.mu.Lock()
	c := d.confirming
	d.mu.Unlock()
	if c == nil {
		return
	}
	timer := time.NewTimer(4 * sip.T1)
	defer timer.Stop()
	select {
	case <-c.done:
	case <-timer.C:
	case <-d.over:
	case <-ctx.Done():
	}
}

// phrases are the usual words of the statuses that we send.
var phrases = map[int]string{
	180: "Ringing", 183: "Session Progress", 200: "OK", 202: "Accepted", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden",
	404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable", 408: "Request Timeout", 410: "Gone",
	415: "Unsupported Media Type", 416: "Unsupported URI Scheme", 420: "Bad Extension", 422: "Session Interval Too Small",
	480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist", 482: "Loop Detected", 484: "Address Incomplete",
	486: "Busy Here", 487: "Request Terminated", 488: "Not Acceptable Here", 489: "Bad Event", 491: "Request Pending",
	500: "Server Internal Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Server Time-out",
	505: "Version Not Supported", 600: "Busy Everywhere", 603: "Decline", 604: "Does Not Exist Anywhere", 606: "Not Acceptable",
}

// refuse ends an incoming call by the final response to its INVITE; false: it has got another, which took the call.
func (d *Dialog) refuse(h Hangup, e *Ended) bool {
	if h.Status < 300 || h.Status > 699 {
		h.Status = sip.StatusTemporarilyUnavailable
	}
	phrase := cmp.Or(clean(h.Phrase, maxPhrase), phrases[h.Status])
	var headers []sip.Header
	if reason := formatReason(h.Q850, h.Text); reason != "" {
		headers = append(headers, sip.NewHeader("Reason", reason))
	}
	if h.RetryAfter > 0 {
		headers = append(headers, sip.NewHeader("Retry-After", strconv.Itoa(int((h.RetryAfter+time.Second-1)/time.Second))))
	}
	if h.Warning != "" {
		headers = append(headers, warning(h.Warning))
	}
	if err := d.respond(h.Status, phrase, nil, headers...); err != nil {
		d.log.Debug("refuse", "err", err)
		d.mu.Lock()
		taken := d.stage == answered
		d.mu.Unlock()
		if taken {
			return false
		}
	}
	e.Status = h.Status
	d.end(*e)
	return true
}
