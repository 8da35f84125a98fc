package program_test

import (
	"encoding/json"
	"strings"
	"testing"

	"switchgram/tgcall"
	"switchgram/tgcall/testnet"
)

func TestAgentsPageShowsWhoCallsAndWhatTheScriptKnows(t *testing.T) {
	w := newTown(t, nil)
	const script = `{"name": "desk", "context": "public", "destination_number": ["1"],
		"callflow": [{"setVar": {"all:crm_link": "https://crm.example/7"}}, {"bridge": {"endpoints": [{"type": "verto", "name": "agent"}]}}]}`
	p := withPages(t, pageUser(t, "agent", `lines: ["*"]`))
	p.state, p.settings = t.TempDir(), p.settings+routesAt(t, w.routes(script), "1")
	h := build(t, p)
	agent := h.page("agent")
	ann := h.person(h.net.AddUser(testnet.UserOptions{
		Phone: annNumber, Username: "ann", FirstName: "Ann", LastName: "Ahlers", Photo: []byte("\xff\xd8\xff\xe0 a picture"),
	}), nil)

	call, err := ann.Dial(h.ctx, "@line_main")
	h.must(err)

	text, err := json.Marshal(agent.await("verto.invite"))
	h.must(err)
	for _, want := range []string{"data:image/jpeg;base64,/9j/4CBhIHBpY3R1cmU=", `"verto_h_crm_link":"` + w.URL() + "/7", "Ann Ahlers"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the page was shown %s, without %s", text, want)
		}
	}
	h.must(call.Discard(h.ctx, tgcall.Missed))
	h.outcome()
}
