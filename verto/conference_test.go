package verto

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"switchgram/verto/vertotest"
)

const room = "6a3f2c1b-17"

// channelOf is a channel of the conference.
func channelOf(kind string) string { return kind + "." + room + "@switchgram" }

// hear is the next event on a channel that was not heard yet.
func (p *page) hear(channel string) object {
	p.h.t.Helper()
	timeout := time.After(patience)
	for {
		p.mu.Lock()
		more := p.cond
		for i, r := range p.all {
			params := object{}
			if r.Read(&params); r.Method == "verto.event" && params["eventChannel"] == channel && !p.read[i] {
				p.read[i] = true
				p.mu.Unlock()
				return params
			}
		}
		p.mu.Unlock()
		select {
		case <-more:
		case <-timeout:
			p.h.t.Fatalf("nothing on %s; there were %v", channel, p.methods())
		}
	}
}

// enter does what verto.js does when it is told that it has joined: it subscribes and asks for the table, all in one burst.
func (p *page) enter(joined object) {
	p.h.t.Helper()
	frames := []object{}
	for _, channel := range []string{"modChannel", "infoChannel", "chatChannel", "laChannel"} {
		frames = append(frames, object{"method": "verto.subscribe", "params": object{"eventChannel": joined[channel], "sessid": p.Session()}})
	}
	frames = append(frames, object{"method": "verto.broadcast", "params": bootstrap(joined["laChannel"].(string))})
	for i, frame := range frames {
		frame["jsonrpc"], frame["id"] = "2.0", 1000+i // no answer is waited for
		if err := p.Send(encode(frame)); err != nil {
			p.h.t.Fatal(err)
		}
	}
}

// ordered is what a conference of a test wants done, which then is.
type ordered struct {
	orders  chan Order
	failure error
}

func (o *ordered) do(_ context.Context, _ *Session, order Order) error {
	o.orders <- order
	return o.failure
}

// meeting is a conference of ann, who moderates it, bob, and somebody on the telephone.
type meeting struct {
	*Conference
	ordered
	ann, bob         *page
	joined, bobSaw   object // what pages were told
	annCall, bobCall *Call
}

func convene(t *testing.T) *meeting {
	h := open(t, Options{})
	g := &meeting{ordered: ordered{orders: make(chan Order, 8)}}
	g.Conference = h.s.NewConference(room, ConferenceOptions{Order: g.do})
	t.Cleanup(g.Close)
	g.ann, g.bob = h.page("ann", vertotest.Options{}), h.page("bob", vertotest.Options{})
	g.annCall, _ = g.ann.dial("call-of-ann", "1", nil)
	g.bobCall, _ = g.bob.dial("call-of-bob", "1", nil)
	if e := g.ann.refused("verto.subscribe", object{"eventChannel": channelOf(modChannel)}); e.Code != codeForbid {
		t.Errorf("who is no member is told %v", e)
	}
	g.Put(Member{Key: "phone", Name: "Carol", Number: "+49301234", Codec: "opus@48000"})
	g.Put(Member{Key: "ann", Call: g.annCall, Moderator: true, Name: "Ann", Number: "10ann", Codec: "opus@48000"})
	g.joined, _ = g.ann.hear(g.ann.Session())["pvtData"].(object)
	g.ann.enter(g.joined)
	return g
}

func (g *meeting) bobJoins() {
	g.Put(Member{Key: "bob", Call: g.bobCall, Name: "Bob", Number: "10bob", Codec: "opus@48000"})
	g.bobSaw, _ = g.bob.hear(g.bob.Session())["pvtData"].(object)
	g.bob.enter(g.bobSaw)
}

// as is how FreeSWITCH's mod_conference writes a member.
func as(id int, number, name, status string, audio object) []any {
	all := object{"muted": false, "deaf": false, "onHold": false, "talking": false, "floor": false, "energyScore": 0.0}
	for k, v := range audio {
		all[k] = v
	}
	text := string(encode(object{"audio": all, "video": false, "oldStatus": status}))
	return []any{fmt.Sprintf("%04d", id), number, name, "opus@48000", text, object{}, nil}
}

func TestPageIsToldThatItsCallIsAConference(t *testing.T) {
	g := convene(t)
	want := object{
		"callID": "call-of-ann", "action": "conference-liveArray-join", "laChannel": channelOf(liveChannel), "laName": room, "role": "moderator",
		"chatID": "conf+" + room + "@switchgram", "conferenceMemberID": "2", "canvasCount": 0.0, "modChannel": channelOf(modChannel),
		"chatChannel": channelOf(chatChannel), "infoChannel": channelOf(infoChannel),
	}
	if !reflect.DeepEqual(g.joined, want) {
		t.Errorf("ann is told %v", g.joined)
	}
	boot := g.ann.hear(channelOf(liveChannel))
	if boot["sessid"] != g.ann.Session() {
		t.Errorf("the table is for %v", boot["sessid"])
	}
	rows := []any{
		[]any{"member-0001", as(1, "+49301234", "Carol", "FLOOR", object{"floor": true})}, []any{"call-of-ann", as(2, "10ann", "Ann", "ACTIVE", nil)},
	}
	if data := (object{"action": "bootObj", "name": room, "wireSerno": -1.0, "data": rows}); !reflect.DeepEqual(boot["data"], data) {
		t.Errorf("the table is %v, want %v", boot["data"], data)
	}
	g.bobJoins()
	delete(want, "modChannel")
	want["callID"], want["role"], want["conferenceMemberID"] = "call-of-bob", "participant", "3"
	if !reflect.DeepEqual(g.bobSaw, want) {
		t.Errorf("bob is told %v", g.bobSaw)
	}
	if e := g.bob.refused("verto.subscribe", object{"eventChannel": channelOf(modChannel)}); e.Code != codeForbid {
		t.Errorf("bob may hear moderators: %v", e)
	}
}

// TestConferencesTableIsTheSameForEverybody: every watcher sees every change once, with the next number, as verto.js insists.
func TestConferencesTableIsTheSameForEverybody(t *testing.T) {
	g := convene(t)
	seen := []*table{{t: t}, {t: t}}
	seen[0].hear(g.ann.hear(channelOf(liveChannel)))
	g.bobJoins()
	seen[0].hear(g.ann.hear(channelOf(liveChannel)))
	seen[1].hear(g.bob.hear(channelOf(liveChannel)))
	carol := Member{Key: "phone", Name: "Carol", Number: "+49301234", Codec: "opus@48000"}
	bob := Member{Key: "bob", Call: g.bobCall, Name: "Bob", Number: "10bob", Codec: "opus@48000", Talking: true, Energy: 900}
	g.Put(bob) // takes the floor of carol, who says nothing
	g.Put(bob) // no news
	carol.Talking, carol.Muted, carol.Deaf = true, true, true
	g.Put(carol)
	bob.Held = true
	g.Put(bob)
	for range 4 {
		seen[0].hear(g.ann.hear(channelOf(liveChannel)))
		seen[1].hear(g.bob.hear(channelOf(liveChannel)))
	}
	want := map[string]any{
		"member-0001": as(1, "+49301234", "Carol", "MUTE", object{"muted": true, "deaf": true, "talking": true}),
		"call-of-ann": as(2, "10ann", "Ann", "ACTIVE", nil),
		"call-of-bob": as(3, "10bob", "Bob", "HOLD", object{"floor": true, "talking": true, "onHold": true, "energyScore": 900.0}),
	}
	for i, s := range seen {
		if !reflect.DeepEqual(s.rows, want) {
			t.Errorf("watcher %d sees %v, want %v", i, s.rows, want)
		}
	}
	g.Remove("phone")
	g.Remove("phone")
	if seen[0].hear(g.ann.hear(channelOf(liveChannel))); len(seen[0].rows) != 2 {
		t.Errorf("after carol has left there are %v", seen[0].rows)
	}
	g.Close()
	for _, p := range []*page{g.ann, g.bob} {
		for e := p.hear(channelOf(liveChannel))["data"].(object); e["action"] != "clear"; e = p.hear(channelOf(liveChannel))["data"].(object) {
		}
		if e := p.hear(p.Session())["pvtData"].(object); e["action"] != "conference-liveArray-part" {
			t.Errorf("at the end the page is told %v", e)
		}
		p.do("verto.unsubscribe", object{"eventChannel": channelOf(liveChannel)})
	}
}

func TestModeratorGivesOrdersAndOthersDoNot(t *testing.T) {
	g := convene(t)
	g.bobJoins()
	g.bob.hear(channelOf(liveChannel)) // he has subscribed
	give := func(p *page, command string, id, value any) {
		t.Helper()
		p.do("verto.broadcast", object{"eventChannel": channelOf(modChannel), "data": object{"application": "conf-control", "command": command, "id": id, "value": value}})
	}
	for _, c := range []struct {
		command   string
		id, value any
		want      Order
		answer    string
	}{
		{"tmute", 3, nil, Order{Command: OrderMute, Member: "bob"}, "+OK mute 3\n"},
		{"unmute", "3", nil, Order{Command: OrderUnmute, Member: "bob"}, "+OK unmute 3\n"},
		{"volume_in", 1, "up", Order{Command: OrderVolume, Member: "phone", Volume: 1}, "+OK volume_in 1\n"},
		{"volume_in", 1, -9, Order{Command: OrderVolume, Member: "phone", Volume: -4}, "+OK volume_in 1\n"},
		{"transfer", 3, "1000", Order{Command: OrderTransfer, Member: "bob", To: "1000"}, "+OK transfer 3\n"},
		{"kick", 3, nil, Order{Command: OrderKick, Member: "bob"}, "+OK kicked 3\n"},
	} {
		give(g.ann, c.command, c.id, c.value)
		if got := receive(t, g.orders); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.command, got, c.want)
		}
		told := g.ann.hear(channelOf(modChannel))["data"].(object)
		if told["action"] != "response" || told["response"] != c.answer {
			t.Errorf("%s was answered with %v", c.command, told)
		}
	}
	for command, want := range map[string]string{
		"mute": "-ERR Non-Existant ID 99\n", "vid-layout": "Invalid Command", "list-videoLayouts": "OK", "transfer": "-ERR Non-Existant ID 99\n",
	} {
		give(g.ann, command, 99, "x")
		if told := g.ann.hear(channelOf(modChannel))["data"].(object); told["response"] != want && told["error"] != want {
			t.Errorf("%s was answered with %v", command, told)
		}
	}
	give(g.bob, "kick", 2, nil)
	if told := g.bob.hear(channelOf(modChannel))["data"]; !reflect.DeepEqual(told, object{"action": "response", "error": "Permission Denied"}) {
		t.Errorf("bob, who does not moderate, is told %v", told)
	}
	for err, want := range map[error]string{&CommandError{Text: "not now"}: "-ERR not now\n", errors.New("secret"): "-ERR it did not work\n"} {
		g.failure = err
		give(g.ann, "mute", 3, nil)
		<-g.orders
		if told := g.ann.hear(channelOf(modChannel))["data"].(object); told["response"] != want {
			t.Errorf("a failure was told as %v", told)
		}
	}
	if len(g.orders) > 0 {
		t.Errorf("bob was obeyed: %v", <-g.orders)
	}
}

func TestMembersChatInTheirOwnName(t *testing.T) {
	g := convene(t)
	g.bobJoins()
	g.ann.hear(channelOf(liveChannel))
	g.bob.hear(channelOf(liveChannel))
	say := object{"eventChannel": channelOf(chatChannel), "data": object{"action": "send", "message": "hi", "type": "message", "from": "mallory"}}
	g.bob.do("verto.broadcast", say)
	want := object{"direction": "outbound", "message": "hi", "from": "bob", "fromDisplay": "BOB", "type": "message"}
	for _, p := range []*page{g.ann, g.bob} {
		if got := p.hear(channelOf(chatChannel))["data"]; !reflect.DeepEqual(got, want) {
			t.Errorf("a member reads %v", got)
		}
	}
	for _, bad := range []any{nil, 1, object{"action": "send"}, object{"message": "x"}} {
		g.bob.do("verto.broadcast", object{"eventChannel": channelOf(chatChannel), "data": bad})
	}
	g.Remove("bob")
	if part := g.bob.hear(g.bob.Session())["pvtData"].(object); part["action"] != "conference-liveArray-part" || part["conferenceMemberID"] != "3" {
		t.Errorf("bob is told %v", part)
	}
	if r := g.bob.do("verto.broadcast", say); r["message"] != "Permission Denied." {
		t.Errorf("who has left goes on to chat: %v", r)
	}
	g.ann.do("verto.broadcast", say)
	g.ann.hear(channelOf(chatChannel))
	g.bob.do("verto.ping", nil)
	g.bob.mu.Lock()
	defer g.bob.mu.Unlock()
	for i, r := range g.bob.all {
		if p := (object{}); json.Unmarshal(r.Params, &p) == nil && p["eventChannel"] == channelOf(chatChannel) && !g.bob.read[i] {
			t.Errorf("who has left reads on: %s", r.Params)
		}
	}
}

func TestPageThatComesBackIsInItsConferenceAgain(t *testing.T) {
	h := open(t, Options{})
	f := h.s.NewConference(room, ConferenceOptions{})
	t.Cleanup(f.Close)
	ann := h.page("ann", vertotest.Options{Session: "ann's tab"})
	c, b := ann.conversation(callID, nil)
	f.Put(Member{Key: "ann", Call: c, Name: "Ann"})
	ann.hear("ann's tab")
	_ = ann.Close()
	_ = b.Close()
	again := h.connect(vertotest.Options{Session: "ann's tab"})
	again.do("login", object{"login": "ann", "passwd": "secret"})
	comesBack(t, again, c)
	joined, _ := again.hear("ann's tab")["pvtData"].(object)
	if joined["action"] != "conference-liveArray-join" {
		t.Fatalf("the page is told %v", joined)
	}
	again.enter(joined)
	if boot := again.hear(channelOf(liveChannel))["data"].(object); boot["action"] != "bootObj" {
		t.Errorf("the page that is back is told %v", boot)
	}
}
