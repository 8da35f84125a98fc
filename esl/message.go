package esl

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Message is what "sendmsg" tells a channel to do: exactly one of Execute, Hangup and Unicast.
type Message struct {
	Execute *Execute
	Hangup  Cause
	Unicast *Unicast
}

// Execute runs an application on a channel.
type Execute struct {
	App string
	// Arg may have several lines. ${…} in it is expanded: foreign parts go through AppText.
	Arg string
	// ID comes back as Application-UUID in CHANNEL_EXECUTE and CHANNEL_EXECUTE_COMPLETE.
	ID string
	// Loops repeats it; 0 and 1 are once, negative is for ever.
	Loops int
	// Unordered lets it start before the one before it has ended.
	Unordered bool
}

// Unicast sends a channel's sound to a socket, and plays what comes from there.
type Unicast struct {
	Local, Remote netip.AddrPort // FreeSWITCH's end, ours
	TCP           bool
	Native        bool // in the channel's codec instead of as 16 bit samples
}

// SendMsg tells a channel to do something; FreeSWITCH answers before it is done. On a Session an empty UUID is its channel.
func (c Commands) SendMsg(ctx context.Context, uuid string, m Message) error {
	cmd, err := m.command(uuid)
	if err != nil {
		return fmt.Errorf("sendmsg: %w", err)
	}
	_, err = c.sender.Send(ctx, cmd)
	return err
}

func (m Message) command(uuid string) (Command, error) {
	cmd := Command{Line: "sendmsg"}
	if uuid != "" {
		if _, err := Word(uuid); err != nil {
			return cmd, err
		}
		cmd.Line += " " + uuid
	}
	switch {
	case m.Execute != nil:
		return m.Execute.fill(cmd)
	case m.Unicast != nil:
		cmd.Fields = m.Unicast.fields()
	case m.Hangup != "":
		cmd.Fields = []Field{{"call-command", "hangup"}, {"hangup-cause", string(m.Hangup)}}
	default:
		return cmd, fmt.Errorf("empty message: %w", ErrUnsafe)
	}
	return cmd, nil
}

// fill puts an argument in the body if a header would change it: a header ends with the line, and loses its blanks at the ends.
func (x Execute) fill(cmd Command) (Command, error) {
	app, err := Word(x.App)
	if err != nil {
		return cmd, err
	}
	cmd.Fields = []Field{{"call-command", "execute"}, {"execute-app-name", app}}
	if x.ID != "" {
		cmd.Fields = append(cmd.Fields, Field{"event-uuid", x.ID})
	}
	if x.Loops != 0 && x.Loops != 1 {
		cmd.Fields = append(cmd.Fields, Field{"loops", strconv.Itoa(x.Loops)})
	}
	if !x.Unordered {
		cmd.Fields = append(cmd.Fields, Field{"event-lock", "true"})
	}
	switch {
	case x.Arg == "":
	case oneLine(x.Arg) && strings.TrimSpace(x.Arg) == x.Arg:
		cmd.Fields = append(cmd.Fields, Field{"execute-app-arg", x.Arg})
	default:
		cmd.Fields = append(cmd.Fields, Field{"content-type", "text/plain"})
		cmd.Body = x.Arg
	}
	return cmd, nil
}

func (u Unicast) fields() []Field {
	fields := []Field{
		{"call-command", "unicast"},
		{"local-ip", u.Local.Addr().String()}, {"local-port", strconv.Itoa(int(u.Local.Port()))},
		{"remote-ip", u.Remote.Addr().String()}, {"remote-port", strconv.Itoa(int(u.Remote.Port()))},
	}
	if u.TCP {
		fields = append(fields, Field{"transport", "tcp"})
	}
	if u.Native {
		fields = append(fields, Field{"flags", "native"})
	}
	return fields
}
