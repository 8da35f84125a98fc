package program_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gotd/td/session"

	"switchgram/bridge"
	"switchgram/bridge/sip"
	"switchgram/tgcall"
	"switchgram/tgcall/account"
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
	if main, second := h.program.Lines()[0].Telegram, h.program.Lines()[1].Telegram; main.State != "revoked" || main.Up ||
		!errors.Is(main.Err, account.ErrRevoked) || !second.Up || second.State != "up" || second.Since.IsZero() {
		t.Errorf("the lines are %+v and %+v", main, second)
	}
	if end := untilSIP[sip.Ended](h, h.call(gateway, "@ann", sip.Header{Name: "X-TG-Line", Value: "main"})); end.Status != 502 {
		t.Errorf("refused with %s, want 502", end)
	}
	h.wantOutcome(bridge.DestinationOutOfOrder, "")
	h.wantCall(gateway, "second", taken)

	h.login("main", sessions["main"])
	h.wantCall(gateway, "main", taken)
}

func TestSessionThatIsRevokedWhileDiallingIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	h := build(t, plan{})
	h.person(h.ann(), ignores)
	h.net.Refuse("phone.requestCall", 401, "SESSION_REVOKED")

	end := untilSIP[sip.Ended](h, h.call(h.gateway(), "@ann", sip.Header{Name: "X-TG-Line", Value: "main"}))

	if end.Status != 502 {
		t.Errorf("refused with %s, want 502", end)
	}
	h.wantOutcome(bridge.DestinationOutOfOrder, "")
	if line := h.log.await(h.ctx, "until somebody logs it in"); !strings.Contains(line, "telegram session was ended from outside") {
		t.Errorf("the log says %s", line)
	}
}

func TestWhatIsKnownSurvivesARestart(t *testing.T) {
	t.Parallel()
	p := plan{state: t.TempDir(), line: "country: DE"}
	h := build(t, p)
	taken := make(chan *tgcall.Call, 1)
	ann := h.person(h.ann(), takes(taken))
	gateway := h.gateway()
	national := "0" + annNumber[2:]
	d := h.call(gateway, national, sip.Header{Name: "X-TG-Line", Value: "main"})
	untilSIP[sip.Answered](h, d)
	next(h, taken)
	if journal, err := os.ReadFile(filepath.Join(p.state, "main.calls")); err != nil || len(journal) == 0 {
		t.Errorf("the journal has %q during a call, %v", journal, err)
	}
	h.log.await(h.ctx, "msg=call.answered") // later than the caller knows
	h.must(d.Hangup(h.ctx, sip.Hangup{}))
	h.wantOutcome(bridge.NormalClearing, "relay opus")

	h.restart(p, func() {
		missed, err := ann.Dial(h.ctx, "@line_main")
		h.must(err)
		h.must(missed.Discard(h.ctx, tgcall.Missed))
		until[tgcall.Ended](h, missed)
	})

	h.log.await(h.ctx, "call missed while the line was away")
	h.net.Refuse("contacts.resolvePhone", 500, "MUST_NOT_BE_ASKED")
	untilSIP[sip.Answered](h, h.call(gateway, national, sip.Header{Name: "X-TG-Line", Value: "main"}))
	next(h, taken)
}

func TestPersonWhoseAccessHashIsWrongIsCalledAllTheSame(t *testing.T) {
	t.Parallel()
	p := plan{state: t.TempDir()}
	h := build(t, p)
	taken := make(chan *tgcall.Call, 1)
	h.person(h.ann(), takes(taken))
	gateway := h.gateway()
	h.wantCall(gateway, "main", taken)

	h.restart(p, func() {
		people := filepath.Join(p.state, "main.people")
		known, err := os.ReadFile(people)
		h.must(err)
		wrong := regexp.MustCompile(`"hash":-?\d+`).ReplaceAll(known, []byte(`"hash":12345`))
		h.must(os.WriteFile(people, wrong, 0o600))
	})

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
