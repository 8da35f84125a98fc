package eventsocket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"switchgram/bridge"
	"switchgram/esl"
)

const (
	commandSubclass = "switchgram::command"
	answerSubclass  = "switchgram::answer"
	// mostOrders is how many commands are carried out at once; a call that a command has begun is one until it ends. More are refused.
	mostOrders = 1000
)

// Calls are what commands act on; a *bridge.Bridge is.
type Calls interface {
	Calls() []bridge.CallStatus
	Originate(ctx context.Context, o bridge.Origin) bridge.Outcome
	Hangup(ctx context.Context, id bridge.CallID, cause bridge.Cause) error
	HangupLeg(ctx context.Context, leg bridge.LegID, cause bridge.Cause) error
	Move(ctx context.Context, leg bridge.LegID, to bridge.CallID) error
	Join(ctx context.Context, id bridge.CallID, l bridge.Leg, as bridge.Role) error
	Transfer(ctx context.Context, leg bridge.LegID, to bridge.Address) error
}

// orders carries out commands.
type orders struct {
	s     *Socket
	calls Calls
	room  chan struct{} // a token for each that is carried out
}

func newOrders(s *Socket, calls Calls) *orders {
	return &orders{s: s, calls: calls, room: make(chan struct{}, mostOrders)}
}

// order is one command.
type order struct {
	*orders
	e    *esl.Event
	id   string // chosen by who sent it, or FreeSWITCH's of the event
	verb string
}

// take has a command carried out, on a goroutine of its own.
func (o *orders) take(ctx context.Context, running *sync.WaitGroup, e *esl.Event) {
	c := &order{orders: o, e: e, id: cmp.Or(e.Get("TG-Command-ID"), e.Get("Event-UUID")), verb: e.Get("TG-Command")}
	select {
	case o.room <- struct{}{}:
		running.Go(func() {
			defer func() { <-o.room }()
			c.run(ctx)
		})
	default:
		c.answer(fmt.Errorf("%d commands are being carried out already", mostOrders))
	}
}

// run carries the command out. What takes as long as a call does is begun by the function it returns.
func (c *order) run(ctx context.Context) {
	do := map[string]func(ctx context.Context) (then func(context.Context), err error){
		"dial": c.dial, "hangup": c.hangup, "transfer": c.transfer, "join": c.join,
	}[c.verb]
	if do == nil {
		c.answer(fmt.Errorf("TG-Command %q: want dial, hangup, transfer or join", c.verb))
		return
	}
	then, err := do(ctx)
	c.answer(err)
	if then != nil {
		then(ctx)
	}
}

// answer tells who sent the command what becomes of it.
func (c *order) answer(err error) {
	f := fields{[]esl.Field{{Name: "Event-Subclass", Value: answerSubclass}}}
	f.add("TG-Command-ID", c.id)
	f.add("TG-Command", c.verb)
	if err == nil {
		f.add("TG-Result", "ok")
	} else {
		f.add("TG-Result", "refused")
		f.add("TG-Text", err.Error())
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.stats.Commands++
	if err != nil {
		c.s.stats.Refused++
		c.s.log.Info("command by the event socket refused", "command", c.verb, "err", err)
	}
	c.s.put(announcement{fields: f.all})
}

// dial makes a call of two: TG-From is rung, and once it has answered TG-To, by the line TG-Line. The call's events have the command's id as
// TG-Reference.
func (c *order) dial(context.Context) (then func(context.Context), err error) {
	line := c.e.Get("TG-Line")
	from, err := c.whom(line, "TG-From")
	if err != nil {
		return nil, err
	}
	to, err := c.whom(line, "TG-To")
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) {
		c.calls.Originate(ctx, bridge.Origin{Line: line, First: from, Second: to, Reference: c.id})
	}, nil
}

// whom reads an address.
func (c *order) whom(line, field string) (bridge.Address, error) {
	text := c.e.Get(field)
	if text == "" {
		return bridge.Address{}, fmt.Errorf("%s is missing: whom to call, such as sip:1000 or tg:@ann", field)
	}
	to, err := c.s.o.Whom(line, text)
	if err != nil {
		return to, fmt.Errorf("%s: %w", field, err)
	}
	return to, nil
}

// target is the call that the command is about: TG-Call names it, or TG-Channel a channel of FreeSWITCH that is in it, or TG-Leg a leg.
func (c *order) target() (bridge.CallStatus, error) {
	id, leg := bridge.CallID(c.e.Get("TG-Call")), bridge.LegID(c.e.Get("TG-Leg"))
	if uuid := c.e.Get("TG-Channel"); uuid != "" {
		leg = bridge.LegID(c.s.callOf(uuid))
	}
	if id == "" && leg == "" {
		return bridge.CallStatus{}, errors.New("which call? Want TG-Call, TG-Channel or TG-Leg")
	}
	for _, call := range c.calls.Calls() {
		if call.ID == id {
			return call, nil
		}
		for _, l := range call.Legs {
			if id == "" && l.ID == leg {
				return call, nil
			}
		}
	}
	return bridge.CallStatus{}, bridge.ErrNoCall
}

// callOf is the Call-ID of a channel that is followed; the UUID itself if none is.
func (s *Socket) callOf(uuid string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for callID, c := range s.channels {
		if c.uuid == uuid {
			return callID
		}
	}
	return uuid
}

// hangup ends a call, or just the leg TG-Leg of it, for the cause TG-Cause.
func (c *order) hangup(ctx context.Context) (then func(context.Context), err error) {
	cause := bridge.NormalClearing
	if name := c.e.Get("TG-Cause"); name != "" {
		if cause, err = bridge.ParseCause(name); err != nil {
			return nil, fmt.Errorf("TG-Cause: %w", err)
		}
	}
	call, err := c.target()
	if err != nil {
		return nil, err
	}
	if leg := c.e.Get("TG-Leg"); leg != "" {
		return nil, c.calls.HangupLeg(ctx, bridge.LegID(leg), cause)
	}
	return nil, c.calls.Hangup(ctx, call.ID, cause)
}

// transfer moves the leg TG-Leg into the call TG-Into; or has FreeSWITCH send its channel of the call to the extension TG-To; or has somebody
// else called, who takes that channel's place.
func (c *order) transfer(ctx context.Context) (then func(context.Context), err error) {
	call, err := c.target()
	if err != nil {
		return nil, err
	}
	if into := c.e.Get("TG-Into"); into != "" {
		return nil, c.calls.Move(ctx, bridge.LegID(c.e.Get("TG-Leg")), bridge.CallID(into))
	}
	to, err := c.whom(call.Line, "TG-To")
	if err != nil {
		return nil, err
	}
	if to.Scheme != "sip" {
		return nil, c.replace(ctx, call, to)
	}
	uuid := c.s.channelOf(call.ID)
	if uuid == "" {
		return nil, errOneChannel
	}
	return nil, c.s.client.Transfer(ctx, uuid, esl.Transfer{Extension: to.User})
}

var errOneChannel = errors.New("the call has not just one channel at FreeSWITCH")

// replace has somebody called who is to talk with whoever FreeSWITCH's channel of the call talks with, in its place.
func (c *order) replace(ctx context.Context, call bridge.CallStatus, to bridge.Address) error {
	var there []bridge.LegID
	for _, l := range call.Legs {
		if l.Address.Scheme == "sip" {
			there = append(there, l.ID)
		}
	}
	if len(there) != 1 {
		return errOneChannel
	}
	return c.calls.Transfer(ctx, there[0], to)
}

// channelOf is the channel of a call's one SIP leg; empty if it has none, several, or one that is not known.
func (s *Socket) channelOf(id bridge.CallID) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.talks[id]; t != nil {
		return t.only()
	}
	return ""
}
