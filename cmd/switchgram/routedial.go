package main

import (
	"fmt"
	"text/tabwriter"

	"switchgram/cmd/switchgram/program"
)

type dialRoute struct {
	configFlag
	Number string `arg:"" help:"As a script would dial it."`
}

// Help says what the policy is, and what is none of its business.
func (dialRoute) Help() string {
	return `Numbers that scripts dial by a gateway or a sipUri cost money, so routes.dial of the configuration says which they may be. In order:

  extensions of up to four digits, and names        always
  what routes.dial.allow names, the first decides   allowed, or with "!" refused
  ordinary numbers of routes.dial.country           allowed: houses, mobiles, companies, free ones
  all others                                        refused: dear ones, those abroad, unknown ones

Without a country it is that of the lines, if they all have the same. What people dial to Telegram by a line is not asked about
here; try that with "switchgram line rules test NUMBER".`
}

// Run prints what becomes of the number, and the rule. It fails if scripts may not dial it.
func (c *dialRoute) Run(s surroundings) error {
	config, err := program.Load(c.Config)
	if err != nil {
		return err
	}
	toll, err := config.Toll()
	if err != nil {
		return err
	}
	said, verdict := toll.Judge(c.Number), "refused"
	if said.Allowed {
		verdict = "allowed"
	}
	t := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "dialled\t%s\n", printable(c.Number))
	if said.Number != "" {
		fmt.Fprintf(t, "means\t%s\n", said.Number)
	}
	fmt.Fprintf(t, "%s\t%s\n", verdict, said.Reason)
	if err := t.Flush(); err != nil || said.Allowed {
		return err
	}
	return errSilent
}
