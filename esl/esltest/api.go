package esltest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

const noSuchChannel = "-ERR No such channel!\n"

// builtinAPIs are the console commands every switch has.
func (s *Switch) builtinAPIs() map[string]API {
	plain := func(f func(args string) string) API {
		return func(_ context.Context, args string) string { return f(args) }
	}
	about := func(f func(c *Channel, args []string) string) API {
		return plain(func(args string) string {
			words := split(args, ' ', 3)
			if len(words) == 0 {
				return "-USAGE: <uuid>\n"
			}
			c := s.Channel(words[0])
			if c == nil {
				return noSuchChannel
			}
			return f(c, words[1:])
		})
	}
	return map[string]API{
		"create_uuid":       plain(func(string) string { return s.o.NewUUID() }),
		"global_getvar":     plain(func(name string) string { return map[string]string{"core_uuid": s.CoreUUID()}[name] }),
		"uptime":            plain(func(string) string { return "4222\n" }),
		"strepoch":          plain(func(string) string { return fmt.Sprint(time.Now().Unix()) }),
		"version":           plain(func(string) string { return "FreeSWITCH Version 1.11.2-release~64bit ( 64bit)\n" }),
		"show":              plain(s.show),
		"hupall":            plain(s.hupall),
		"originate":         s.originate,
		"uuid_exists":       plain(func(uuid string) string { return fmt.Sprint(s.Channel(uuid) != nil) }),
		"uuid_dump":         about(func(c *Channel, _ []string) string { return c.event("CHANNEL_DATA").json() }),
		"uuid_kill":         about(kill),
		"uuid_setvar":       about(setvar),
		"uuid_getvar":       about(getvar),
		"uuid_setvar_multi": plain(s.setvarMulti),
		"uuid_transfer":     about(func(*Channel, []string) string { return "+OK\n" }),
		"uuid_broadcast":    about(func(*Channel, []string) string { return "+OK Message sent\n" }),
		"uuid_send_dtmf": about(func(c *Channel, digits []string) string {
			return fmt.Sprintf("+OK %s sent DTMF %s.\n", c.uuid, strings.Join(digits, " "))
		}),
		"uuid_bridge": about(s.bridge),
		"conference":  plain(s.conference),
	}
}

func kill(c *Channel, args []string) string {
	cause := "MANAGER_REQUEST"
	if len(args) > 0 {
		cause = args[0]
	}
	c.Hangup(cause)
	return "+OK\n"
}

func setvar(c *Channel, args []string) string {
	if len(args) == 0 {
		return "-ERR No variable specified\n"
	}
	value := ""
	if len(args) == 2 {
		value = args[1]
	}
	c.SetVariable(args[0], value)
	return "+OK\n"
}

// setvarMulti sets what "uuid a=1;b=2" says, up to 64.
func (s *Switch) setvarMulti(args string) string {
	uuid, list, ok := strings.Cut(args, " ")
	c := s.Channel(uuid)
	if !ok || c == nil {
		return noSuchChannel
	}
	for _, part := range split(list, ';', 64) {
		name, value, _ := strings.Cut(part, "=")
		c.SetVariable(name, value)
	}
	return "+OK\n"
}

func getvar(c *Channel, args []string) string {
	if len(args) > 0 {
		if v, ok := c.Variable(args[0]); ok {
			return v
		}
	}
	return "_undef_"
}

// bridge joins two channels. FreeSWITCH tells of it on the first.
func (s *Switch) bridge(c *Channel, args []string) string {
	var other *Channel
	if len(args) > 0 {
		other = s.Channel(args[0])
	}
	if other == nil {
		return "-ERR Invalid uuid\n"
	}
	c.Fire("CHANNEL_BRIDGE", Header{Name: "Bridge-A-Unique-ID", Value: c.uuid}, Header{Name: "Bridge-B-Unique-ID", Value: other.uuid})
	return "+OK " + other.uuid + "\n"
}

func (s *Switch) hupall(cause string) string {
	if cause == "" {
		cause = "MANAGER_REQUEST"
	}
	for _, c := range s.live() {
		c.Hangup(cause)
	}
	return "+OK hangup all channels with cause " + cause + "\n"
}

// show knows "channels as json" only.
func (s *Switch) show(args string) string {
	if args != "channels as json" {
		return "-USAGE: channels as json\n"
	}
	live := s.live()
	if len(live) == 0 {
		return "{\"row_count\": 0}\n"
	}
	var rows []map[string]string
	for _, c := range live {
		call := "RINGING"
		if e := c.event("CHANNEL_DATA"); e.Get("Answer-State") == "answered" {
			call = "ACTIVE"
		}
		rows = append(rows, map[string]string{"uuid": c.uuid, "direction": c.direction(), "name": c.name, "state": "CS_EXECUTE", "callstate": call, "call_uuid": c.uuid})
	}
	b, err := json.Marshal(map[string]any{"row_count": len(rows), "rows": rows})
	if err != nil {
		return "-ERR " + err.Error() + "\n"
	}
	return string(b) + "\n"
}

// conference knows no conference; HandleAPI can make some.
func (s *Switch) conference(args string) string {
	name, command, _ := strings.Cut(args, " ")
	if command == "" && name == "json_list" {
		return "[]"
	}
	return "-ERR Conference " + name + " not found\n"
}

// originate makes a channel. An endpoint "error/CAUSE" fails so, "ring/…" rings until the channel ends; all others answer.
func (s *Switch) originate(ctx context.Context, args string) string {
	words := split(args, ' ', 10)
	if len(words) < 2 {
		return "-USAGE: <call url> <exten>|&<application_name>(<app_args>)\n"
	}
	if strings.Contains(words[0], ":_:") {
		return "-ERR CHAN_NOT_IMPLEMENTED\n"
	}
	variables, endpoint, ok := brackets(words[0])
	if !ok || endpoint == "" {
		return "-ERR CHAN_NOT_IMPLEMENTED\n"
	}
	if cause, fails := strings.CutPrefix(endpoint, "error/"); fails {
		return "-ERR " + cause + "\n"
	}
	o := ChannelOptions{Name: endpoint}
	for _, v := range variables {
		if v.Name == "origination_uuid" {
			o.UUID = v.Value
		}
	}
	c := s.NewChannel(o)
	for _, v := range variables {
		c.SetVariable(v.Name, v.Value)
	}
	if strings.HasPrefix(endpoint, "ring/") {
		select {
		case <-c.down:
			return "-ERR " + c.event("CHANNEL_DATA").Get("Hangup-Cause") + "\n"
		case <-ctx.Done():
			return "-ERR SYSTEM_SHUTDOWN\n"
		}
	}
	c.Answer()
	c.enter(words[1])
	return "+OK " + c.uuid + "\n"
}

// enter runs the application of "&app(argument)". Extensions lead nowhere.
func (c *Channel) enter(target string) {
	app, ok := strings.CutPrefix(target, "&")
	if !ok {
		return
	}
	app, _, _ = strings.Cut(app, ")")
	name, arg, _ := strings.Cut(app, "(")
	c.apps <- packet{headers: []Header{{Name: "execute-app-name", Value: name}, {Name: "execute-app-arg", Value: arg}}}
}
