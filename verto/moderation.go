package verto

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// What a moderator can want of a member.
const (
	OrderMute     = "mute"
	OrderUnmute   = "unmute"
	OrderDeafen   = "deaf"
	OrderUndeafen = "undeaf"
	OrderVolume   = "volume_in" // to be heard louder or softer by the others
	OrderKick     = "kick"
	OrderTransfer = "transfer" // somebody else is to take the member's place
)

// MaxVolume is the loudest that a moderator can make a member, in steps; the softest is as many below 0.
const MaxVolume = 4

// Order is what a moderator wants.
type Order struct {
	Command string // one of the above
	Member  string // the member's Key
	Volume  int    // with OrderVolume: in steps from -MaxVolume to MaxVolume; 0: as it comes
	To      string // with OrderTransfer: whom to call; hostile
}

// control is an order as pages write it.
type control struct {
	Command text `json:"command"`
	ID      text `json:"id"`
	Value   text `json:"value"`
}

// hear takes what a member's page publishes on a channel of the conference.
func (f *Conference) hear(c *conn, r *request, channel string, data json.RawMessage) {
	if channel == f.channel(chatChannel) {
		c.reply(r, object{})
		f.chat(c.session, data)
		return
	}
	if !f.moderates(c.session) {
		c.reply(r, object{"message": "Permission Denied.", "code": codeSession})
		refused := object{"action": "response", "error": "Permission Denied"}
		c.session.ask("verto.event", object{"eventChannel": channel, "sessid": c.session.id, "data": refused})
		return
	}
	var asked control
	_ = json.Unmarshal(data, &asked) // what cannot be read is no command
	c.help(r, func(ctx context.Context) (object, error) {
		f.tell(modChannel, f.obey(ctx, c.session, asked))
		return object{}, nil
	})
}

// tell publishes on a channel of the conference.
func (f *Conference) tell(kind string, data object) { f.s.publish(f.channel(kind), encode(data)) }

// chat tells everybody what a member has written.
func (f *Conference) chat(v *Session, data []byte) {
	var p struct {
		Action  text `json:"action"`
		Message text `json:"message"`
		Type    text `json:"type"`
	}
	if json.Unmarshal(data, &p) != nil || p.Action != "send" || p.Message == "" || len(p.Message) > maxBody || len(p.Type) > maxName {
		return
	}
	or(&p.Type, "message")
	f.tell(chatChannel, object{"direction": "outbound", "message": p.Message, "from": v.user.ID, "fromDisplay": v.user.Name, "type": p.Type})
}

func (f *Conference) moderates(v *Session) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range f.members {
		if m.Moderator && m.Call != nil && m.Call.session == v {
			return true
		}
	}
	return false
}

// obey does what a moderator wants, and returns what moderators are told of it, in mod_conference's words.
func (f *Conference) obey(ctx context.Context, by *Session, c control) object {
	switch c.Command {
	case "list-videoLayouts", "canvasInfo": // clients ask for these by themselves
		return object{"action": "response", "conf-command": c.Command, "response": "OK", "responseData": []any{}}
	}
	o, known := orderOf(c)
	if !known {
		return object{"action": "response", "error": "Invalid Command"}
	}
	said := strings.TrimSpace(fmt.Sprintf("%s %s %s %s", f.name, c.Command, c.ID, c.Value))
	return object{"action": "response", "conf-command": said, "response": f.outcome(ctx, by, c, o) + "\n"}
}

// orderOf reads the command. What is to be the other of two is left as one of them.
func orderOf(c control) (o Order, known bool) {
	o.Command = string(c.Command)
	switch o.Command {
	case "tmute":
		o.Command = OrderMute
	case OrderMute, OrderUnmute, OrderDeafen, OrderUndeafen, OrderVolume, OrderKick, OrderTransfer:
	default:
		return o, false
	}
	return o, true
}

// outcome has an order done and says how that went.
func (f *Conference) outcome(ctx context.Context, by *Session, c control, o Order) string {
	m, there := f.numbered(c.ID.number())
	switch {
	case !there:
		return fmt.Sprintf("-ERR Non-Existant ID %s", c.ID)
	case c.Command == "tmute" && m.Muted:
		o.Command = OrderUnmute
	case o.Command == OrderVolume:
		o.Volume = volume(m.Volume, string(c.Value))
	case o.Command == OrderTransfer:
		o.To = string(c.Value)
	}
	if o.Command == OrderTransfer && (o.To == "" || len(o.To) > maxName) {
		return "-ERR destination missing"
	}
	if o.Member = m.Key; f.order == nil {
		return "-ERR not possible"
	}
	if err := f.order(ctx, by, o); err != nil {
		if told := (*CommandError)(nil); errors.As(err, &told) {
			return "-ERR " + told.Text
		}
		f.s.log.Warn("verto: order in a conference", "user", by.user.ID, "command", o.Command, "err", err)
		return "-ERR it did not work"
	}
	if o.Command == OrderKick {
		return fmt.Sprintf("+OK kicked %s", c.ID)
	}
	return fmt.Sprintf("+OK %s %s", o.Command, c.ID)
}

// numbered is the member with an id.
func (f *Conference) numbered(id int) (Member, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range f.members {
		if m.id == id {
			return m.Member, true
		}
	}
	return Member{}, false
}

// volume is the one that a text means: up or down from what it is, or a number of steps.
func volume(now int, value string) int {
	switch value {
	case "up":
		now++
	case "down":
		now--
	default:
		now = text(value).number()
	}
	return min(max(now, -MaxVolume), MaxVolume)
}
