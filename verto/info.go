package verto

import (
	"context"
	"encoding/json"
	"strings"
	"unicode"
)

const (
	maxDigits = 64
	maxBody   = 8 << 10
	maxTyped  = 256 // bytes at once
)

// infoParams are those of verto.info.
type infoParams struct {
	Dialog  dialogParams `json:"dialogParams"`
	Digits  text         `json:"dtmf"`
	Message *struct {
		To     text `json:"to"`
		Body   text `json:"body"`
		Inside bool `json:"inDialog"`
	} `json:"msg"`
	Typed struct {
		Code  text `json:"code"` // of one character, where Chars has none
		Chars text `json:"chars"`
	} `json:"txt"`
}

// info takes keys, texts, and what is typed in calls. What else clients send by it, news of their devices, is taken and ignored.
func (c *conn) info(r *request) {
	var p infoParams
	r.read(&p)
	id := string(p.Dialog.Call)
	call := c.s.find(id, c.session.user)
	switch {
	case p.Message != nil && p.Message.Inside && call == nil:
		c.refuse(r, notThere(id))
	case p.Message != nil:
		c.message(r, Message{To: string(p.Message.To), Body: string(p.Message.Body), From: c.session.user.ID, Call: call}, p.Message.Inside)
	case call == nil && id != "":
		c.refuse(r, notThere(id))
	case call == nil:
		c.reply(r, object{})
	case p.Digits != "" && !call.press(string(p.Digits)):
		c.refuse(r, &fault{code: codeSession, text: "want digits 0-9 A-D * #", more: object{"callID": id}})
	default:
		call.typed(string(p.Typed.Chars), p.Typed.Code.number())
		c.reply(r, object{"message": "SENT"})
	}
}

// typed hands on what a page's user types, a character or a few at a time.
func (c *Call) typed(chars string, code int) {
	if chars == "" && code > 0 && code <= unicode.MaxRune {
		chars = string(rune(code))
	}
	if told := c.session.s.o.OnType; told != nil && chars != "" && len(chars) <= maxTyped {
		told(c, chars)
	}
}

// Type shows the page what somebody types in the call, a character or a few at a time; as with keys, "\b" takes one back.
func (c *Call) Type(chars string) { c.ask("verto.info", object{"txt": object{"chars": chars}}) }

// press tells keys. False: they are none.
func (c *Call) press(digits string) bool {
	digits = strings.ToUpper(digits)
	if len(digits) > maxDigits || strings.Trim(digits, keys) != "" {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase != over {
		c.emit(Digits{digits})
	}
	return true
}

// message hands a text to who delivers it.
func (c *conn) message(r *request, m Message, inside bool) {
	if !inside {
		m.Call = nil
	}
	switch {
	case m.Body == "" || m.To == "" && m.Call == nil:
		c.refuse(r, &fault{code: codeSession, text: "INVALID MESSAGE to and body params required"})
	case len(m.Body) > maxBody || len(m.To) > maxName:
		c.refuse(r, &fault{code: codeSession, text: "INVALID MESSAGE too long"})
	case c.s.o.OnMessage == nil:
		c.refuse(r, errForbidden)
	default:
		c.help(r, func(ctx context.Context) (object, error) {
			return object{"message": "SENT"}, c.s.o.OnMessage(ctx, c.session, m)
		})
	}
}

// bye ends a call of the page's. One that is unknown may be one that is yet to come: the page hung up while it was getting ready.
func (c *conn) bye(r *request) {
	var p callParams
	r.read(&p)
	id := string(p.Dialog.Call)
	call := c.s.find(id, c.session.user)
	if call == nil {
		if goodID(id) {
			c.remember(id)
		}
		c.refuse(r, notThere(id))
		return
	}
	cause := causeOf(string(p.Cause), p.CauseCode.number(), call.byeMeans())
	c.reply(r, object{"callID": id, "message": "CALL ENDED", "causeCode": cause.Code, "cause": cause.String()})
	call.end(Ended{Remote: true, Cause: cause}, false)
}

// byeMeans is the cause of a bye that has none, as all but the newest clients send.
func (c *Call) byeMeans() Cause {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase == calling && !c.incoming {
		return Rejected
	}
	return NormalClearing
}

// Tell sends the page an event of the call's own (in verto.js: onPvtEvent). The data must be what JSON can hold; the error is
// encoding/json's.
func (c *Call) Tell(data any) error {
	raw, err := json.Marshal(data)
	if err == nil {
		c.session.ask("verto.event", object{"eventChannel": c.id, "eventType": "channelPvtData", "pvtData": json.RawMessage(raw)})
	}
	return err
}

// Write sends the page a text that somebody has written in the call.
func (c *Call) Write(from Party, body string) {
	c.ask("verto.info", object{"msg": c.session.message(from, body)})
}
