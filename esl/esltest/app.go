package esltest

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// sendmsg tells a channel what to do. It is answered before that is done.
func (c *conn) sendmsg(uuid string, p packet) {
	channel := c.channel
	if uuid != "" || channel == nil {
		channel = c.sw.Channel(uuid)
	}
	if channel == nil {
		c.reply(fmt.Sprintf(unknownSession, uuid))
		return
	}
	c.reply("+OK")
	switch p.get("call-command") {
	case "execute":
		select {
		case channel.apps <- p:
		default:
		}
	case "hangup":
		cause := p.get("hangup-cause")
		if cause == "" {
			cause = "NORMAL_CLEARING"
		}
		channel.Hangup(cause)
	}
}

// runApps runs the channel's applications, one after the other, until it ends.
func (c *Channel) runApps() {
	for {
		select {
		case <-c.ctx.Done():
			return
		case p := <-c.apps:
			c.execute(p)
		}
	}
}

// execute runs an application. One that FreeSWITCH does not have ends the channel, without CHANNEL_EXECUTE_COMPLETE.
func (c *Channel) execute(p packet) {
	name, arg, id := p.get("execute-app-name"), strings.TrimSpace(p.get("execute-app-arg")), p.get("event-uuid")
	if arg == "" && strings.EqualFold(p.get("content-type"), "text/plain") {
		arg = p.body
	}
	arg = c.expand(arg, 0)
	if id == "" {
		id = c.sw.o.NewUUID()
	}
	c.sw.mu.Lock()
	app, ok := c.sw.apps[name]
	c.sw.mu.Unlock()
	if !ok {
		c.Hangup("DESTINATION_OUT_OF_ORDER")
		return
	}
	about := []Header{{Name: "Application", Value: name}}
	if arg != "" {
		about = append(about, Header{Name: "Application-Data", Value: arg})
	}
	c.Fire("CHANNEL_EXECUTE", append(about, Header{Name: "Application-UUID", Value: id})...)
	response := app(c.ctx, c, arg)
	if response == "" {
		response = "_none_"
	}
	c.Fire("CHANNEL_EXECUTE_COMPLETE", append(about, Header{Name: "Application-Response", Value: response}, Header{Name: "Application-UUID", Value: id})...)
}

// builtinApps are the applications every switch has.
func builtinApps() map[string]App {
	return map[string]App{
		"answer": func(_ context.Context, c *Channel, _ string) string { c.Answer(); return "" },
		"hangup": func(_ context.Context, c *Channel, cause string) string {
			if cause == "" {
				cause = "NORMAL_CLEARING"
			}
			c.Hangup(cause)
			return ""
		},
		"set": func(_ context.Context, c *Channel, arg string) string {
			name, value, _ := strings.Cut(arg, "=")
			c.SetVariable(name, value)
			return ""
		},
		"sleep": sleep,
		"park":  untilTheEnd,
		"echo":  untilTheEnd,
	}
}

func untilTheEnd(ctx context.Context, _ *Channel, _ string) string {
	<-ctx.Done()
	return ""
}

// sleep takes milliseconds.
func sleep(ctx context.Context, _ *Channel, arg string) string {
	ms, _ := strconv.Atoi(arg)
	select {
	case <-ctx.Done():
	case <-time.After(time.Duration(ms) * time.Millisecond):
	}
	return ""
}
