package freeswitch

import (
	"context"
	"errors"

	"switchgram/bridge/route"
	"switchgram/esl"
)

var _ route.Asker = (*Channel)(nil)

// printedNothing is what FreeSWITCH's event socket answers for a command that prints nothing: no mistake of it.
const printedNothing = "no reply"

// API implements route.Asker: a command of FreeSWITCH's console, quick ones only, and what it prints.
func (c *Channel) API(ctx context.Context, command, argument string) (string, error) {
	if _, err := esl.Word(command); err != nil {
		return "", err
	}
	said, err := c.api(ctx, command+" "+esl.Text(argument))
	if refused := (*esl.ReplyError)(nil); errors.As(err, &refused) && refused.Text == printedNothing {
		return "", nil
	}
	return said, err
}

func (c *Channel) api(ctx context.Context, command string) (string, error) {
	ctx, cancel := promptly(ctx, c.o.Patience/2)
	defer cancel()
	return c.s.API(ctx, command)
}
