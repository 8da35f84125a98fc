package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"switchgram/bridge/line"
	"switchgram/esl"
)

// logins looks whether FreeSWITCH's directory knows the passwords that browsers log in with, where it is to be asked for them.
type logins struct{}

const admitted = "browser logins"

func (logins) look(ctx context.Context, p *patient) (all []Finding) {
	domain := p.config.Verto.Login.FreeSWITCH
	switch {
	case domain == "":
		return []Finding{skipped(admitted, "FreeSWITCH is not asked for passwords (docs/verto.md, verto.login.freeswitch)")}
	case p.socket == nil:
		return []Finding{skipped(admitted, "seen through the event socket only")}
	}
	asked := slices.DeleteFunc(slices.Clone(p.config.Users), func(u line.User) bool { return u.Password != line.Hash{} })
	for _, u := range asked {
		if f := p.login(ctx, u.Name, domain); f.Verdict != OK {
			all = append(all, f)
		}
	}
	guests := p.located(ctx, "directory domain name "+domain).sets("variable", "switchgram_lines")
	switch {
	case len(all) > 0:
	case len(asked) > 0:
		all = append(all, ok(admitted, "FreeSWITCH's directory of %s has passwords for %s without one here", domain, counted(len(asked), "user")))
	case guests:
		all = append(all, ok(admitted, "FreeSWITCH's directory of %s says who else may log in, by switchgram_lines", domain))
	default:
		all = append(all, warning(admitted, "nobody logs in by FreeSWITCH's directory of "+domain+": it gives nobody switchgram_lines, and all users here have passwords",
			fmt.Sprintf("is that the domain of its users? FreeSWITCH's variable domain is %q", p.domain(ctx))))
	}
	return all
}

// login looks for the password of a user of the configuration.
func (p *patient) login(ctx context.Context, user, domain string) Finding {
	text, err := p.socket.API(ctx, "find_user_xml id "+user+" "+domain)
	found, refused := parseElement(text), (*esl.ReplyError)(nil)
	switch {
	case errors.As(err, &refused) && refused.Text == "can't find user", err == nil && found.attr("id") != user:
		return wrong(admitted, fmt.Sprintf("%s of users has no password, nor is there a user %s in FreeSWITCH's directory of %s", user, user, domain),
			fmt.Sprintf("`fs_cli -x \"find_user_xml id %s %s\"` is what is asked; FreeSWITCH's variable domain is %q", user, domain, p.domain(ctx)))
	case err != nil:
		return wrong(admitted, fmt.Sprintf("FreeSWITCH does not answer find_user_xml: %v", err), "a freeswitch.user needs it in esl-allowed-api")
	case !found.sets("param", "a1-hash") && !found.sets("param", "jsonrpc-password") && !found.sets("param", "password"):
		return wrong(admitted, fmt.Sprintf("user %s of FreeSWITCH's directory has no password, and does not get in", user),
			"among the user's params: password, jsonrpc-password or a1-hash")
	}
	return ok(admitted, "user %s has a password", user)
}

// sets tells whether an element has a param or variable of that name with something in it.
func (e element) sets(kind, name string) bool {
	return slices.ContainsFunc(e.all(kind), func(s element) bool { return strings.EqualFold(s.attr("name"), name) && s.attr("value") != "" })
}
