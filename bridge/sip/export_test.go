package sip

import (
	"net/netip"
	"time"
)

// RTPAddr is where the dialog receives RTP.
func RTPAddr(d *Dialog) netip.AddrPort {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.sdp.Addr
}

// KeepKeys lets a key of the dialog's far end be down for so long without a packet: a busy machine that pauses is not to let go of it.
func KeepKeys(d *Dialog, within time.Duration) {
	d.sound.keys.mu.Lock()
	defer d.sound.keys.mu.Unlock()
	d.sound.keys.within = within
}

// Hurry makes the agent take the pulse of its calls' far ends so often. Call it before there are calls.
func Hurry(a *Agent, look time.Duration) {
	a.mu.Lock() // which every request and every Dial takes before it looks
	defer a.mu.Unlock()
	a.pulse = pulse{look: look, quiet: look * 3 / 2, answer: 4 * look, most: 5 * look}
}

// Report makes the agent's calls report so often. Call it before there are calls.
func Report(a *Agent, every time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.reports = every
}

// ShortSessions lets session timers be as short as a second, and has the agent's calls ask for one. Call it before there are calls.
func ShortSessions(a *Agent, asked time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.least, a.o.SessionExpires = time.Second, asked
}

// ParseReplaces reads the value of a Replaces header field.
func ParseReplaces(s string) (callID, toTag, fromTag string, ok bool) {
	r, ok := parseReplaces(s)
	return r.key.callID, r.key.localTag, r.fromTag, ok
}
