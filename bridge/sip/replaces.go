package sip

import (
	"errors"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// replaces names the dialog that a new one shall replace (RFC 3891 §6.1).
type replaces struct {
	key       callKey // ours: its Call-ID, and our tag
	fromTag   string
	earlyOnly bool
}

// parseReplaces reads the value of a Replaces header field.
func parseReplaces(value string) (r replaces, ok bool) {
	parts := strings.Split(value, ";")
	r.key.callID = strings.TrimSpace(parts[0])
	for _, p := range parts[1:] {
		k, v, _ := strings.Cut(p, "=")
		switch v = strings.TrimSpace(v); strings.ToLower(strings.TrimSpace(k)) {
		case "to-tag":
			r.key.localTag = v
		case "from-tag":
			r.fromTag = v
		case "early-only":
			r.earlyOnly = true
		}
	}
	return r, r.key.callID != "" && r.key.localTag != "" && r.fromTag != ""
}

// replaced finds the dialog of ours that the value of a Replaces header field names; nil: there is none.
func (a *Agent) replaced(value string) *Dialog {
	r, ok := parseReplaces(value)
	if !ok {
		return nil
	}
	a.mu.Lock()
	d := a.calls[r.key]
	a.mu.Unlock()
	if d == nil || !d.withTag(r.fromTag) {
		return nil
	}
	return d
}

// withTag tells whether the dialog's far end has that tag.
func (d *Dialog) withTag(tag string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.remote.tag == tag
}

// takeReplaces finds what an INVITE shall replace, and refuses one that cannot be (RFC 3891 §3).
func (d *Dialog) takeReplaces(c *arrival) *refusal {
	fields := values(c.req, "Replaces")
	if len(fields) == 0 {
		return nil
	}
	r, ok := parseReplaces(fields[0])
	if !ok || len(fields) > 1 {
		return &refusal{status: sip.StatusBadRequest, err: errors.New("broken Replaces")}
	}
	old := d.a.replaced(fields[0])
	if old == nil {
		return &refusal{status: sip.StatusCallTransactionDoesNotExists, err: errors.New("replaces no call of ours")}
	}
	old.mu.Lock()
	up := old.stage == answered
	old.mu.Unlock()
	switch {
	case !up: // RFC 3891 §3: only one that was begun here, and those are to be taken or not by whom they are for
		return &refusal{status: sip.StatusCallTransactionDoesNotExists, err: errors.New("replaces a call that is not answered")}
	case r.earlyOnly:
		return &refusal{status: sip.StatusBusyHere, err: errors.New("replaces an answered call only if it is not")}
	}
	d.replaces = old.callID
	return nil
}

// Replaces is the Call-ID of the call of ours that this one, which came in, shall take the place of (RFC 3891); empty: of none.
func (d *Dialog) Replaces() string { return d.replaces }
