package program_test

import (
	"testing"

	"switchgram/bridge"
)

func TestAScriptKnowsTheUsersOfTheHouse(t *testing.T) {
	w := newTown(t, nil)
	script := `{"name": "x", "context": "public", "destination_number": "1", "callflow": [
		{"userData": {"name": "101", "var": "email", "setVar": "email"}}, {"userData": {"name": "101", "var": "effective_caller_id_name", "setVar": "name"}},
		{"userData": {"name": "101", "var": "fax", "setVar": "fax"}}, {"userData": {"name": "102", "var": "email", "setVar": "other"}},
		{"log": "mail ${name} <${email}>, not ${fax|default:fax} or ${other|default:other}"}, {"hangup": 17}]}`
	users := "users: [{name: \"101\", display_name: Bob, variables: {email: bob@example.org}}]\n"
	h := build(t, plan{state: t.TempDir(), settings: users + routesAt(t, w.routes(script), "1")})
	_, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main")
	h.must(err)
	if h.log.await(h.ctx, "mail Bob <bob@example.org>, not fax or other"); h.outcome().Cause != bridge.UserBusy {
		t.Error("the script did not go on")
	}
}
