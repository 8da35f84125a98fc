package verto

import "strings"

// modifyParams are those of verto.modify.
type modifyParams struct {
	Dialog      dialogParams `json:"dialogParams"`
	Action      text         `json:"action"`
	Destination text         `json:"destination"`
	Replaces    text         `json:"replaceCallID"`
}

// modify holds, takes back and transfers calls.
func (c *conn) modify(r *request) {
	var p modifyParams
	r.read(&p)
	id := string(p.Dialog.Call)
	call := c.s.find(id, c.session.user)
	result := object{"callID": id, "action": string(p.Action)}
	action := strings.ToLower(string(p.Action))
	var f *fault
	switch {
	case call == nil:
		f = notThere(id)
	case action == "":
		f = &fault{code: codeSession, text: "action missing"}
	case action == "transfer":
		f = call.transfer(string(p.Destination))
		result["message"] = "CALL TRANSFERRED"
	case action == "replace":
		f = call.replace(c.s.find(string(p.Replaces), c.session.user), string(p.Replaces))
	default:
		call.holdAs(action)
	}
	if f != nil {
		f.more = object{"callID": id, "action": string(p.Action)}
		c.refuse(r, f)
		return
	}
	result["holdState"] = call.holdState()
	c.reply(r, result)
}

// holdAs does what a page wants with hold; nothing before the call is answered, or if the action is none of these.
func (c *Call) holdAs(action string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	on := c.held
	switch action {
	case "hold":
		on = true
	case "unhold":
		on = false
	case "togglehold":
		on = !on
	}
	if c.phase == talking && on != c.held {
		c.held = on
		c.emit(Held{on})
	}
}

// unhold takes a call back whose page has forgotten that it holds it, under the lock.
func (c *Call) unhold() {
	if c.held {
		c.held = false
		c.emit(Held{false})
	}
}

// holdState is what pages set their own by.
func (c *Call) holdState() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held {
		return "held"
	}
	return "active"
}

// transfer asks for whom the call is with to be connected to somebody else.
func (c *Call) transfer(to string) *fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case to == "" || len(to) > maxName:
		return &fault{code: codeSession, text: "destination missing"}
	case c.phase != talking:
		return &fault{code: codeSession, text: "call is not bridged"}
	}
	c.emit(TransferAsked{To: to})
	return nil
}

// replace asks for whom the call is with to be connected to whom another call of the user's is with.
func (c *Call) replace(with *Call, id string) *fault {
	switch {
	case id == "":
		return &fault{code: codeSession, text: "replaceCallID missing"}
	case with == nil || with == c || !with.talks():
		return &fault{code: codeSession, text: "invalid transfer leg"}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase != talking {
		return &fault{code: codeSession, text: "call is not bridged"}
	}
	c.emit(TransferAsked{Replaces: with})
	return nil
}

func (c *Call) talks() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.phase == talking
}

// Transfer is how a transfer goes that the page has asked for.
type Transfer string

// A transfer rings, perhaps, and then is done or has failed.
const (
	TransferRings  Transfer = "ringing"
	TransferDone   Transfer = "done"
	TransferFailed Transfer = "failed"
)

// Transferred tells the page how the transfer goes that it asked for: an event of the call's own (in verto.js: onPvtEvent), since Verto has
// no message for it. The cause is of one that has failed. The call is to be hung up when it is done.
func (c *Call) Transferred(how Transfer, cause Cause) {
	data := object{"action": "transfer", "state": how}
	if how == TransferFailed {
		data["cause"], data["causeCode"] = cause.String(), cause.Code
	}
	_ = c.Tell(data) // it can be written
}
