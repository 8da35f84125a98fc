package main

import (
	"context"
	"log/slog"

	"switchgram/cmd/switchgram/doctor"
)

type doctorCommand struct {
	configFlag
	Call    string   `placeholder:"EXTENSION" help:"Call an extension that echoes, such as 9196, by every line, and listen for a tone."`
	STUN    []string `name:"stun" placeholder:"HOST:PORT" help:"Ask this STUN or TURN server for our address: does media get out?"`
	JSON    bool     `name:"json" help:"Print findings as JSON, an object a line."`
	Verbose bool     `short:"v" help:"Log what happens underneath."`
}

// Help teaches.
func (doctorCommand) Help() string {
	return `Looks at the configuration, the files, the addresses, FreeSWITCH (with freeswitch.event_socket in the configuration: its modules and dialplan
too), the clocks and the Telegram sessions, and says in a line each what it found and, where something is wrong, how to mend it.

Nothing is changed. While a switchgram runs, its registrations and sessions are left alone; while none does, each line registers for a moment.

The status is 1 if anything is wrong, and 0 if there are at most warnings.`
}

// Run examines the set-up.
func (c *doctorCommand) Run(ctx context.Context, log *slog.Logger, s surroundings) error {
	if !c.Verbose {
		log = slog.New(slog.DiscardHandler)
	}
	tell := doctor.Table(s.out)
	if c.JSON {
		tell = doctor.JSON(s.out)
	}
	wrong, err := doctor.Examine(ctx, doctor.Options{Path: c.Config, Network: s.network, Call: c.Call, STUN: c.STUN, Log: log}, tell)
	if err == nil && wrong {
		return errSilent
	}
	return err
}
