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
	return c.s.API(ctx, command+" "+esl.Text(argument))
}
