package program_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"switchgram/tgcall"
)

// event waits for an event on a channel whose data are as wanted; what comes before is not looked at again.
func (p *page) event(channel string, wanted func(data fields) bool) fields {
	p.h.t.Helper()
	for {
		f := p.await("verto.event")
		for _, key := range []string{"data", "pvtData"} {
			if data, ok := f[key].(map[string]any); ok && f["eventChannel"] == channel && wanted(data) {
				return data
			}
		}
	}
}

// joined waits for the page to be told that its call is a conference, and does what verto.js does then.
func (p *page) joined() (told fields) {
	p.h.t.Helper()
	told = p.event(p.client.Session(), func(data fields) bool { return data["action"] == "conference-liveArray-join" })
	for _, channel := range []string{"modChannel", "infoChannel", "chatChannel", "laChannel"} {
		if told[channel] != nil {
			p.ask("verto.subscribe", map[string]any{"eventChannel": told[channel]})
		}
	}
	p.ask("verto.broadcast", map[string]any{"eventChannel": told["laChannel"], "data": map[string]any{
		"liveArray": map[string]any{"command": "bootstrap", "context": told["laChannel"], "name": told["laName"]},
	}})
	return told
}

// status is what a row of a conference's table says of a member.
func status(row any) (s struct {
	Audio struct{ Muted, Talking bool }
}) {
	if text, ok := row.([]any)[4].(string); ok {
		_ = json.Unmarshal([]byte(text), &s) // or it is not as it should be
	}
	return s
}

// present is who the rows of a conference's table say is there.
func present(rows []any) string {
	var all []any
	for _, r := range rows {
		all = append(all, r.([]any)[1].([]any)[:4]...)
	}
	return fmt.Sprint(all)
}

func (p *page) press(call, keys string) {
	p.h.t.Helper()
	p.ask("verto.info", map[string]any{"dtmf": keys, "dialogParams": map[string]any{"callID": call}})
}

// order gives an order in a conference, and returns the answer.
func (p *page) order(told fields, command, id string) fields {
	p.h.t.Helper()
	return p.ask("verto.broadcast", map[string]any{"eventChannel": "conference-mod." + told["laName"].(string) + "@switchgram", "data": map[string]any{
		"application": "conf-control", "command": command, "id": id,
	}})
}

func TestCallOfSeveralIsAConferenceToItsPages(t *testing.T) {
	users := pageUser(t, "eve", "lines: [main], roles: [talk]") + pageUser(t, "boss", "lines: [main], roles: [listen, moderate]")
	h := build(t, withPages(t, users))
	desk := h.telephone("1000", 0)
	call, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main")
	h.must(err)
	until[tgcall.Connected](h, call)
	person, telephone := h.telegramEnd(call, 700), h.sipEnd(next(h, desk.taken), 1100)
	talk(person, telephone)

	eve, boss := h.page("eve"), h.page("boss")
	id := eve.runningCall("switchgram.calls.main")
	voice := h.browserEnd(eve.dial(pageCall, "talk:"+id), 1500)
	told := eve.joined()
	if told["laName"] != id || told["role"] != "participant" || told["callID"] != pageCall {
		t.Errorf("eve is told %v", told)
	}
	rows := eve.event(told["laChannel"].(string), func(data fields) bool { return data["action"] == "bootObj" })["data"].([]any)
	if got, want := present(rows), "[0001 +4930123456 Ann Ahlers opus@48000 0002 1000 1000 opus@48000 0003 eve eve Smith opus@48000]"; got != want {
		t.Errorf("in the conference are %s, want %s", got, want)
	}

	muted := func(on bool) func(data fields) bool {
		return func(data fields) bool { return data["hashKey"] == pageCall && status(data["data"]).Audio.Muted == on }
	}
	eve.press(pageCall, "0")
	eve.event(told["laChannel"].(string), muted(true))
	person.hears(telephone) // and nobody else
	eve.press(pageCall, "0")
	eve.event(told["laChannel"].(string), muted(false))
	if answer := eve.order(told, "kick", "1"); answer["message"] != "Permission Denied." {
		t.Errorf("eve, who does not moderate, is answered %v", answer)
	}

	boss.dial("boss-"+pageCall, "listen:"+id)
	seen := boss.joined()
	if seen["role"] != "moderator" || seen["conferenceMemberID"] != "4" {
		t.Errorf("the moderator is told %v", seen)
	}
	boss.order(seen, "tmute", "3")
	if answer := boss.event(seen["modChannel"].(string), anything); answer["response"] != "+OK mute 3\n" {
		t.Errorf("the moderator is answered %v", answer)
	}
	eve.event(told["laChannel"].(string), muted(true))
	person.hears(telephone)
	voice.hush()
	boss.order(seen, "kick", "3")
	if bye := eve.await("verto.bye"); bye["cause"] != "NORMAL_CLEARING" {
		t.Errorf("eve is kicked with %v", bye)
	}
	boss.event(seen["laChannel"].(string), func(data fields) bool { return data["action"] == "del" && data["hashKey"] == pageCall })
	h.must(call.Discard(h.ctx, tgcall.Hangup))
	boss.event(boss.client.Session(), func(data fields) bool { return data["action"] == "conference-liveArray-part" })
	h.outcome()
}

func anything(fields) bool { return true }

func TestNoteOnARunningCallIsSeenByAllAndKept(t *testing.T) {
	p := withPages(t, pageUser(t, "eve", "lines: [main]")+pageUser(t, "bob", "lines: [main]")+pageUser(t, "mallory", "lines: []"))
	p.state = t.TempDir()
	p.settings = "store: " + p.state + "/calls.db\n" + p.settings
	h := build(t, p)
	taken := make(chan *tgcall.Call, 1)
	h.person(h.ann(), takes(taken))
	eve, bob, mallory := h.page("eve"), h.page("bob"), h.page("mallory")
	eve.dial(pageCall, "@ann")
	next(h, taken)
	id := bob.runningCall("switchgram.calls.main")
	write := func(p *page, call, text string) (fields, error) {
		answer, err := p.client.Ask(h.ctx, "jsapi", map[string]any{"command": "note", "data": map[string]any{"call": call, "text": text}})
		var f struct{ Message fields }
		if err == nil {
			h.must(json.Unmarshal(answer, &f))
		}
		return f.Message, err
	}
	for _, text := range []string{"wants an offer", "Счёт отправлен"} {
		if n, err := write(eve, id, text); err != nil || n["text"] != text || n["by"] != "eve Smith" || n["at"].(float64) < 1e12 {
			t.Fatalf("the note is %v, %v", n, err)
		}
	}
	row := bob.event("switchgram.calls.main", func(data fields) bool {
		row, _ := data["data"].([]any)
		return data["action"] == "modify" && len(row) == 9 && len(row[8].([]any)) == 2
	})["data"].([]any)
	if last := row[8].([]any)[1].(map[string]any); last["text"] != "Счёт отправлен" || last["by"] != "eve Smith" {
		t.Errorf("others see %v", row[8])
	}
	for name, err := range map[string]func() error{
		"who has not the line": func() error { _, err := write(mallory, id, "x"); return err },
		"no call":              func() error { _, err := write(eve, "nowhere", "x"); return err },
		"nothing":              func() error { _, err := write(eve, id, " "); return err },
		"too much":             func() error { _, err := write(eve, id, strings.Repeat("x", 2001)); return err },
	} {
		if err() == nil {
			t.Errorf("a note was taken: %s", name)
		}
	}
	eve.hangup(pageCall)
	h.outcome()
	h.end()
	h.must(next(h, h.done))
	s := h.records(p.state + "/calls.db")
	if len(s) != 1 || len(s[0].Notes) != 2 || s[0].Notes[0].Text != "wants an offer" || s[0].Notes[1].By != "eve Smith" {
		t.Errorf("kept are %+v", s)
	}
}
