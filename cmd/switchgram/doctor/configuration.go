package doctor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"switchgram/bridge/line"
	"switchgram/cmd/switchgram/program"
)

// configuration reads the configuration, and every secret that it names.
type configuration struct{}

const configured = "configuration"

func (configuration) look(_ context.Context, p *patient) (all []Finding) {
	c, err := program.Load(p.o.Path)
	if err != nil {
		for problem := range strings.SplitSeq(err.Error(), "\n") {
			all = append(all, wrong(configured, problem, ""))
		}
		return all
	}
	p.config = c
	all = append(all, ok(configured, "%s: %s, %s", p.o.Path, counted(len(c.Lines), "line"), counted(len(c.Users), "user")))
	secrets := p.secrets()
	for _, whose := range slices.Sorted(maps.Keys(secrets)) {
		if _, err := secrets[whose].Read(); err != nil {
			all = append(all, unreadable(whose, err))
		}
	}
	return all
}

// secrets are where the secrets stand that the configuration names, by whose they are.
func (p *patient) secrets() map[string]line.SecretRef {
	c := p.config
	all := map[string]line.SecretRef{
		"telegram.proxy":      {Env: c.Telegram.ProxySecretEnv, File: c.Telegram.ProxySecretFile},
		"freeswitch.password": {Env: c.FreeSWITCH.PasswordEnv, File: c.FreeSWITCH.PasswordFile},
		"xml.password":        {Env: c.XML.PasswordEnv, File: c.XML.PasswordFile},
	}
	if p.o.Network == nil {
		all["telegram.api_hash"] = line.SecretRef{Env: c.Telegram.APIHashEnv, File: c.Telegram.APIHashFile}
	}
	for _, l := range p.lines() {
		all["password of line "+l.Name] = l.SIP.Password()
	}
	return all
}

// lines are those of the configuration.
func (p *patient) lines() (all []*line.Line) {
	for _, c := range p.config.Lines {
		if l, err := p.config.Line(c.Name); err == nil {
			all = append(all, l)
		}
	}
	return all
}

// registering are the lines that register at a switch; the telephones of others register with us.
func (p *patient) registering() []*line.Line {
	return slices.DeleteFunc(p.lines(), func(l *line.Line) bool { return l.SIP.Registrar == "" })
}

func unreadable(whose string, err error) Finding {
	mend := "set it as `switchgram run` has it: doctor is to run as the same user with the same environment"
	if errors.Is(err, line.ErrReadable) {
		mend = "chmod 600 that file: whoever reads it can call in your name"
	}
	return wrong(configured, fmt.Sprintf("%s: %v", whose, err), mend)
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
