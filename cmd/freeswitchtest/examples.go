package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"

	"switchgram/bridge"
	"switchgram/esl"
	"switchgram/tgcall/testnet"
)

// examples are the rows about the scripts of docs/routes, each of which FreeSWITCH runs from the first step, for a call of Ann's.
func examples() []row {
	return []row{
		{"missed-call.json: Slack is told", missedCall},
		{"push-then-mobile.json: Pushover, then a gateway", pushThenMobile},
		{"responsible-manager.json: login, contact, manager", responsibleManager},
		{"night-desk.json: speech, key, recording, lead", nightDesk},
		{"spoken-menu.json: a key leads into a conference", spokenMenu},
		{"returning-caller.json: a queue (mod_callcenter)", returningCaller},
		{"screen-sharing.json: a conference for screens", screenSharing},
		{"telegram-front-desk.json: two telephones and Telegram", frontDesk},
	}
}

// mobileNumber is that of a mobile telephone, which is on Telegram.
const mobileNumber = "3805012312"

// taking has a call of Ann's come to FreeSWITCH, and FreeSWITCH hand it over for a number of a route.
func (w *world) taking(ctx context.Context, script, name, route, number string) (*call, error) {
	if err := w.route(ctx, name, script); err != nil {
		return nil, err
	}
	c, err := w.incoming(ctx, "udp")
	if err != nil {
		return nil, err
	}
	return c, w.fs.send(ctx, c.uuid, "set:route_context="+route, "set_profile_var:destination_number="+number, "socket:"+w.program.ScriptSocket()+" async full")
}

// absent is a user of FreeSWITCH's who is not there.
func (w *world) absent() string { return `"` + w.o.users[vertoUser] + `"` }

func missedCall(ctx context.Context, w *world) (string, error) {
	script, err := w.example("missed-call.json", `"101"`, w.absent(), `"102"`, w.absent(), `"103"`, w.absent())
	if err != nil {
		return "", err
	}
	c, err := w.taking(ctx, script, "city line", "public", "380445550100")
	if err != nil {
		return "", err
	}
	if err := w.saying(ctx, "/slack", "Missed call from *Ann Ahlers* <tel:+"+annNumber, "to 380445550100"); err != nil {
		return "", err
	}
	_, err = c.over(ctx, bridge.NoAnswer)
	return "nobody there, Slack knows", errors.Join(err, w.quietlyEnded(ctx))
}

func pushThenMobile(ctx context.Context, w *world) (string, error) {
	if _, err := w.gatewayState(ctx, parking); err != nil {
		return "", err
	}
	script, err := w.example("push-then-mobile.json", `"strategy": "sequential"`, `"parameters": ["sip_h_X-TG-Line=udp"]`, `"gsm", "dialString": "38050123`, `"`+parking+`", "dialString": "+38050123`)
	if err != nil {
		return "", err
	}
	mobile, err := w.newPerson(ctx, testnet.UserOptions{Phone: mobileNumber, FirstName: "Mobile"})
	if err != nil {
		return "", err
	}
	w.town.SayJSON("/api/contacts/by-phone/"+annNumber, `{"contact": {"name": "Bob & <Sons>"}}`)
	c, err := w.taking(ctx, script, "push then mobile", "default", "5512")
	if err != nil {
		return "", err
	}
	push, err := w.requested(ctx, "/pushover/1/messages.json")
	if err != nil {
		return "", err
	}
	if form, _ := url.ParseQuery(string(push.Body)); form.Get("message") != "<font color=blue>Incoming call from </font><b>Bob &amp; &lt;Sons&gt;</b> +"+annNumber {
		return "", fmt.Errorf("pushed %s", push.Body)
	}
	if c.other, err = mobile.answered(ctx); err != nil {
		return "", err
	}
	return c.talked(ctx)
}

func responsibleManager(ctx context.Context, w *world) (string, error) {
	script, err := w.example("responsible-manager.json")
	if err != nil {
		return "", err
	}
	const query = "/0/dataservice/json/reply/SelectQuery"
	w.town.SayJSON(query, `{"rows": [{"Name": "Ann of the CRM", "OwnerExt": "`+w.o.users[opusPhone]+`"}]}`)
	c, err := w.taking(ctx, script, "responsible manager", "public", "380445550200")
	if err != nil {
		return "", err
	}
	got, err := w.requested(ctx, query)
	if err != nil {
		return "", err
	}
	if got.Header.Get("Cookie") != "BPMSESSIONID=s1" || !strings.Contains(string(got.Body), `"Value":"1001002669"`) {
		return "", fmt.Errorf("the CRM was asked %v %s", got.Header, got.Body)
	}
	if c.other, err = w.phones[opusPhone].answered(ctx); err != nil {
		return "", err
	}
	if name, err := w.fs.variable(ctx, c.uuid, "effective_caller_id_name"); err != nil || name != "Ann of the CRM" {
		return "", fmt.Errorf("the manager sees %q: %w", name, err)
	}
	return c.talked(ctx)
}

// prompted waits until FreeSWITCH asks the caller for keys.
func (w *world) prompted(ctx context.Context, do func() (*call, error)) (c *call, err error) {
	_, err = w.fs.await(ctx, "CHANNEL_EXECUTE", func(e *esl.Event) bool { return e.Get("Application") == "play_and_get_digits" }, func() error {
		c, err = do()
		return err
	})
	return c, err
}

// spoken is a row that needs speech.
func spoken() error {
	if _, err := exec.LookPath("espeak-ng"); err != nil {
		return missing("espeak-ng is not installed")
	}
	return nil
}

func nightDesk(ctx context.Context, w *world) (string, error) {
	if err := spoken(); err != nil {
		return "", err
	}
	script, err := w.example("night-desk.json", "${greeting} We will call you back. To order a call press one and say your question after the tone.", "Closed.",
		`"maxSec": 15`, `"maxSec": 2`, "Thank you. Your order is registered.", "Bye.")
	if err != nil {
		return "", err
	}
	c, err := w.prompted(ctx, func() (*call, error) {
		return w.taking(ctx, script, "office with night desk", "public", "380445550300")
	})
	if err != nil {
		return "", err
	}
	if err := w.writes(ctx, "udp", "1"); err != nil {
		return "", err
	}
	if err := w.saying(ctx, "/0/dataservice/json/reply/InsertQuery", "please call me back", "Ann Ahlers", "+"+annNumber, `"need"`, `"channel"`); err != nil {
		return "", err
	}
	_, err = c.over(ctx, bridge.NormalClearing)
	return "prompt, key, 2 s of recording, lead", errors.Join(err, w.quietlyEnded(ctx))
}

func spokenMenu(ctx context.Context, w *world) (string, error) {
	if err := errors.Join(spoken(), w.fs.needs(ctx, "mod_conference")); err != nil {
		return "", err
	}
	script, err := w.example("spoken-menu.json")
	if err != nil {
		return "", err
	}
	c, err := w.prompted(ctx, func() (*call, error) { return w.taking(ctx, script, "spoken menu", "default", "500") })
	if err != nil {
		return "", err
	}
	if err := w.writes(ctx, "udp", "2"); err != nil {
		return "", err
	}
	return w.conferred(ctx, c, "daily")
}

// conferred is the rest of a call that a script leads into a conference.
func (w *world) conferred(ctx context.Context, c *call, name string) (string, error) {
	room, err := w.roomOf(ctx, name)
	if err != nil {
		return "", err
	}
	if err := c.confer(ctx, room); err != nil {
		return "", err
	}
	if _, err := c.end(ctx); err != nil {
		return "", err
	}
	return "sound of the conference " + room, w.quietlyEnded(ctx)
}

// returningCaller is of somebody whom nobody has served before: what is remembered of the rows' calls may not matter.
func returningCaller(ctx context.Context, w *world) (string, error) {
	if err := w.queued(ctx); err != nil {
		return "", err
	}
	script, err := w.example("returning-caller.json", "${caller_id_number|digits|right:9}", "000000000", `"name": "support"`, `"name": "`+queue+`"`)
	if err != nil {
		return "", err
	}
	c, err := w.taking(ctx, script, "returning caller", "public", "380445550400")
	if err != nil {
		return "", err
	}
	saw, err := c.served(ctx)
	if err != nil {
		return "", err
	}
	e, err := w.event(ctx, bridge.ScriptEnded)
	if err == nil && (len(e.Scripted.Steps) == 0 || e.Scripted.Steps[0].Error != "") {
		err = fmt.Errorf("the search went %+v", e.Scripted.Steps)
	}
	return "searched, agent; " + saw, err
}

func screenSharing(ctx context.Context, w *world) (string, error) {
	if err := w.fs.needs(ctx, "mod_conference"); err != nil {
		return "", err
	}
	script, err := w.example("screen-sharing.json", `, "mute"`, "") // the tone of the conference is heard all the same
	if err != nil {
		return "", err
	}
	c, err := w.taking(ctx, script, "screen sharing leg", "default", "3100-screen")
	if err != nil {
		return "", err
	}
	if _, err := w.roomOf(ctx, "3100"); err != nil {
		return "", err
	}
	if err := w.tells(ctx, c.uuid, map[string]string{"effective_caller_id_number": "+" + annNumber + "-screen", "screen_of": "+" + annNumber}); err != nil {
		return "", err
	}
	return w.conferred(ctx, c, "3100")
}

func frontDesk(ctx context.Context, w *world) (string, error) {
	script, err := w.example("telegram-front-desk.json", `"101"`, w.absent(), `"102"`, w.absent(), "@second_agent", "@bob", `"minSec": 3`, `"minSec": 0`)
	if err != nil {
		return "", err
	}
	c, err := w.taking(ctx, script, "telegram front desk", "public", "tg:front_desk")
	if err != nil {
		return "", err
	}
	if c.other, err = w.bob.answered(ctx); err != nil {
		return "", err
	}
	var saw string
	kept, err := w.fs.await(ctx, "RECORD_STOP", func(e *esl.Event) bool { return e.UUID() == c.uuid }, func() error {
		saw, err = c.talked(ctx)
		return err
	})
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(kept.Get("Record-File-Path")); err != nil {
		return "", fmt.Errorf("the recording: %w", err)
	}
	return "Bob on Telegram, recorded; " + saw, os.Remove(kept.Get("Record-File-Path"))
}
