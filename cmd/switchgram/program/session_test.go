package program_test

import (
	"testing"

	"github.com/gotd/td/session"

	"switchgram/bridge"
	"switchgram/bridge/sip"
	"switchgram/tgcall"
)

func TestRevokedLineGoesDownAloneAndComesBackWithALogin(t *testing.T) {
	t.Parallel()
	sessions := map[string]session.Storage{"main": &session.StorageMemory{}, "second": &session.StorageMemory{}}
	h := lay(t, plan{lines: []string{"main", "second"}, session: func(account string) session.Storage { return sessions[account] }})
	for line := range sessions {
		h.log.await(h.ctx, `run="switchgram login -l `+line+`"`)
	}
	h.login("main", sessions["main"])
	h.login("second", sessions["second"])
	taken := make(chan *tgcall.Call, 1)
	h.person(h.ann(), takes(taken))
	gateway := h.gateway()
	h.wantCall(gateway, "main", taken)

	h.accounts["main"].Revoke()
	h.log.await(h.ctx, `run="switchgram login -l main"`)
	if end := untilSIP[sip.Ended](h, h.call(gateway, "@ann", sip.Header{Name: "X-TG-Line", Value: "main"})); end.Status != 502 {
		t.Errorf("refused with %s, want 502", end)
	}
	h.wantOutcome(bridge.DestinationOutOfOrder, "")
	h.wantCall(gateway, "second", taken)

	h.login("main", sessions["main"])
	h.wantCall(gateway, "main", taken)
}

// login does what `switchgram login` does to a session, and waits for the program to notice.
func (h *house) login(line string, to session.Storage) {
	h.t.Helper()
	stored, err := h.accounts[line].Session(h.ctx).LoadSession(h.ctx)
	h.must(err)
	h.must(to.StoreSession(h.ctx, stored))
	h.log.await(h.ctx, "line takes calls")
}

func (h *house) wantCall(from *sip.Agent, line string, taken <-chan *tgcall.Call) {
	h.t.Helper()
	d := h.call(from, "@ann", sip.Header{Name: "X-TG-Line", Value: line})
	untilSIP[sip.Answered](h, d)
	next(h, taken)
	h.must(d.Hangup(h.ctx, sip.Hangup{}))
	h.wantOutcome(bridge.NormalClearing, "relay opus")
}
