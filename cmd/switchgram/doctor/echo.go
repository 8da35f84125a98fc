package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"switchgram/bridge/leg"
	"switchgram/bridge/line"
	"switchgram/bridge/sip"
	"switchgram/cmd/switchgram/tones"
)

// echo calls an extension that sends back what it hears, by every line, and listens for a tone of its own.
type echo struct{}

const echoed = "sound"

func (echo) look(ctx context.Context, p *patient) (all []Finding) {
	if p.o.Call == "" {
		return []Finding{skipped(echoed, "not asked for: --call 9196 calls an extension that echoes, and listens")}
	}
	if p.agent == nil {
		return []Finding{skipped(echoed, "nothing to call with, see above")}
	}
	for _, l := range p.registering() {
		all = append(all, p.echo(ctx, l))
	}
	return all
}

func (p *patient) echo(ctx context.Context, l *line.Line) Finding {
	where := fmt.Sprintf("line %s to %s", l.Name, p.o.Call)
	if slices.Contains(p.deaf, l.Name) {
		return skipped(echoed, "%s: its registrar does not answer, see above", where)
	}
	password, err := l.SIP.Password().Read()
	if err != nil {
		return skipped(echoed, "%s: its password cannot be read, see above", where)
	}
	d, err := p.agent.Dial(ctx, sip.Invite{
		To: sip.UserURI(p.o.Call, l.SIP.Registrar, l.SIP.Transport), FromUser: l.SIP.User, AuthUser: l.SIP.AuthUser, Domain: l.SIP.Domain, Password: string(password),
	})
	if err != nil {
		return wrong(echoed, fmt.Sprintf("%s: %v", where, err), "")
	}
	defer hangUp(d)
	if err := answered(ctx, d); err != nil {
		return wrong(echoed, fmt.Sprintf("%s: %v", where, err), callRemedy(err))
	}
	h := tones.Echo(ctx, leg.NewFreeSWITCH(d, "").Media())
	if problem := h.Problem(); problem != "" {
		return wrong(echoed, fmt.Sprintf("%s: answered, but we %s", where, problem), soundRemedy(d.Stats()))
	}
	return ok(echoed, "%s: %s comes back at %.0f dB after %.0f ms, %s", where, fmt.Sprintf("a tone of %.0f Hz", h.Hz), h.DBFS, h.DelayMS, d.Format())
}

func hangUp(d *sip.Dialog) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second) // also when ours has ended
	defer cancel()
	_ = d.Hangup(ctx, sip.Hangup{})
	for range d.Events() {
		continue
	}
}

// answered waits for the answer.
func answered(ctx context.Context, d *sip.Dialog) error {
	for {
		select {
		case e := <-d.Events():
			switch e := e.(type) {
			case sip.Answered:
				return nil
			case sip.Ended:
				return callError{e}
			}
		case <-ctx.Done():
			return errors.New("rings and rings")
		}
	}
}

// callError is a call that was not answered.
type callError struct{ sip.Ended }

// Error says how it ended.
func (e callError) Error() string { return e.Ended.String() }

// Unwrap is what went wrong; nil if the far end just refused.
func (e callError) Unwrap() error { return e.Err }

func callRemedy(err error) string {
	refused := callError{}
	switch {
	case errors.Is(err, sip.ErrAuth), errors.As(err, &refused) && refused.Status == 403:
		return "compare user and password with FreeSWITCH's directory; or may the line not call that?"
	case errors.As(err, &refused) && refused.Status == 404:
		return "there is no such extension in the context that the line is in; an echo has the number 9196 in FreeSWITCH's default dialplan"
	case errors.As(err, &refused) && refused.Status == 488:
		return "FreeSWITCH wants none of our codecs, or SRTP: its log says which (\"Crypto not negotiated but required\"); codec preferences of its profile, srtp of the line"
	default:
		return "in fs_cli: `sofia global siptrace on`, and try again"
	}
}

// soundRemedy tells the two ways apart by what was counted.
func soundRemedy(s sip.Stats) string {
	switch {
	case s.Sent == 0:
		return "nothing could be sent: a firewall of this machine?"
	case s.Received == 0 && s.Strange > 0:
		return "packets come from an address that FreeSWITCH has not named: ext-rtp-ip of its profile"
	case s.Received == 0:
		return "no packet came back: FreeSWITCH and this machine tell each other addresses that the other cannot reach;\n" +
			"ext-rtp-ip of FreeSWITCH's profile, sip.advertise here, and the ports of sip.rtp_ports in every firewall"
	default:
		return "packets came, but not our tone: does that extension echo? Ours may not have got there: rtp-ip and ext-rtp-ip of FreeSWITCH's profile, firewalls"
	}
}
