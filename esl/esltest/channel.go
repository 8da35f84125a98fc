package esltest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Channel is a channel of a Switch: something to fire events about, with applications that run one after the other.
type Channel struct {
	sw       *Switch
	uuid     string
	name     string
	created  time.Time
	incoming bool
	down     chan struct{} // closed when it has ended
	apps     chan packet   // "sendmsg … execute", in order
	ctx      context.Context
	cancel   context.CancelFunc

	mu        sync.Mutex
	variables []Header
	cause     string
	answered  time.Time
	hangup    time.Time
}

// mostApps is how many applications can wait on a channel.
const mostApps = 256

// ChannelOptions say what a new channel is.
type ChannelOptions struct {
	UUID      string // made up if empty
	Name      string // "sofia/internal/1000@127.0.0.1" if empty
	Incoming  bool
	Variables []Header // without "variable_"
}

// NewChannel makes a channel and fires CHANNEL_CREATE.
func (s *Switch) NewChannel(o ChannelOptions) *Channel {
	c := &Channel{sw: s, uuid: o.UUID, name: o.Name, incoming: o.Incoming, variables: o.Variables, down: make(chan struct{}), apps: make(chan packet, mostApps)}
	if c.uuid == "" {
		c.uuid = s.o.NewUUID()
	}
	if c.name == "" {
		c.name = "sofia/internal/1000@127.0.0.1"
	}
	c.created, _ = s.stamp()
	c.ctx, c.cancel = context.WithCancel(s.ctx)
	s.mu.Lock()
	s.channels[c.uuid] = c
	s.order = append(s.order, c.uuid)
	s.mu.Unlock()
	s.running.Go(c.runApps)
	c.Fire("CHANNEL_CREATE")
	return c
}

// Channel returns a channel that lives, nil if there is none of that name.
func (s *Switch) Channel(uuid string) *Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.channels[uuid]
}

// live returns the channels in the order in which they were made.
func (s *Switch) live() (all []*Channel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, uuid := range s.order {
		if c := s.channels[uuid]; c != nil {
			all = append(all, c)
		}
	}
	return all
}

// UUID names the channel.
func (c *Channel) UUID() string { return c.uuid }

// Variable returns a channel variable.
func (c *Channel) Variable(name string) (value string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, v := range c.variables {
		if v.Name == name {
			return v.plain(), true
		}
	}
	return "", false
}

// SetVariable sets a channel variable; an empty value takes it away. A value that begins with "ARRAY::" becomes a list.
func (c *Channel) SetVariable(name, value string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.variables = slices.DeleteFunc(c.variables, func(v Header) bool { return v.Name == name })
	if list, ok := strings.CutPrefix(value, "ARRAY::"); ok {
		c.variables = append(c.variables, Header{Name: name, Values: strings.Split(list, "|:")})
	} else if value != "" {
		c.variables = append(c.variables, Header{Name: name, Value: value})
	}
}

// Fire fires an event about the channel, with what these events hold and then these headers.
func (c *Channel) Fire(name string, headers ...Header) {
	c.sw.Fire(c.event(name).with(headers...))
}

// Answer answers the channel, once, and fires CHANNEL_ANSWER.
func (c *Channel) Answer() {
	now, _ := c.sw.stamp()
	c.mu.Lock()
	again := !c.answered.IsZero() || c.cause != ""
	if !again {
		c.answered = now
	}
	c.mu.Unlock()
	if !again {
		c.Fire("CHANNEL_ANSWER")
	}
}

// Hangup ends the channel, once: CHANNEL_HANGUP, CHANNEL_HANGUP_COMPLETE, CHANNEL_DESTROY.
func (c *Channel) Hangup(cause string) {
	now, _ := c.sw.stamp()
	c.mu.Lock()
	again := c.cause != ""
	if !again {
		c.cause, c.hangup = cause, now
	}
	c.mu.Unlock()
	if again {
		return
	}
	c.sw.mu.Lock()
	delete(c.sw.channels, c.uuid)
	c.sw.order = slices.DeleteFunc(c.sw.order, func(uuid string) bool { return uuid == c.uuid })
	c.sw.mu.Unlock()
	c.Fire("CHANNEL_HANGUP")
	c.Fire("CHANNEL_HANGUP_COMPLETE", Header{Name: "variable_hangup_cause", Value: cause})
	c.Fire("CHANNEL_DESTROY")
	c.cancel()
	close(c.down)
}

// vanish ends the channel without a word.
func (c *Channel) vanish() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause == "" {
		c.cause = "CRASH"
		c.cancel()
		close(c.down)
	}
}

// event makes an event with what FreeSWITCH puts into every event about a channel, in its order.
func (c *Channel) event(name string) Event {
	e := c.sw.base(name, "switch_channel.c", "esltest", "1")
	c.mu.Lock()
	defer c.mu.Unlock()
	hangup := name == "CHANNEL_HANGUP" || name == "CHANNEL_HANGUP_COMPLETE"
	if name == "CHANNEL_HANGUP_COMPLETE" {
		e = e.with(Header{Name: "Hangup-Cause", Value: c.cause}) // twice, as FreeSWITCH does
	}
	e = e.with(c.presence()...)
	if hangup || c.cause != "" {
		e = e.with(Header{Name: "Hangup-Cause", Value: c.cause})
	}
	e = e.with(c.profile("Caller")...)
	for _, v := range c.variables {
		v.Name = "variable_" + v.Name
		e = e.with(v)
	}
	return e
}

func (c *Channel) presence() []Header {
	state, call, answer := "CS_EXECUTE", "ACTIVE", "answered"
	switch {
	case c.cause != "":
		state, call, answer = "CS_REPORTING", "HANGUP", "hangup"
	case c.answered.IsZero():
		call, answer = "RINGING", "ringing"
	}
	return []Header{
		{Name: "Channel-State", Value: state}, {Name: "Channel-Call-State", Value: call}, {Name: "Channel-Name", Value: c.name},
		{Name: "Unique-ID", Value: c.uuid}, {Name: "Call-Direction", Value: c.direction()}, {Name: "Channel-Call-UUID", Value: c.uuid},
		{Name: "Answer-State", Value: answer},
	}
}

func (c *Channel) direction() string {
	if c.incoming {
		return "inbound"
	}
	return "outbound"
}

func (c *Channel) profile(prefix string) []Header {
	return []Header{
		{Name: prefix + "-Direction", Value: c.direction()}, {Name: prefix + "-Unique-ID", Value: c.uuid}, {Name: prefix + "-Channel-Name", Value: c.name},
		{Name: prefix + "-Channel-Created-Time", Value: micros(c.created)}, {Name: prefix + "-Channel-Answered-Time", Value: micros(c.answered)},
		{Name: prefix + "-Channel-Hangup-Time", Value: micros(c.hangup)},
	}
}

// micros writes a time as FreeSWITCH does; 0 is never.
func micros(t time.Time) string {
	if t.IsZero() {
		return "0"
	}
	return fmt.Sprint(t.UnixMicro())
}

// connectReply is the answer to "connect": all there is, percent-encoded, the reply's own text too.
func (c *Channel) connectReply() string {
	e := c.sw.base("CHANNEL_DATA", "mod_event_socket.c", "parse_command", "2029")
	data := c.event("CHANNEL_DATA").Headers[len(e.Headers):]
	c.mu.Lock()
	e = e.with(c.profile("Channel")...)
	c.mu.Unlock()
	return e.with(data...).connectReply()
}

func (e Event) connectReply() string {
	return e.plain(false) + "Content-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: async\nControl: full\n\n"
}
