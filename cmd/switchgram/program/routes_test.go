package program_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gotd/td/tg"

	"switchgram/bridge"
	"switchgram/bridge/sip"
	"switchgram/bridge/sip/siptest"
	"switchgram/bridge/store"
	"switchgram/cmd/switchgram/program"
	"switchgram/tgcall"
	"switchgram/tgcall/testnet"
)

// routed is a house whose calls from Telegram are for a number of its routes.
func routed(t *testing.T, w *servers, number string, p plan, scripts ...string) *house {
	t.Helper()
	p.settings += routesAt(t, w.routes(scripts...), number)
	if p.state == "" {
		p.state = t.TempDir()
	}
	return build(t, p)
}

// routesAt is the configuration of a folder of routes.
func routesAt(t *testing.T, dir, number string) string {
	return fmt.Sprintf("\nstore: %q\nroutes:\n  directory: %q\n  numbers: {main: %q}\n  allow: [127.0.0.0/8]\n  dial: {allow: [\"380501231*\"]}\n", filepath.Join(t.TempDir(), "calls.db"), dir, number)
}

// record waits for the record of the only call, with what its script did.
func (h *house) record(settings string) store.Record {
	h.t.Helper()
	h.end()
	h.must(next(h, h.done))
	_, path, _ := strings.Cut(settings, "store: \"")
	path, _, _ = strings.Cut(path, "\"")
	s, err := store.Open(h.ctx, store.Options{DSN: path})
	h.must(err)
	defer s.Close()
	p, err := s.Search(h.ctx, store.Query{})
	h.must(err)
	if len(p.Calls) != 1 || p.Calls[0].Script == nil {
		h.t.Fatalf("recorded %+v", p.Calls)
	}
	return p.Calls[0]
}

func TestScenarioMissedCallOnTelegramIsToldToSlack(t *testing.T) {
	w := newTown(t, nil)
	settings := routesAt(t, w.routes("missed-call"), "380445550100")
	h := build(t, plan{state: t.TempDir(), settings: settings, extensions: []siptest.Extension{{Number: "101", Ring: siptest.Forever}, {Number: "102", Status: 486}}})
	call, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main")
	h.must(err)
	next(h, h.ringing)

	h.must(call.Discard(h.ctx, tgcall.Missed))

	said := string(w.hears(h, "/slack").Body)
	for _, want := range []string{"Missed call from *Ann Ahlers* <tel:+4930123456|+4930123456> to 380445550100", "the caller gave up"} {
		if !strings.Contains(said, want) {
			t.Errorf("Slack was told %s, without %s", said, want)
		}
	}
	h.log.await(h.ctx, "script ended")
	r := h.record(settings)
	if r.Script.Routes[0] != "city line" || len(r.Script.Steps) < 4 || !r.Missed || r.Script.Switch {
		t.Errorf("recorded %+v, missed %t", r.Script, r.Missed)
	}
}

func TestScenarioPushBeforeTheMobileRingsForACallFromTelegram(t *testing.T) {
	w := newTown(t, map[string]string{"/api/contacts/by-phone/4930123456": `{"contact": {"name": "Bob & <Sons>"}}`})
	h := routed(t, w, "default:5512", plan{extensions: []siptest.Extension{{Number: "3805012312"}}}, "push-then-mobile")

	call, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main")
	h.must(err)

	if crm := w.hears(h, "/api/contacts/by-phone/4930123456"); crm.Header.Get("Authorization") != "Bearer crm-token" {
		t.Errorf("the CRM was asked with %v", crm.Header)
	}
	push := form(t, w.hears(h, "/pushover/1/messages.json"))
	if push.Get("message") != "<font color=blue>Incoming call from </font><b>Bob &amp; &lt;Sons&gt;</b> +4930123456" || push.Get("token") != "po-token" {
		t.Errorf("pushed %v", push)
	}
	h.hangsUpOnceAnswered(call)
	h.wantOutcome(bridge.NormalClearing, "relay opus")
}

func TestScenarioResponsibleManagerTakesACallFromTelegram(t *testing.T) {
	w := newTown(t, map[string]string{
		"/0/dataservice/json/reply/SelectQuery": `{"rows": [{"Name": "Ann of the CRM", "OwnerExt": "204"}]}`,
	})
	h := routed(t, w, "380445550200", plan{
		extensions: []siptest.Extension{{Number: "204", Status: 486}, {Number: "102"}},
		settings:   fmt.Sprintf("notify: {allow: [127.0.0.0/8], to: [{name: told, events: [agent.told], url: %q, unsigned: true}]}", w.URL()+"/told"),
	}, "responsible-manager")

	call, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main")
	h.must(err)

	asked := w.hears(h, "/0/dataservice/json/reply/SelectQuery")
	if asked.Header.Get("Cookie") != "BPMSESSIONID=s1" || !strings.Contains(string(asked.Body), `"Value":"6543210394"`) {
		t.Errorf("the CRM was asked %v %s", asked.Header, asked.Body)
	}
	if told := string(w.hears(h, "/told").Body); !strings.Contains(told, `"told":{"user":"204","url":"`+w.URL()+`/contacts?phone=4930123456","message":"Ann of the CRM"}`) {
		t.Errorf("the manager was shown %s", told)
	}
	h.hangsUpOnceAnswered(call)
	o := h.outcome()
	if len(o.Legs) != 4 || o.Legs[1].Address.User != "204" || o.Legs[1].Cause != bridge.UserBusy || o.Cause != bridge.NormalClearing {
		t.Errorf("ended %+v", o)
	}
}

// night has programs speak and understand.
const night = `  speak: [{name: espeak, command: [espeak-ng, --stdin, --stdout]}]
  hear: [{name: fake, command: [sh, -c, "test -s \"$1\" && echo please call me back", sh, "{file}"]}]
`

func TestScenarioLeadAtNightFromTelegram(t *testing.T) {
	w := newTown(t, map[string]string{"/0/dataservice/json/reply/InsertQuery": `{"id": "7"}`})
	quick := strings.NewReplacer("${greeting} We will call you back. To order a call press one and say your question after the tone.", "Closed.",
		`"maxSec": 15`, `"maxSec": 2`, "Thank you. Your order is registered.", "Bye.").Replace(example(t, "night-desk"))
	h := build(t, plan{state: t.TempDir(), settings: routesAt(t, w.routes(quick), "380445550300") + night})
	ann := h.person(h.ann(), nil)
	call, err := ann.Dial(h.ctx, "@line_main")
	h.must(err)
	until[tgcall.Connected](h, call)
	voice := h.telegramEnd(call, 440) // she hums her question
	defer voice.hush()

	h.writes(ann, "1")

	lead := w.hears(h, "/0/dataservice/json/reply/InsertQuery")
	for _, want := range []string{"please call me back", "Ann Ahlers", "+4930123456", `"need"`, `"channel"`} {
		if !strings.Contains(string(lead.Body), want) {
			t.Errorf("the lead is %s, without %s", lead.Body, want)
		}
	}
}

func TestScenarioSpokenMenuOnTelegram(t *testing.T) {
	w := newTown(t, nil)
	p := plan{state: t.TempDir()}
	p.settings = routesAt(t, w.routes(strings.ReplaceAll(example(t, "spoken-menu"), `"101"`, `"1001"`)), "default:500") + night
	h := build(t, p)
	sales := h.telephone("1001", 0)
	ann := h.person(h.ann(), nil)
	call, err := ann.Dial(h.ctx, "@line_main")
	h.must(err)
	until[tgcall.Connected](h, call)

	h.writes(ann, "1")

	h.log.await(h.ctx, "msg=call.answered")
	h.must(next(h, sales.taken).Hangup(h.ctx, sip.Hangup{}))
	h.log.await(h.ctx, "msg=\"leg ended\"") // and she is in the menu again
	h.must(call.Discard(h.ctx, tgcall.Hangup))
	if o := h.outcome(); o.Legs[1].Address.User != "1001" || !o.Times.Answered() {
		t.Errorf("ended %+v", o)
	}
}

func TestScenarioFrontDeskOnTelegram(t *testing.T) {
	w := newTown(t, nil)
	h := routed(t, w, "tg:front_desk", plan{extensions: []siptest.Extension{{Number: "101", Status: 486}}}, "telegram-front-desk")
	desk := h.net.AddUser(deskUser)
	told := h.inbox(desk)
	call, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main")
	h.must(err)

	h.wantDiscarded(call, tgcall.Missed)

	if got := next(h, told); !strings.HasPrefix(got, "Missed: Ann Ahlers, waited") {
		t.Errorf("the desk was told %q", got)
	}
}

func TestScenarioScreenSharingAndTheDesigner(t *testing.T) {
	w := newTown(t, nil)
	h := routed(t, w, "default:700-screen", plan{extensions: []siptest.Extension{{Number: "101"}}},
		"screen-sharing", strings.NewReplacer("&hour('9-17')", "1 == 1").Replace(example(t, "from-designer")))
	call, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main")
	h.must(err)
	h.hangsUpOnceAnswered(call)
	if o := h.outcome(); o.Legs[1].Address.User != "101" || !o.Times.Answered() {
		t.Errorf("ended %+v", o)
	}
}

func TestScenarioReturningCallerAndChangedRoutes(t *testing.T) {
	w := newTown(t, nil)
	const connect = `{"name": "first", "context": "public", "destination_number": ["380445550400"],
		"callflow": [{"bridge": {"endpoints": [{"type": "user", "name": "101"}]}}]}`
	dir := w.routes(connect)
	h := build(t, plan{state: t.TempDir(), settings: routesAt(t, dir, "380445550400"), extensions: []siptest.Extension{{Number: "101"}}})
	ann := h.person(h.ann(), nil)
	call, err := ann.Dial(h.ctx, "@line_main")
	h.must(err)
	h.hangsUpOnceAnswered(call)
	h.outcome()

	write(t, filepath.Join(dir, "a.json"), `{"name": "broken", "context": "public", "callflow": [{"answr": {}}]}`, 0o600)
	h.log.await(h.ctx, "changed routes are refused, the old ones stay")
	write(t, filepath.Join(dir, "a.json"), strings.ReplaceAll(example(t, "returning-caller"), `"queue": {"name": "support"}`, `"hangup": "USER_BUSY"`), 0o600)
	h.log.await(h.ctx, "routes read again")
	call, err = ann.Dial(h.ctx, "@line_main")
	h.must(err)

	h.log.await(h.ctx, "returning caller, last served by 101")
	h.hangsUpOnceAnswered(call)
	if o := h.outcome(); o.Legs[1].Address.User != "101" || !o.Times.Answered() {
		t.Errorf("ended %+v", o)
	}
}

func TestTelephonesOfTheSwitchHaveRoutesToo(t *testing.T) {
	w := newTown(t, nil)
	const script = `{"name": "short", "context": "default", "destination_number": "^77$",
		"callflow": [{"bridge": {"endpoints": [{"type": "telegram", "peer": "@bob"}]}}]}`
	h := routed(t, w, "x", plan{}, script)
	desk, taken := h.telephone("1000", 0), make(chan *tgcall.Call, 1)
	h.person(h.bob(), takes(taken))

	d := desk.dial("tg77")

	untilSIP[sip.Answered](h, d)
	next(h, taken)
	h.must(d.Hangup(h.ctx, sip.Hangup{}))
	h.wantOutcome(bridge.NormalClearing, "relay opus")
}

// hangsUpOnceAnswered lets the caller and whom the script called hear each other, and ends that.
func (h *house) hangsUpOnceAnswered(call *tgcall.Call) {
	h.t.Helper()
	until[tgcall.Connected](h, call)
	h.log.await(h.ctx, "msg=call.answered")
	h.must(call.Discard(h.ctx, tgcall.Hangup))
}

// deskUser is whom the front desk tells of missed calls.
var deskUser = testnet.UserOptions{Phone: "4930100999", Username: "desk_group", FirstName: "Desk"}

// inbox is what somebody is written.
func (h *house) inbox(u *testnet.User) <-chan string {
	h.t.Helper()
	return inboxOf(h.person(u, nil))
}

// inboxOf is what comes to a person's telephone.
func inboxOf(p *testnet.Phone) <-chan string {
	texts := make(chan string, 16)
	p.Session().OnUpdate(func(_ context.Context, _ tg.Entities, up tg.UpdateClass) {
		if news, ok := up.(*tg.UpdateNewMessage); ok {
			if m, ok := news.Message.(*tg.Message); ok && !m.Out {
				texts <- m.Message
			}
		}
	})
	return texts
}

// TestCallersWhoHangUpInAnyStep: the script ends there, and what is due afterwards is done.
func TestCallersWhoHangUpInAnyStep(t *testing.T) {
	for step, text := range map[string]string{
		"a prompt":               `{"answer": ""}, {"playback": {"type": "silence", "name": "60000"}}`,
		"waiting for a key":      `{"answer": ""}, {"playback": {"type": "silence", "name": "100", "getDigits": {"setVar": "k", "timeout": 60000}}}`,
		"a request":              `{"httpRequest": {"url": "TOWN/hold", "timeout": 30000}}`,
		"sleep":                  `{"sleep": 60000}`,
		"a loop that waits":      `{"answer": ""}, {"while": {"condition": "1 == 1", "do": [{"sleep": 100}]}}`,
		"a telephone that rings": `{"bridge": {"endpoints": [{"type": "user", "name": "101"}]}}`,
		"a message":              `{"answer": ""}, {"recordFile": {"maxSec": 60}}`,
	} {
		t.Run(step, func(t *testing.T) {
			w := newTown(t, nil)
			defer w.Hold("/hold")()
			script := `{"name": "r", "context": "public", "destination_number": ["1"], "callflow": [{"httpRequest": {"url": "TOWN/begun"}}, ` + text + `],
				"onDisconnect": [{"httpRequest": {"url": "TOWN/after", "data": {"by": "${hangup_by}", "missed": "${missed}"}}}]}`
			h := routed(t, w, "1", plan{extensions: []siptest.Extension{{Number: "101", Ring: siptest.Forever}}}, script)
			call, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main")
			h.must(err)
			w.hears(h, "/begun")
			if strings.Contains(text, "answer") {
				until[tgcall.Connected](h, call)
			}

			h.must(call.Discard(h.ctx, tgcall.Hangup))

			if after := w.hears(h, "/after"); string(after.Body) != `{"by":"caller","missed":"true"}` {
				t.Errorf("afterwards: %s", after.Body)
			}
			if o := h.outcome(); o.Cause != bridge.NormalClearing {
				t.Errorf("ended %+v", o)
			}
		})
	}
}

func TestRoutesOfTheConfigurationAreChecked(t *testing.T) {
	for text, want := range map[string]string{
		"routes: {numbers: {main: x}}":                                        "routes.directory: missing",
		"routes: {directory: r, numbers: {x: y}}":                             "there is no such line",
		"routes: {directory: r, ringback: atlantis}":                          "routes.ringback",
		"routes: {directory: r, freeswitch: {socket: \"0.0.0.0:8084\"}}":      "routes.freeswitch.allow",
		"routes: {directory: r, freeswitch: {socket: x}}":                     "want host and port",
		"routes: {directory: r, freeswitch: {number: \"1\"}}":                 "routes.freeswitch.socket: missing",
		"routes: {directory: r, dial: {country: Atlantis}}":                   "routes.dial: country",
		"routes: {directory: r, dial: {per_minute: -1}}":                      "routes.dial: per_minute",
		"routes: {directory: r, requests: {per_second: -1}}":                  "routes.requests.per_second",
		"routes: {directory: r, speak: [{name: a}]}":                          "want a command or a url",
		"routes: {directory: r, hear: [{name: a, command: [b], url: \"c\"}]}": "want a command or a url",
	} {
		_, err := program.Read("c.yaml", strings.NewReader(right+"\n"+text+"\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
