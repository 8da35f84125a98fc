package program_test

import (
	"testing"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/sip/siptest"
	"switchgram/tgcall"
)

func TestWhoWasMissedIsCalledBack(t *testing.T) {
	w := newTown(t, nil)
	script := `{"name": "call back", "context": "public", "destination_number": ["1"], "callflow": [{"hangup": 17}],
		"onDisconnect": [{"originate": {
			"delay": 0, "endpoint": {"type": "telegram", "peer": "@${tg_username}"}, "exportVar": {"who": "${caller_id_name}"}, "cid_name": "Desk", "cid_num": "100",
			"actions": [{"httpRequest": {"url": "TOWN/back", "data": {"who": "${who}", "direction": "${call_direction}"}}},
				{"bridge": {"endpoints": [{"type": "user", "name": "102"}]}}]}}]}`
	h := routed(t, w, "1", plan{extensions: []siptest.Extension{{Number: "102", Talk: time.Second}}}, script)
	taken := make(chan *tgcall.Call, 1)
	_, err := h.person(h.ann(), takes(taken)).Dial(h.ctx, "@line_main")
	h.must(err)
	h.wantOutcome(bridge.UserBusy, "")

	next(h, taken)
	if back := w.hears(h, "/back"); string(back.Body) != `{"direction":"outbound","who":"Ann Ahlers"}` {
		t.Errorf("the second call knows %s", back.Body)
	}
	if o := h.outcome(); o.Cause != bridge.NormalClearing || len(o.Legs) != 2 || o.Legs[1].Address.User != "102" || o.To.Scheme != "script" {
		t.Errorf("ended %+v", o)
	}
}

func TestACallOfAScriptThatIsNotTakenEndsInTime(t *testing.T) {
	w := newTown(t, nil)
	script := `{"name": "ring", "context": "public", "destination_number": ["1"], "callflow": [
		{"originate": {"delay": 0, "timeout": 1, "endpoint": {"type": "user", "name": "101"}, "actions": [{"log": "never"}]}}, {"hangup": 17}]}`
	h := routed(t, w, "1", plan{extensions: []siptest.Extension{{Number: "101", Ring: siptest.Forever}}}, script)
	_, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main")
	h.must(err)
	causes := map[bridge.Cause]bool{h.outcome().Cause: true, h.outcome().Cause: true}
	if !causes[bridge.UserBusy] || !causes[bridge.NoAnswer] {
		t.Errorf("ended %v", causes)
	}
}
