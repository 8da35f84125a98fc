package freeswitch

import (
	"context"

	"switchgram/bridge/route"
	"switchgram/esl"
)

var _ route.Asker = (*Channel)(nil)

// API implements route.Asker: a command of FreeSWITCH's console, quick ones only, and what it prints.
func (c *Channel) API(ctx context.Context, command, argument string) (string, error) {
	if _, err := esl.Word(command); err != nil {
		return "", err
	}
	return c.api(ctx, command+" "+esl.Text(argument))
}

func (c *Channel) api(ctx context.Context, command string) (string, error) {
	ctx, cancel := promptly(ctx, c.o.Patience/2)
	defer cancel()
	return c.s.API(ctx, command)
}
