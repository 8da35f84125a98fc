package esl

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// farewell is how long an undone call may take to be ended.
const farewell = 2 * time.Second

// Originate says which call FreeSWITCH shall make, and what becomes of it once it is answered.
type Originate struct {
	// To is the endpoint: "user/1000", "sofia/gateway/carrier/+15551234", several with "," or "|". Foreign parts of it go through Number.
	To string
	// UUID of the new channel, chosen to open a watch before it exists; one is made up if it is empty.
	UUID string
	// CallerName and CallerNumber are shown to whom is called. Foreign text is fine.
	CallerName, CallerNumber string
	// Variables of the new channel.
	Variables Variables
	// Timeout is how long it may ring, FreeSWITCH's 60 s if 0.
	Timeout time.Duration

	// App is the application that gets the answered call, with its argument; "park" if App and Extension are empty.
	App, Arg string
	// Extension, Dialplan and Context send it to the dialplan instead; the latter may be empty.
	Extension, Dialplan, Context string
}

// Originate makes a call and returns its UUID once it is answered, or has early media. A call that fails is a *ReplyError with a cause. When the
// context ends first, the call is ended.
func (c Commands) Originate(ctx context.Context, o Originate) (uuid string, err error) {
	if o.UUID == "" {
		o.UUID = NewUUID()
	}
	line, err := o.line()
	if err != nil {
		return "", fmt.Errorf("originate: %w", err)
	}
	if _, err := c.Job(ctx, line); err != nil {
		if ctx.Err() != nil {
			c.undo(ctx, o.UUID)
		}
		return "", err
	}
	return o.UUID, nil
}

// undo ends a call nobody waits for any more. That it does not exist, or no longer, is as good.
func (c Commands) undo(ctx context.Context, uuid string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	_ = c.Kill(ctx, uuid, "ORIGINATOR_CANCEL")
}

func (o Originate) line() (string, error) {
	if o.To == "" || strings.ContainsAny(o.To, " '\\${}") || strings.Contains(o.To, ":_:") || !oneLine(o.To) {
		return "", fmt.Errorf("endpoint: %w: %.60q", ErrUnsafe, o.To)
	}
	variables, err := o.variables()
	if err != nil {
		return "", err
	}
	target, err := o.target()
	if err != nil {
		return "", err
	}
	return "originate " + unsplit(variables) + o.To + " " + target, nil
}

func (o Originate) variables() (string, error) {
	all := Variables{
		"origination_uuid":             o.UUID,
		"origination_caller_id_name":   o.CallerName,
		"origination_caller_id_number": o.CallerNumber,
	}
	if o.Timeout > 0 {
		all["originate_timeout"] = strconv.Itoa(int(max(o.Timeout, time.Second) / time.Second))
	}
	for name, value := range o.Variables {
		all[name] = value
	}
	if _, err := Word(o.UUID); err != nil {
		return "", err
	}
	return all.braced()
}

// target is where the answered call goes. FreeSWITCH takes the first ")" for the end of an application's argument.
func (o Originate) target() (string, error) {
	if o.Extension != "" {
		return words(o.Extension, cmp.Or(o.Dialplan, "XML"), cmp.Or(o.Context, "default"))
	}
	app, err := Word(cmp.Or(o.App, "park"))
	if err != nil {
		return "", err
	}
	if strings.ContainsAny(app+o.Arg, "()") || !oneLine(o.Arg) {
		return "", fmt.Errorf("application %.60q: %w", app+" "+o.Arg, ErrUnsafe)
	}
	return argument("&" + app + "(" + o.Arg + ")"), nil
}
