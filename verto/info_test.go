package verto

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/pion/rtp"

	"switchgram/verto/vertotest"
)

func TestKeysAreTold(t *testing.T) {
	h := open(t, Options{})
	ann, bob := h.page("ann", vertotest.Options{}), h.page("bob", vertotest.Options{})
	c, _ := ann.conversation(callID, nil)
	for _, digits := range []string{"1", "45#", "*0d"} {
		if r := ann.do("verto.info", of(callID, object{"dtmf": digits})); r["message"] != "SENT" {
			t.Errorf("%q was answered with %v", digits, r)
		}
	}
	for _, want := range []string{"1", "45#", "*0D"} {
		if e := event[Digits](t, c); e.Keys != want {
			t.Errorf("%q was told for %q", e.Keys, want)
		}
	}
	ann.wantRefused("verto.info", of(callID, object{"dtmf": "12x"}), codeSession, "want digits 0-9 A-D * #")
	bob.wantRefused("verto.info", of(callID, object{"dtmf": "1"}), codeSession, "CALL DOES NOT EXIST")
	ann.do("verto.info", nil)
}

func TestWhatIsTypedIsSeenAtOnce(t *testing.T) {
	typed := make(chan string, 8)
	h := open(t, Options{OnType: func(c *Call, chars string) { c.Type(chars + "!"); typed <- chars }})
	ann, bob := h.page("ann", vertotest.Options{}), h.page("bob", vertotest.Options{})
	ann.conversation(callID, nil)
	for _, key := range []object{{"chars": "h"}, {"code": 233}, {"code": "8"}, {"chars": "ab", "code": 1}, {"chars": strings.Repeat("x", maxTyped+1)}, {"code": -1}, {}} {
		if r := ann.do("verto.info", of(callID, object{"txt": key})); r["message"] != "SENT" {
			t.Errorf("%v was answered with %v", key, r)
		}
	}
	for _, want := range []string{"h", "é", "\b", "ab"} {
		if chars := receive(t, typed); chars != want {
			t.Errorf("%q is told, want %q", chars, want)
		}
		if shown := ann.await("verto.info"); shown["callID"] != callID || shown["txt"].(object)["chars"] != want+"!" {
			t.Errorf("the page is shown %v", shown)
		}
	}
	bob.wantRefused("verto.info", of(callID, object{"txt": object{"chars": "h"}}), codeSession, "CALL DOES NOT EXIST")
	if len(typed) > 0 {
		t.Errorf("%q is told, too", <-typed)
	}
}

// TestKeysOfTelephoneEventsAreTold: RFC 4733 §2.5.1.4 has the end of a key sent three times.
func TestKeysOfTelephoneEventsAreTold(t *testing.T) {
	c := (&Session{s: &Server{log: Options{}.withDefaults().Log}}).newCall(callID, true)
	m := new(media)
	c.media = m
	key := func(event, end byte, timestamp uint32) {
		c.pressed(m, &rtp.Packet{Header: rtp.Header{Timestamp: timestamp}, Payload: []byte{event, end, 0, 160}})
	}
	for _, end := range []byte{0, 0, 0x80, 0x80, 0x80} {
		key(5, end, 1000)
	}
	key(11, 0x8a, 2000)
	key(16, 0x80, 3000) // a hook flash is no key
	c.pressed(m, &rtp.Packet{Payload: []byte{1}})
	c.pressed(new(media), &rtp.Packet{Payload: []byte{1, 0x80, 0, 0}})
	if a, b := event[Digits](t, c), event[Digits](t, c); a.Keys != "5" || b.Keys != "#" || len(c.events) > 0 {
		t.Errorf("keys were told as %v, %v, and %d more", a, b, len(c.events))
	}
	c.cancel(nil)
}

func TestTextsAreDelivered(t *testing.T) {
	got := make(chan Message, 4)
	h := open(t, Options{OnMessage: func(_ context.Context, _ *Session, m Message) error {
		switch m.To {
		case "nobody":
			return &CommandError{Text: "nobody is there"}
		case "trouble":
			return errors.New("a secret of the house")
		}
		got <- m
		return nil
	}})
	ann := h.page("ann", vertotest.Options{})
	c, _ := ann.conversation(callID, nil)
	if r := ann.do("verto.info", object{"msg": object{"to": "bob", "body": "hello", "from": "somebody else"}}); r["message"] != "SENT" {
		t.Errorf("a text was answered with %v", r)
	}
	if m := receive(t, got); m.To != "bob" || m.Body != "hello" || m.From != "ann" || m.Call != nil {
		t.Errorf("the text came as %+v", m)
	}
	ann.do("verto.info", of(callID, object{"msg": object{"body": "psst", "inDialog": true}}))
	if m := receive(t, got); m.Call != c {
		t.Errorf("the text came as %+v", m)
	}
	ann.wantRefused("verto.info", object{"msg": object{"to": "bob"}}, codeSession, "INVALID MESSAGE to and body params required")
	ann.wantRefused("verto.info", object{"msg": object{"to": "nobody", "body": "x"}}, codeSession, "nobody is there")
	ann.wantRefused("verto.info", object{"msg": object{"to": "trouble", "body": "x"}}, codeSession, "it did not work")

	c.Session().Write(Party{Name: "Bob", Number: "1009"}, "hi")
	if m := ann.await("verto.info")["msg"].(object); m["body"] != "hi" || m["from_msg_name"] != "Bob" {
		t.Errorf("the page got %v", m)
	}
	c.Write(Party{Name: "Bob", Number: "1009"}, "in the call")
	if i := ann.await("verto.info"); i["callID"] != callID || i["msg"].(object)["body"] != "in the call" {
		t.Errorf("the page got %v", i)
	}
}

func TestCommandsAreRun(t *testing.T) {
	h := open(t, Options{Commands: map[string]Command{
		"status": func(_ context.Context, s *Session, data json.RawMessage) (any, error) {
			return object{"user": s.User().ID, "data": data}, nil
		},
	}})
	ann := h.page("ann", vertotest.Options{})
	r := ann.do("jsapi", object{"command": "status", "data": object{"x": 1}})
	if m := r["message"].(object); m["user"] != "ann" || m["data"].(object)["x"] != 1.0 {
		t.Errorf("the command returned %v", r)
	}
	ann.wantRefused("jsapi", object{"command": "fsapi", "data": object{"cmd": "shutdown"}}, codeForbid, "Permission Denied")
	ann.wantRefused("fsapi", object{"cmd": "status"}, codeMethod, "Invalid Method, Missing Method or Permission Denied")
}
