package esltest

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const (
	notFound       = "-ERR command not found"
	noSession      = "-ERR not controlling a session"
	unknownSession = "-ERR invalid session id [%s]"
)

// command carries one command out. It reports false if the connection ends with it.
func (c *conn) command(p packet) bool {
	verb, rest, _ := strings.Cut(p.line, " ")
	verb, rest = strings.ToLower(verb), strings.TrimSpace(rest)
	switch {
	case verb == "exit":
		c.reply("+OK bye")
		c.sendEvents()
		c.disconnect()
		return false
	case !c.authed:
		return c.login(verb, rest)
	case c.channel != nil && !c.connected:
		c.connect(verb)
	default:
		c.obey(verb, rest, p)
	}
	return true
}

func (c *conn) login(verb, rest string) bool {
	switch {
	case verb == "auth" && rest == c.sw.o.Password:
		c.authed = true
		c.reply("+OK accepted")
		return true
	case verb == "userauth" && c.userMay(rest):
		c.authed = true
		c.reply("+OK accepted", Header{Name: "Allowed-Events", Value: "all"}, Header{Name: "Allowed-API", Value: "all"}, Header{Name: "Allowed-LOG", Value: "true"})
		return true
	case verb == "auth" || verb == "userauth":
		c.reply("-ERR invalid")
		c.disconnect()
		return false
	default:
		c.reply(notFound)
		return true
	}
}

func (c *conn) userMay(login string) bool {
	user, password, _ := strings.Cut(login, ":")
	want, ok := c.sw.o.Users[user]
	return ok && want == password
}

// connect takes the first command of an outbound connection. FreeSWITCH loses the answer to any other.
func (c *conn) connect(verb string) {
	if verb != "connect" {
		return
	}
	c.connected = true
	c.write(c.channel.connectReply())
}

func (c *conn) obey(verb, rest string, p packet) {
	switch verb {
	case "api":
		c.answer(c.sw.runAPI(c.sw.ctx, rest))
	case "bgapi":
		c.background(rest, p.get("Job-UUID"))
	case "sendmsg":
		c.sendmsg(rest, p)
	case "sendevent":
		c.sendevent(rest, p)
	case "event":
		c.event(rest)
	case "nixevent", "noevents", "filter":
		c.less(verb, rest)
	case "myevents":
		c.myEvents(rest)
	case "log":
		level, _ := strconv.Atoi(rest)
		c.reply(fmt.Sprintf("+OK log level %s [%d]", rest, level))
	case "nolog":
		c.reply("+OK no longer logging")
	case "divert_events":
		c.reply("+OK events diverted")
	default:
		c.control(verb, rest)
	}
}

// control are the commands of an outbound connection.
func (c *conn) control(verb, rest string) {
	switch {
	case verb == "linger" && c.channel == nil:
		c.reply(noSession)
	case c.channel == nil:
		c.reply(notFound)
	case verb == "linger":
		seconds, err := strconv.Atoi(rest)
		if err != nil {
			c.linger = time.Hour
			c.reply("+OK will linger")
			return
		}
		c.linger = time.Duration(seconds) * time.Second
		c.reply(fmt.Sprintf("+OK will linger %d seconds", seconds))
	case verb == "resume":
		c.reply("+OK")
	case verb == "getvar":
		if v, ok := c.channel.Variable(rest); ok {
			c.reply(v)
			return
		}
		c.reply(notFound)
	default:
		c.reply(notFound)
	}
}

func (c *conn) event(rest string) {
	words := strings.Fields(rest)
	if len(words) > 0 && (words[0] == "plain" || words[0] == "json") {
		c.setFormat(words[0])
		words = words[1:]
	}
	c.mu.Lock()
	known, format := c.sub.add(words), c.sub.format
	c.mu.Unlock()
	if !known {
		c.reply("-ERR no keywords supplied")
		return
	}
	c.reply("+OK event listener enabled " + format)
}

func (c *conn) setFormat(format string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sub.format = format
}

// less are the commands after which fewer events come.
func (c *conn) less(verb, rest string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch verb {
	case "nixevent":
		c.sub.remove(strings.Fields(rest))
		c.reply("+OK events nixed")
	case "noevents":
		c.sub.clear()
		c.reply("+OK no longer listening for events")
	case "filter":
		name, value, _ := strings.Cut(rest, " ")
		if name == "delete" {
			c.sub.filters = nil
			header, value, _ := strings.Cut(value, " ")
			c.reply(fmt.Sprintf("+OK filter deleted. [%s][%s]", header, value))
			return
		}
		c.sub.filters = append(c.sub.filters, Header{Name: name, Value: value})
		c.reply(fmt.Sprintf("+OK filter added. [%s]=[%s]", name, value))
	}
}

func (c *conn) myEvents(rest string) {
	words := strings.Fields(rest)
	uuid := ""
	if c.channel != nil {
		uuid = c.channel.UUID()
	} else if len(words) > 0 {
		uuid, words = words[0], words[1:]
	}
	if uuid == "" {
		c.reply(notFound)
		return
	}
	if len(words) > 0 {
		c.setFormat(words[0])
	}
	c.mu.Lock()
	c.sub.myEvents(uuid)
	c.mu.Unlock()
	c.reply("+OK Events Enabled")
}

// background answers at once; the result is an event.
func (c *conn) background(line, id string) {
	if id == "" {
		id = c.sw.o.NewUUID()
	}
	owner := ""
	if c.channel != nil {
		owner = c.channel.UUID()
	}
	c.reply("+OK Job-UUID: "+id, Header{Name: "Job-UUID", Value: id})
	c.sw.running.Go(func() { c.sw.job(line, id, owner) })
}

func (s *Switch) job(line, id, owner string) {
	result := s.runAPI(s.ctx, line)
	e := s.base("BACKGROUND_JOB", "mod_event_socket.c", "api_exec", "1580").with(Header{Name: "Job-UUID", Value: id})
	command, args, _ := strings.Cut(line, " ")
	e = e.with(Header{Name: "Job-Command", Value: command})
	if args != "" {
		e = e.with(Header{Name: "Job-Command-Arg", Value: args})
	}
	if owner != "" {
		e = e.with(Header{Name: "Job-Owner-UUID", Value: owner})
	}
	e.Body = result
	s.Fire(e)
}

// runAPI runs a console command and returns what it prints.
func (s *Switch) runAPI(ctx context.Context, line string) string {
	name, args, _ := strings.Cut(line, " ")
	s.mu.Lock()
	f, ok := s.apis[name]
	s.mu.Unlock()
	if !ok {
		return "-ERR " + name + " Command not found!\n"
	}
	return f(ctx, args)
}

func (c *conn) sendevent(name string, p packet) {
	id := c.sw.o.NewUUID()
	e := Event{Headers: append([]Header{}, p.headers...), Body: p.body}
	e = e.with(Header{Name: "Command", Value: "sendevent " + name}, Header{Name: "Event-UUID", Value: id})
	e = e.with(c.sw.base(name, "mod_event_socket.c", "parse_command", "2283").Headers...)
	c.reply("+OK " + id)
	if c.sw.Channel(e.Get("Unique-ID")) == nil { // otherwise that channel takes it, and nobody hears it
		c.sw.Fire(e)
	}
}
