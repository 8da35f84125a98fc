package program

import (
	"context"
	"errors"
	"fmt"

	"switchgram/bridge"
	"switchgram/bridge/leg"
	"switchgram/bridge/line"
	"switchgram/bridge/sip"
)

// AgentOptions are what the configuration says of our SIP agent: where it listens, and where its sound comes and goes.
func (c SIP) AgentOptions() sip.Options {
	o := sip.Options{Advertise: c.Advertise, RTP: c.RTPPorts.Range, ShareRTP: c.RTPPorts.Shared, RTPAddrs: c.RTPOn, Allow: c.Allow}
	for _, l := range c.Listen {
		switch l.Network {
		case "udp":
			o.UDP = l.Address
		case "tcp":
			o.TCP = l.Address
		}
	}
	return o
}

func (p *Program) sipOptions() sip.Options {
	o := p.config.SIP.AgentOptions()
	o.OnInvite, o.Log = p.onInvite, p.log
	if len(p.config.Users) > 0 { // otherwise strangers are not even asked for a password
		o.Users = p.sipUser
	}
	return o
}

// sipUser is what a user of the configuration logs in to SIP with.
func (p *Program) sipUser(name string) (sip.Secret, bool) {
	u, ok := p.config.registry.User(name)
	switch {
	case !ok || u.SIPDigest == "":
		return sip.Secret{}, false
	case len(u.SIPDigest) == 32:
		return sip.Secret{MD5: string(u.SIPDigest)}, true
	default:
		return sip.Secret{SHA256: string(u.SIPDigest)}, true
	}
}

// openSIPLines reads the passwords of the lines at their switches.
func (p *Program) openSIPLines() error {
	p.sip = map[string]leg.FreeSWITCHLine{}
	var wrong []error
	for i, l := range p.config.registry.Lines() {
		password, err := p.config.secret(fmt.Sprintf("lines[%d].sip.password", i), l.SIP.Password())
		if err != nil {
			wrong = append(wrong, err)
		}
		p.sip[l.Name] = leg.FreeSWITCHLine{
			Registrar: l.SIP.Registrar, Transport: l.SIP.Transport,
			User: l.SIP.User, AuthUser: l.SIP.AuthUser, Password: password, Domain: l.SIP.Domain,
			DTMF: dtmfWays[l.Digits.DTMF], Detect: l.Digits.Inband == "detect", Socket: p.socket,
		}
	}
	return errors.Join(wrong...)
}

// dtmfWays are the words of the configuration.
var dtmfWays = map[string]sip.DTMF{"auto": sip.AutoDTMF, "rfc4733": sip.EventDTMF, "info": sip.InfoDTMF, "inband": sip.NoDTMF}

// sipLine finds a line at its switch, while it is registered there: a switch that does not know us, or is not there, would only let a caller
// wait.
func (p *Program) sipLine(name string) (leg.FreeSWITCHLine, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.sip[name]
	l.Agent = p.agent
	return l, p.registered[name].Up
}

func (p *Program) setRegistered(name string, st sip.RegistrationState) {
	now := SideStatus{Up: st.Registered, State: "not registered", Err: st.Err}
	if st.Registered {
		now.State = "registered"
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.registered[name] = p.registered[name].changed(now)
}

// register keeps the line registered until ctx ends.
func (p *Program) register(ctx context.Context, l *line.Line) {
	log := p.log.With("line", l.Name)
	s := p.sip[l.Name]
	err := p.agent.Register(ctx, sip.Registration{
		Registrar: fmt.Sprintf("sip:%s;transport=%s", s.Registrar, s.Transport),
		User:      s.User, AuthUser: s.AuthUser, Domain: s.Domain, Password: s.Password, Expires: l.SIP.Expires,
		Again: p.again[l.Name],
		OnState: func(st sip.RegistrationState) {
			p.setRegistered(l.Name, st)
			switch {
			case st.Registered:
				log.Info("registered", "to", s.Registrar, "dur", st.Expires)
			case st.Err != nil:
				log.Warn("not registered", "to", s.Registrar, "err", st.Err, "retry", st.Retry)
			}
		},
	})
	if err != nil && ctx.Err() == nil {
		log.Error("cannot register", "err", err)
	}
}

// onInvite is a whole call from the switch.
func (p *Program) onInvite(ctx context.Context, d *sip.Dialog) {
	l, to, err := p.called(d)
	if err != nil {
		c, from := bridge.CauseOf(err), leg.NewFreeSWITCH(d, "").Address()
		p.log.Info("call refused", "from", from, "sip_call_id", d.CallID(), "cause", c.String(), "err", err)
		if err := d.Reject(ctx, sip.Hangup{Status: c.SIPStatus(), Q850: int(c), Text: c.String()}); err != nil {
			p.log.Debug("reject", "sip_call_id", d.CallID(), "err", err)
		}
		return
	}
	p.bridge.Handle(ctx, p.sip[l.Name].Take(d, l.Name), to)
}

var errNoLine = errors.New("call fits no line: want the SIP user of a line as the request URI's user, or X-TG-Line")

// called finds the line that a call of the switch is for, and whom it wants on Telegram.
func (p *Program) called(d *sip.Dialog) (*line.Line, bridge.Address, error) {
	l, err := p.lineFor(d)
	if err != nil {
		return nil, bridge.Address{}, err
	}
	to, err := leg.Called(d, l.SIP.User, d.User() == "")
	if err != nil {
		return nil, bridge.Address{}, err
	}
	to.User = l.International(to.User)
	if user := d.User(); user != "" {
		if err := p.config.registry.May(user, l.Name, to).Err(); err != nil {
			return nil, bridge.Address{}, err
		}
	}
	return l, to, nil
}

// lineFor is the line whose registration was called; or, for calls to a Telegram person by name, the one that X-TG-Line says, or the only one.
func (p *Program) lineFor(d *sip.Dialog) (*line.Line, error) {
	lines := p.config.registry.Lines()
	for _, l := range lines {
		if l.SIP.User == d.RequestUser() {
			return l, nil
		}
	}
	if l := p.config.registry.Line(d.Header("X-TG-Line")); l != nil {
		return l, nil
	}
	if len(lines) == 1 {
		return lines[0], nil
	}
	return nil, &line.Refusal{Cause: bridge.UnallocatedNumber, Reason: errNoLine.Error()}
}
