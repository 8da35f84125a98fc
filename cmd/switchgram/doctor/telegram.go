package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"switchgram/bridge/line"
	"switchgram/cmd/switchgram/program"
	"switchgram/tgcall/account"
)

// telegram connects the account of every line, unless a switchgram has it.
type telegram struct{}

const telegraphed = "telegram"

func (telegram) look(ctx context.Context, p *patient) (all []Finding) {
	for _, l := range p.lines() {
		all = append(all, p.account(ctx, l)...)
	}
	return all
}

func (p *patient) account(ctx context.Context, l *line.Line) []Finding {
	if _, err := os.Stat(p.config.State); err != nil && (p.o.Network == nil || p.o.Network.Session == nil) {
		return []Finding{wrong(telegraphed, "line "+l.Name+": nobody has logged in", "switchgram login -l "+l.Name)}
	}
	login, err := p.config.Login(l, p.o.Network, p.log)
	if err != nil {
		return []Finding{wrong(telegraphed, fmt.Sprintf("line %s: %v", l.Name, err), "")}
	}
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	var now time.Time
	var me account.Person
	var down error // what it said while it tried
	err = login.Run(ctx, func(s account.State) { down = errors.Join(nil, s.Err) }, func(ctx context.Context, s *account.Session) error {
		me = s.Self()
		config, err := s.API().HelpGetConfig(ctx)
		if err == nil {
			now = time.Unix(int64(config.Date), 0)
		}
		return err
	})
	if err != nil {
		return []Finding{p.noAccount(l, errors.Join(err, down))}
	}
	return []Finding{ok(telegraphed, "line %s is logged in, as %s", l.Name, nameOf(me)), compare("Telegram", now)}
}

func nameOf(p account.Person) string {
	if p.Username != "" {
		return "@" + p.Username
	}
	return fmt.Sprintf("*%d", p.ID)
}

func (p *patient) noAccount(l *line.Line, err error) Finding {
	needed := (*program.LoginError)(nil)
	switch {
	case errors.Is(err, program.ErrInUse):
		return ok(telegraphed, "line %s: a switchgram that runs has the account; its log says how it stands", l.Name)
	case errors.As(err, &needed):
		return wrong(telegraphed, fmt.Sprintf("line %s: %v", l.Name, needed.Unwrap()), needed.Command)
	case errors.Is(err, context.DeadlineExceeded):
		return wrong(telegraphed, fmt.Sprintf("line %s: Telegram is not reached: %v", l.Name, err),
			"look for a firewall; where Telegram is blocked, name a way round in telegram.proxy (docs/accounts.md)")
	default:
		return wrong(telegraphed, fmt.Sprintf("line %s: %v", l.Name, err), "")
	}
}
