package program

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"switchgram/bridge"
	"switchgram/bridge/leg"
	"switchgram/bridge/line"
	"switchgram/bridge/sip"
	"switchgram/bridge/sip/sdp"
)

// AgentOptions are what the configuration says of our SIP agent: where it listens, and where its sound comes and goes.
func (c SIP) AgentOptions() (sip.Options, error) {
	secure, err := c.TLS.config()
	if err != nil {
		return sip.Options{}, err
	}
	o := sip.Options{
		Advertise: c.Advertise, RTP: c.RTPPorts.Range, ShareRTP: c.RTPPorts.Shared, RTPAddrs: c.RTPOn, Allow: c.Allow,
		TLSConfig: secure, SessionExpires: c.Session, Algorithms: c.Digest,
	}
	return on(o, c.Listen), nil
}

// openAgents opens the ports that all lines share, and those that are one line's.
func (p *Program) openAgents() error {
	o, err := p.config.SIP.AgentOptions()
	if err != nil {
		return p.config.wrong("sip.tls", err)
	}
	o.OnInvite, o.Log = p.onInvite, p.log
	if len(p.config.Users) > 0 { // otherwise strangers are not even asked for a password
		o.Users = p.sipUser
		if o.Algorithms == nil {
			o.Algorithms = p.config.algorithms()
		}
	}
	if p.agent, err = sip.New(o); err != nil {
		return err
	}
	p.agents = map[string]*sip.Agent{}
	for i, l := range p.config.registry.Lines() {
		at, err := ownPort(l.SIP)
		if err != nil || len(at) == 0 {
			p.agents[l.Name] = p.agent
			continue
		}
		own := on(o, at)
		own.OnInvite = func(ctx context.Context, d *sip.Dialog) { p.take(ctx, d, l) }
		if own.ShareRTP {
			own.RTPOf = p.agent
		}
		if p.agents[l.Name], err = sip.New(own); err != nil {
			return p.config.wrong(fmt.Sprintf("lines[%d].sip.listen", i), err)
		}
	}
	return nil
}

// everyAgent lists the agents, the one that lines share first.
func (p *Program) everyAgent() []*sip.Agent {
	var all []*sip.Agent
	if p.agent != nil {
		all = append(all, p.agent)
	}
	for _, l := range p.config.registry.Lines() {
		if a := p.agents[l.Name]; a != nil && a != p.agent {
			all = append(all, a)
		}
	}
	return all
}

// runAgents runs every agent until ctx ends; one that ends before takes the others with it.
func (p *Program) runAgents(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var all sync.WaitGroup
	for _, a := range p.everyAgent() {
		all.Go(func() {
			if err := a.Run(ctx); err != nil {
				stop(err)
			}
		})
	}
	all.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// awaitAgents returns when every agent runs, or ctx ends.
func (p *Program) awaitAgents(ctx context.Context) (ok bool) {
	for _, a := range p.everyAgent() {
		select {
		case <-a.Ready():
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// algorithms are those that all users' digests are of; SHA-256 is asked for first.
func (c *Config) algorithms() (all []string) {
	lengths := map[int]bool{}
	for _, u := range c.Users {
		lengths[len(u.SIPDigest)] = true
	}
	if lengths[64] {
		all = append(all, "SHA-256")
	}
	if lengths[32] {
		all = append(all, "MD5")
	}
	return all
}

// registers tells whether that is a user who may register with us.
func (c *Config) registers(name string) bool {
	return slices.ContainsFunc(c.Users, func(u line.User) bool { return u.Name == name && u.SIPDigest != "" })
}

// hasUser tells whether there is a user of that name.
func (c *Config) hasUser(name string) bool {
	return slices.ContainsFunc(c.Users, func(u line.User) bool { return u.Name == name })
}

// sipPlaces finds where a user of ours is; not ok: that is none who may register.
func (p *Program) sipPlaces(name string) (all []leg.Place, ok bool) {
	if !p.config.registers(name) {
		return nil, false
	}
	for _, a := range p.everyAgent() {
		for _, b := range a.Bindings(name) {
			all = append(all, leg.Place{Agent: a, Binding: b})
		}
	}
	return all, true
}

// here is whom somebody means by a user at our own address: one of ours, or somebody on Telegram.
func (p *Program) here(l *line.Line) func(user string) bridge.Address {
	return func(user string) bridge.Address {
		if p.config.registers(user) {
			return bridge.Address{Scheme: "sip", User: user}
		}
		to, err := bridge.ParseAddress("tg:" + user)
		if err != nil || user == l.SIP.User {
			return bridge.Address{}
		}
		to.User = l.Dialled(to.User)
		return to
	}
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
			Registrar: l.SIP.Registrar, Transport: l.SIP.Transport, Proxy: l.SIP.Proxy, Here: p.here(l),
			User: l.SIP.User, AuthUser: l.SIP.AuthUser, Password: password, Domain: l.SIP.Domain,
			DTMF: dtmfWays[l.Digits.DTMF], Detect: l.Digits.Inband == "detect", Socket: p.socket,
			SRTP: srtpWays[l.SIP.SRTP],
		}
	}
	return errors.Join(wrong...)
}

// srtpWays are the words of the configuration.
var srtpWays = map[string]sdp.SRTP{"optional": sdp.OptionalSRTP, "required": sdp.RequireSRTP, "off": sdp.NoSRTP}

// dtmfWays are the words of the configuration.
var dtmfWays = map[string]sip.DTMF{"auto": sip.AutoDTMF, "rfc4733": sip.EventDTMF, "info": sip.InfoDTMF, "inband": sip.NoDTMF}

// sipLine finds a line at its switch, while it is registered there: a switch that does not know us, or is not there, would only let a caller
// wait.
func (p *Program) sipLine(name string) (leg.FreeSWITCHLine, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.sip[name]
	l.Agent = p.agents[name]
	return l, p.registered[name].Up
}

func (p *Program) setRegistered(name string, st sip.RegistrationState) {
	now := SideStatus{Up: st.Registered, State: "not registered", Err: st.Err}
	if st.Registered {
		now.State = "registered"
	}
	p.setSide(name, now)
}

func (p *Program) setSide(name string, now SideStatus) {
	p.mu.Lock()
	p.registered[name] = p.registered[name].changed(now)
	p.mu.Unlock()
	p.standing(name, sipSide, now)
}

// register keeps the line registered until ctx ends.
func (p *Program) register(ctx context.Context, l *line.Line) {
	log := p.log.With("line", l.Name)
	s := p.sip[l.Name]
	if s.Registrar == "" {
		p.setSide(l.Name, SideStatus{State: "takes registrations"})
		return
	}
	err := p.agents[l.Name].Register(ctx, sip.Registration{
		Proxy:     s.Proxy,
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

// onInvite is a whole call from the switch, or from a user of ours.
func (p *Program) onInvite(ctx context.Context, d *sip.Dialog) { p.take(ctx, d, nil) }

// take takes a call by a line, or by the one that it is found to be for.
func (p *Program) take(ctx context.Context, d *sip.Dialog, by *line.Line) {
	l, err := p.lineFor(d, by)
	if err == nil {
		err = encrypt(d, l)
	}
	var to bridge.Address
	if err == nil && d.Replaces() == "" {
		to, err = p.called(d, l)
	}
	if err != nil {
		p.reject(ctx, d, err)
		return
	}
	caller := p.sip[l.Name].Take(d, l.Name)
	if old := d.Replaces(); old != "" {
		p.replace(ctx, caller, bridge.LegID(old))
		return
	}
	p.bridge.Handle(ctx, caller, to)
}

// encrypt refuses a call whose sound is not encrypted as the line wants it.
func encrypt(d *sip.Dialog, l *line.Line) error {
	if err := d.UseSRTP(srtpWays[l.SIP.SRTP]); err != nil {
		return &line.Refusal{Cause: bridge.IncompatibleDestination, Reason: err.Error()}
	}
	return nil
}

// replace has a call take the place of another's leg (RFC 3891). A user may replace none but an own one.
func (p *Program) replace(ctx context.Context, l *leg.FreeSWITCH, old bridge.LegID) {
	if err := p.bridge.Replace(ctx, old, l); err != nil && ctx.Err() == nil {
		p.log.Info("call replaces none", "from", l.Address(), "sip_call_id", string(l.ID()), "err", err)
	}
}

func (p *Program) reject(ctx context.Context, d *sip.Dialog, err error) {
	c, from := bridge.CauseOf(err), leg.NewFreeSWITCH(d, "").Address()
	p.log.Info("call refused", "from", from, "sip_call_id", d.CallID(), "cause", c.String(), "err", err)
	no := sip.Hangup{Status: c.SIPStatus(), Q850: int(c), Text: c.String()}
	if c == bridge.IncompatibleDestination {
		no.Warning = err.Error()
	}
	if err := d.Reject(ctx, no); err != nil {
		p.log.Debug("reject", "sip_call_id", d.CallID(), "err", err)
	}
}

var errNoLine = errors.New("call fits no line: want the SIP user of a line as the request URI's user, or X-TG-Line")

// called is whom a call of the switch, or of a user, wants by the line.
func (p *Program) called(d *sip.Dialog, l *line.Line) (bridge.Address, error) {
	to, err := leg.Called(d, l.SIP.User, d.User() == "")
	if err != nil {
		return bridge.Address{}, err
	}
	to.User = l.Dialled(to.User)
	if user := d.User(); user != "" {
		if err := p.config.registry.May(user, l.Name, to).Err(); err != nil {
			return bridge.Address{}, err
		}
	}
	return to, nil
}

// lineFor is the line whose port or registration was called; or, for calls to a Telegram person by name, the one that X-TG-Line says, or the
// only one, or the only one of the user who calls.
func (p *Program) lineFor(d *sip.Dialog, by *line.Line) (*line.Line, error) {
	if by != nil {
		return by, nil
	}
	lines := p.config.registry.Lines()
	for _, l := range lines {
		if l.SIP.User == d.RequestUser() {
			return l, nil
		}
	}
	if l := p.config.registry.Line(d.Header("X-TG-Line")); l != nil {
		return l, nil
	}
	if u, ok := p.config.registry.User(d.User()); ok && len(u.Lines) == 1 && u.Lines[0] != "*" {
		return p.config.registry.Line(u.Lines[0]), nil
	}
	if len(lines) == 1 {
		return lines[0], nil
	}
	return nil, &line.Refusal{Cause: bridge.UnallocatedNumber, Reason: errNoLine.Error()}
}
