package doctor

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"

	"switchgram/bridge/line"
	"switchgram/bridge/sip"
)

// registration registers every line for a moment, unless a switchgram runs that has done so.
type registration struct{}

const registered = "registration"

func (registration) look(ctx context.Context, p *patient) (all []Finding) {
	for _, l := range p.registering() {
		all = append(all, p.registration(ctx, l))
	}
	return all
}

func (p *patient) registration(ctx context.Context, l *line.Line) Finding {
	who := fmt.Sprintf("line %s as %s at %s", l.Name, l.SIP.User, l.SIP.Registrar)
	if p.busy {
		return p.isRegistered(ctx, l, who)
	}
	if p.agent == nil {
		return skipped(registered, "%s: nothing to register with, see above", who)
	}
	state, err := p.register(ctx, l)
	if err != nil {
		if unanswered(err) {
			p.deaf = append(p.deaf, l.Name)
		}
		return wrong(registered, fmt.Sprintf("%s: %v", who, err), registrationRemedy(err))
	}
	return ok(registered, "%s: taken for %v, and taken back", who, state.Expires)
}

// isRegistered asks FreeSWITCH about a line whose registration is not ours to touch.
func (p *patient) isRegistered(ctx context.Context, l *line.Line, who string) Finding {
	if p.socket == nil {
		return skipped(registered, "%s: the switchgram that runs knows, its log says; with an event socket FreeSWITCH could be asked", who)
	}
	domain := l.SIP.Domain
	if domain == "" {
		domain = p.domain(ctx)
	}
	at, err := p.socket.API(ctx, fmt.Sprintf("sofia_contact */%s@%s", l.SIP.User, domain))
	switch at = strings.TrimSpace(at); {
	case err != nil:
		return wrong(registered, fmt.Sprintf("%s: %v", who, err), "")
	case strings.HasPrefix(at, "error/"):
		return wrong(registered, who+": a switchgram runs, and FreeSWITCH says that nobody is registered",
			"look for \"not registered\" in switchgram's log; if it runs on another configuration, stop it and ask again")
	}
	return ok(registered, "%s: FreeSWITCH has it at %.120s", who, at)
}

// registerWait is how long a registrar may take.
const registerWait = 10 * time.Second

// register registers a line and takes that back.
func (p *patient) register(ctx context.Context, l *line.Line) (sip.RegistrationState, error) {
	password, err := l.SIP.Password().Read()
	if err != nil {
		return sip.RegistrationState{}, err
	}
	ctx, stop := context.WithTimeout(ctx, registerWait)
	defer stop()
	first := make(chan sip.RegistrationState, 1)
	done := make(chan error, 1)
	go func() {
		done <- p.agent.Register(ctx, sip.Registration{
			Registrar: fmt.Sprintf("sip:%s;transport=%s", l.SIP.Registrar, l.SIP.Transport), Proxy: l.SIP.Proxy,
			User: l.SIP.User, AuthUser: l.SIP.AuthUser, Domain: l.SIP.Domain, Password: string(password), Expires: time.Minute,
			OnState: func(s sip.RegistrationState) {
				if s.Registered || s.Err != nil {
					select {
					case first <- s:
					default:
					}
				}
			},
		})
	}()
	select {
	case s := <-first:
		stop()
		<-done // taken back
		return s, s.Err
	case err := <-done:
		if err == nil { // it would have gone on
			err = sip.ErrTimeout
		}
		return sip.RegistrationState{}, err
	}
}

// unanswered tells whether there was nobody to say no.
func unanswered(err error) bool {
	return errors.Is(err, sip.ErrTimeout) || errors.Is(err, sip.ErrTransport)
}

// registrationRemedy is what to do when a registrar says no, or nothing.
func registrationRemedy(err error) string {
	status := (*sip.StatusError)(nil)
	if certificate := (x509.UnknownAuthorityError{}); errors.As(err, &certificate) {
		return "the registrar's certificate is from nobody whom this machine trusts; name its authority in the configuration"
	}
	switch {
	case errors.Is(err, sip.ErrAuth):
		return "compare user and password with FreeSWITCH's directory (`user_data USER@DOMAIN param password`), and run `reloadxml` after changes there"
	case unanswered(err):
		return "nobody answers there: start FreeSWITCH, and compare sip.registrar with what `sofia status` shows"
	case errors.As(err, &status) && status.Code == 403:
		return "FreeSWITCH does not know the user, or refuses this address: look for the user in directory/default, and at apply-register-acl of the profile"
	case errors.As(err, &status) && status.Code >= 500:
		return "FreeSWITCH starts or ends, or has as many calls as it may; try again in a minute"
	default:
		return "fs_cli: `sofia profile internal siptrace on` shows what is said"
	}
}
