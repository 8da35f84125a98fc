package program_test

import (
	"context"
	"testing"

	"github.com/gotd/td/tg"

	"switchgram/bridge"
	"switchgram/tgcall/testnet"
)

func TestACallerOnTelegramChoosesInTheChat(t *testing.T) {
	w := newTown(t, nil)
	script := `{"name": "menu", "context": "public", "destination_number": ["1"], "callflow": [
		{"menu": {"text": "What is it?", "set": "topic", "buttons": [[{"caption": "Orders"}, {"caption": "Help", "nextFlow": [
			{"recvMessage": {"text": "Which?", "set": "which"}}]}]]}},
		{"httpRequest": {"url": "TOWN/said", "data": {"topic": "${topic}", "which": "${which}"}}}, {"hangup": 17}]}`
	h := routed(t, w, "1", plan{}, script)
	ann := h.person(h.ann(), nil)
	h.answers(ann, map[string]string{"What is it?\n1. Orders\n2. Help": "2", "Which?": "the \"third\""})

	_, err := ann.Dial(h.ctx, "@line_main")
	h.must(err)

	if said := w.hears(h, "/said"); string(said.Body) != `{"topic":"Help","which":"the \"third\""}` {
		t.Errorf("the script understood %s", said.Body)
	}
	h.wantOutcome(bridge.UserBusy, "")
}

// answers has a person answer what the line writes.
func (h *house) answers(p *testnet.Phone, all map[string]string) {
	p.Session().OnUpdate(func(_ context.Context, _ tg.Entities, up tg.UpdateClass) {
		news, ok := up.(*tg.UpdateNewMessage)
		if !ok {
			return
		}
		if m, ok := news.Message.(*tg.Message); ok && !m.Out && all[m.Message] != "" {
			go func() {
				if err := p.Session().Tell(h.ctx, "@line_main", all[m.Message], "text"); err != nil {
					h.t.Errorf("answer: %v", err)
				}
			}()
		}
	})
}
