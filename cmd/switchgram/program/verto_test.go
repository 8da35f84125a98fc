package program_test

import (
	"context"
	"testing"

	"switchgram/bridge"
	"switchgram/bridge/sip/sdp"
	"switchgram/bridge/sip/siptest"
	"switchgram/tgcall"
	"switchgram/verto/vertotest"
)

const pageCall = "0e6c1f44-7d4b-4b0e-9a39-1d1c1b8a7c11"

func TestPageCallsSomebodyOnTelegram(t *testing.T) {
	h := build(t, withPages(t, pageUser(t, "eve", "lines: [main]")))
	taken := make(chan *tgcall.Call, 1)
	h.person(h.ann(), takes(taken))
	eve := h.page("eve")
	b := eve.dial(pageCall, "@ann")
	talk(h.browserEnd(b, 650), h.telegramEnd(next(h, taken), 1050))
	shown := eve.await("verto.display")
	for shown["display_name"] == "" { // of whom nothing but the number was known
		shown = eve.await("verto.display")
	}
	if shown["display_name"] != "Ann Ahlers" || shown["verto_h_username"] != "ann" {
		t.Errorf("the page shows %v", shown)
	}
	eve.hangup(pageCall)
	h.wantOutcome(bridge.NormalClearing, "relay opus")
}

func TestTelegramUserRingsEveryPageAndTheFirstToAnswerWins(t *testing.T) {
	p := withPages(t, pageUser(t, "eve", "lines: [main]"))
	p.to = "verto:eve"
	h := build(t, p)
	first, second := h.page("eve"), h.page("eve")
	call, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main")
	h.must(err)
	rings, also := first.await("verto.invite"), second.await("verto.invite")
	if rings["caller_id_name"] != "Ann Ahlers" || rings["caller_id_number"] != "+"+annNumber || rings["verto_h_line"] != "main" {
		t.Errorf("the page is shown %v", rings)
	}
	b := second.take(also)
	until[tgcall.Connected](h, call)
	if bye := first.await("verto.bye"); bye["cause"] != "LOSE_RACE" {
		t.Errorf("the page that was slower is told %v", bye)
	}
	talk(h.telegramEnd(call, 700), h.browserEnd(b, 1100))
	h.must(call.Discard(h.ctx, tgcall.Hangup))
	if bye := second.await("verto.bye"); bye["cause"] != "NORMAL_CLEARING" {
		t.Errorf("the page is told %v", bye)
	}
	h.wantOutcome(bridge.NormalClearing, "relay opus")
}

func TestPagesThatRingAreToldThatTheCallerGaveUp(t *testing.T) {
	p := withPages(t, pageUser(t, "eve", "lines: [main]"))
	p.to = "verto:eve"
	h := build(t, p)
	pages := []*page{h.page("eve"), h.page("eve")}
	call, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main")
	h.must(err)
	for _, page := range pages {
		page.await("verto.invite")
	}
	h.must(call.Discard(h.ctx, tgcall.Hangup))
	for _, page := range pages {
		if bye := page.await("verto.bye"); bye["cause"] != "ORIGINATOR_CANCEL" || bye["causeCode"] != 487.0 {
			t.Errorf("the page is told %v", bye)
		}
	}
	h.wantOutcome(bridge.NormalClearing, "")
}

// early begins a call and waits until the page is told that it rings.
func (p *page) early(id, to string) *vertotest.Browser {
	p.h.t.Helper()
	b := p.dialling(id, to, nil)
	p.h.must(b.Accept(p.await("verto.media")["sdp"].(string)))
	return b
}

func TestPageHearsThatItRingsAndThenWhomItCalled(t *testing.T) {
	p := withPages(t, pageUser(t, "eve", "lines: [main]"))
	p.line += "\n    country: DE"
	h := build(t, p)
	rings, picksUp := make(chan *tgcall.Call, 1), make(chan struct{})
	h.person(h.ann(), func(ctx context.Context, c *tgcall.Call) {
		rings <- c
		<-picksUp
		if c.Accept(ctx) == nil {
			<-ctx.Done()
		}
	})
	eve := h.page("eve")
	b := eve.early(pageCall, "@ann")
	page := h.browserEnd(b, 650)
	call := next(h, rings)
	page.hearsHz(425)
	close(picksUp)
	if answer := eve.await("verto.answer"); answer["sdp"] != nil {
		t.Error("the page is described to twice")
	}
	talk(page, h.telegramEnd(call, 1050))
	eve.hangup(pageCall)
	h.wantOutcome(bridge.NormalClearing, "relay opus")
}

func TestPageHearsWhatASwitchPlaysBeforeTheAnswer(t *testing.T) {
	p := withPages(t, pageUser(t, "eve", "lines: [main]"))
	milliwatt := siptest.EarlyMedia("1000", siptest.Forever, siptest.MilliwattSound)
	milliwatt.Codecs = []sdp.Codec{sdp.PCMU}
	p.extensions = []siptest.Extension{milliwatt}
	h := build(t, p)
	eve := h.page("eve")
	page := h.browserEnd(eve.early(pageCall, "1000"), 650)
	page.hearsHz(1000)
	eve.hangup(pageCall)
	h.outcome()
}

func TestPageTransfersItsCall(t *testing.T) {
	for name, transfer := range map[string]func(h *house, eve *page, desk *telephone){
		"blind": func(h *house, eve *page, desk *telephone) {
			eve.ask("verto.modify", modify(pageCall, "transfer", map[string]any{"destination": "1000"}))
			next(h, desk.rings)
		},
		"attended": func(h *house, eve *page, desk *telephone) {
			eve.ask("verto.modify", modify(pageCall, "hold", nil))
			second := "second-" + pageCall
			talk(h.browserEnd(eve.dial(second, "1000"), 660), h.sipEnd(next(h, desk.taken), 1210))
			eve.ask("verto.modify", modify(pageCall, "replace", map[string]any{"replaceCallID": second}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := withPages(t, pageUser(t, "eve", "lines: [main]"))
			p.line = "max_calls: 1" // the second call is none with Telegram
			h := build(t, p)
			desk := h.telephone("1000", 0)
			taken := make(chan *tgcall.Call, 1)
			h.person(h.ann(), takes(taken))
			eve := h.page("eve")
			b := eve.dial(pageCall, "@ann")
			call := next(h, taken)
			ann := h.telegramEnd(call, 1050)
			asked := h.browserEnd(b, 650)
			talk(asked, ann)
			asked.hush()
			transfer(h, eve, desk)
			if name == "blind" {
				talk(ann, h.sipEnd(next(h, desk.taken), 1210))
			} else {
				eve.await("verto.bye")
				ann.hearsHz(1210)
			}
			h.must(call.Discard(h.ctx, tgcall.Hangup))
		})
	}
}

// modify is what a page asks for to change a call.
func modify(call, action string, more map[string]any) map[string]any {
	params := map[string]any{"action": action, "dialogParams": map[string]any{"callID": call}}
	for name, value := range more {
		params[name] = value
	}
	return params
}

func TestPageWritesToWhomItTalksWith(t *testing.T) {
	h := build(t, withPages(t, pageUser(t, "eve", "lines: [main]")+pageUser(t, "bob", "lines: []")))
	ann, taken := h.ann(), make(chan *tgcall.Call, 1)
	got := inboxOf(h.person(ann, takes(taken)))
	eve, bob := h.page("eve"), h.page("bob")
	eve.dial(pageCall, "@ann")
	next(h, taken)
	eve.ask("verto.info", map[string]any{"msg": map[string]any{"body": "in the call", "inDialog": true}, "dialogParams": map[string]any{"callID": pageCall}})
	eve.ask("verto.info", map[string]any{"msg": map[string]any{"to": "telegram+@ann", "body": "beside it"}})
	eve.ask("verto.info", map[string]any{"msg": map[string]any{"to": "bob", "body": "among us"}})
	for _, want := range []string{"in the call", "beside it"} {
		if text := next(h, got); text != want {
			t.Errorf("ann reads %q, want %q", text, want)
		}
	}
	if msg, _ := bob.await("verto.info")["msg"].(map[string]any); msg["body"] != "among us" || msg["from_msg_name"] != "eve Smith" {
		t.Errorf("bob reads %v", msg)
	}
	for to, from := range map[string]*page{"telegram+@ann": bob, "nobody": eve} {
		if answer, err := from.client.Ask(h.ctx, "verto.info", map[string]any{"msg": map[string]any{"to": to, "body": "x"}}); err == nil {
			t.Errorf("a text to %s is taken: %s", to, answer)
		}
	}
	eve.hangup(pageCall)
	h.outcome()
}

func TestPagesSeeWhatTheOtherTypes(t *testing.T) {
	h := build(t, withPages(t, pageUser(t, "eve", "lines: [main]")+pageUser(t, "bob", "lines: [main]")))
	eve, bob := h.page("eve"), h.page("bob")
	eve.dialling(pageCall, "bob", nil)
	invite := bob.await("verto.invite")
	bob.take(invite)
	eve.await("verto.answer")
	for _, c := range []struct {
		from, to *page
		call     any
	}{{eve, bob, pageCall}, {bob, eve, invite["callID"]}} {
		c.from.ask("verto.info", map[string]any{"txt": map[string]any{"chars": "h"}, "dialogParams": map[string]any{"callID": c.call}})
		if shown := c.to.await("verto.info"); shown["callID"] == c.call || shown["txt"].(map[string]any)["chars"] != "h" {
			t.Errorf("the other is shown %v", shown)
		}
	}
	eve.hangup(pageCall)
	h.outcome()
}

func TestPageJoinsARunningCall(t *testing.T) {
	h := build(t, withPages(t, pageUser(t, "eve", "lines: [main], roles: [listen, talk]")+pageUser(t, "mallory", "lines: []")))
	desk := h.telephone("1000", 0)
	call, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main")
	h.must(err)
	until[tgcall.Connected](h, call)
	person, telephone := h.telegramEnd(call, 700), h.sipEnd(next(h, desk.taken), 1100)
	talk(person, telephone)
	eve := h.page("eve")
	granted := eve.ask("jsapi", map[string]any{"command": "phone", "data": map[string]any{}})["message"].(map[string]any)
	channels := granted["calls"].([]any)
	if len(channels) != 1 || channels[0] != "switchgram.calls.main" {
		t.Fatalf("the page may see calls at %v", channels)
	}
	id := eve.runningCall(channels[0].(string))

	telephone.hush()
	listener := h.browserEnd(eve.dial(pageCall, "listen:"+id), 1500)
	listener.hears(person)
	listener.hush()
	eve.hangup(pageCall)

	for destination, cause := range map[string]string{"whisper:" + id: "CALL_REJECTED", "listen:nowhere": "INVALID_CALL_REFERENCE"} {
		eve.dialling(pageCall+destination[:4], destination, nil)
		if bye := eve.await("verto.bye"); bye["cause"] != cause {
			t.Errorf("%s is refused with %v, want %s", destination, bye, cause)
		}
	}
	mallory := h.page("mallory")
	mallory.dialling(pageCall, "listen:"+id, nil)
	if bye := mallory.await("verto.bye"); bye["cause"] != "CALL_REJECTED" {
		t.Errorf("who has not the line is told %v", bye)
	}
	if answer, err := mallory.client.Ask(h.ctx, "verto.subscribe", map[string]any{"eventChannel": channels[0]}); err == nil {
		t.Errorf("who has not the line may watch its calls: %s", answer)
	}
	h.must(call.Discard(h.ctx, tgcall.Hangup))
	h.outcome()
}

// runningCall is the id of the one call that a table of calls has.
func (p *page) runningCall(channel string) string {
	p.h.t.Helper()
	p.ask("verto.subscribe", map[string]any{"eventChannel": channel})
	_, err := p.client.Ask(p.h.ctx, "verto.broadcast", map[string]any{"eventChannel": channel, "data": map[string]any{
		"liveArray": map[string]any{"command": "bootstrap", "context": channel, "name": channel, "obj": map[string]any{}},
	}})
	p.h.must(err)
	for {
		data, _ := p.await("verto.event")["data"].(map[string]any)
		if rows, _ := data["data"].([]any); data["action"] == "bootObj" && len(rows) == 1 {
			return rows[0].([]any)[0].(string)
		}
	}
}
