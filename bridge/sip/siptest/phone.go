package siptest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	ua "switchgram/bridge/sip"
	"switchgram/bridge/sip/sdp"
)

// PhoneOptions describe a Phone. The zero value of everything but User and Password answers every call at once, in silence.
type PhoneOptions struct {
	User, Password string
	Transport      string      // udp or tcp; empty: udp
	Codecs         []sdp.Codec // best first; nil: all of the agent's

	Ring   time.Duration          // before it answers; Forever: until the caller gives up
	Status int                    // refuses with this status after it rang; 0: answers
	Sound  Sound                  // of answered calls, taken and placed; nil: silence
	Event  func(ev ua.Event)      // told of every event of every call, in order for each; must not block; nil: nobody
	OnCall func(c *ua.Dialog) int // decides about each incoming call in place of Status: 0 takes it; nil: Status decides

	Log *slog.Logger // nil: none
}

// Phone is a user's telephone, registered with a Switch or any other registrar.
type Phone struct {
	o         PhoneOptions
	registrar netip.AddrPort
	agent     *ua.Agent

	unregister, stop     context.CancelFunc
	registering, running sync.WaitGroup
}

// Phone switches a telephone on and returns when it is registered with this switch. Close it before the switch.
func (s *Switch) Phone(ctx context.Context, o PhoneOptions) (*Phone, error) {
	return NewPhone(ctx, s.addr, o)
}

// NewPhone switches a telephone on and returns when it is registered, or has failed to. ctx covers only that.
func NewPhone(ctx context.Context, registrar netip.AddrPort, o PhoneOptions) (*Phone, error) {
	if o.Transport == "" {
		o.Transport = "udp"
	}
	p := &Phone{o: o, registrar: registrar}
	options := ua.Options{Codecs: o.Codecs, UserAgent: "siptest phone", Log: o.Log,
		OnInvite: func(ctx context.Context, d *ua.Dialog) { p.take(ctx, d) }}
	if o.Transport == "tcp" {
		options.TCP = "127.0.0.1:0"
	} else {
		options.UDP = "127.0.0.1:0"
	}
	var err error
	if p.agent, err = ua.New(options); err != nil {
		return nil, fmt.Errorf("phone %s: %w", o.User, err)
	}
	if err := p.start(ctx); err != nil {
		p.Close()
		return nil, fmt.Errorf("phone %s: %w", o.User, err)
	}
	return p, nil
}

// start runs the agent and its registration, and waits for the registrar's first word.
func (p *Phone) start(ctx context.Context) error {
	life, stop := context.WithCancel(context.Background()) // until Close
	registered, unregister := context.WithCancel(life)
	p.stop, p.unregister = stop, unregister
	first, said := make(chan error, 1), sync.Once{}
	state := func(s ua.RegistrationState) {
		if s.Registered || s.Err != nil {
			said.Do(func() { first <- s.Err })
		}
	}
	p.running.Go(func() { _ = p.agent.Run(life) })
	p.registering.Go(func() {
		err := p.register(registered, state)
		said.Do(func() { first <- err })
	})
	select {
	case err := <-first:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// register keeps the telephone registered.
func (p *Phone) register(ctx context.Context, state func(ua.RegistrationState)) error {
	select {
	case <-p.agent.Ready():
	case <-ctx.Done():
		return nil
	}
	return p.agent.Register(ctx, ua.Registration{Registrar: p.uri(""), User: p.o.User, Domain: p.registrar.Addr().String(),
		Password: p.o.Password, OnState: state})
}

// Close takes the registration back, hangs up and returns when nothing is left.
func (p *Phone) Close() {
	p.unregister()
	p.registering.Wait()
	p.stop()
	p.running.Wait()
}

// Agent is the telephone's user agent.
func (p *Phone) Agent() *ua.Agent { return p.agent }

func (p *Phone) uri(user string) string {
	return ua.UserURI(user, p.registrar.String(), p.o.Transport)
}

// Dial calls a number of the switch and returns when the INVITE was sent. The dialog is the caller's: events, sound and end.
func (p *Phone) Dial(ctx context.Context, number string, headers ...ua.Header) (*ua.Dialog, error) {
	d, err := p.agent.Dial(ctx, ua.Invite{To: p.uri(number), FromUser: p.o.User, Domain: p.registrar.Addr().String(),
		Password: p.o.Password, Headers: headers})
	if err != nil {
		return nil, fmt.Errorf("phone %s: dial %s: %w", p.o.User, number, err)
	}
	return d, nil
}

// Call is a whole call to a number: it plays the telephone's sound once answered, hangs up when ctx ends, and tells how the call
// ended.
func (p *Phone) Call(ctx context.Context, number string, headers ...ua.Header) (ua.Ended, error) {
	d, err := p.Dial(ctx, number, headers...)
	if err != nil {
		return ua.Ended{}, err
	}
	stop := context.AfterFunc(ctx, func() { p.hangup(d, ua.Hangup{}) })
	defer stop()
	return p.talk(d), nil
}

// take is a whole incoming call.
func (p *Phone) take(ctx context.Context, d *ua.Dialog) {
	var decide sync.WaitGroup
	defer decide.Wait()
	decide.Go(func() {
		if err := p.pickUp(ctx, d); err != nil && !errors.Is(err, ua.ErrEnded) && p.o.Log != nil {
			p.o.Log.Debug("call not taken", "line", p.o.User, "sip_call_id", d.CallID(), "err", err)
		}
	})
	p.talk(d)
}

// pickUp rings, then answers or refuses.
func (p *Phone) pickUp(ctx context.Context, d *ua.Dialog) error {
	status := p.o.Status
	if p.o.OnCall != nil {
		status = p.o.OnCall(d)
	}
	if p.o.Ring != 0 {
		if err := d.Ring(ctx); err != nil {
			return err
		}
		if err := pause(ctx, p.o.Ring); err != nil {
			return err
		}
	}
	if status != 0 {
		return d.Reject(ctx, ua.Hangup{Status: status})
	}
	return d.Answer(ctx)
}

// talk follows a call to its end, and plays while it is answered.
func (p *Phone) talk(d *ua.Dialog) (end ua.Ended) {
	ctx, hush := context.WithCancel(context.Background()) // until the call's last event
	var playing sync.WaitGroup
	defer playing.Wait()
	defer hush()
	for ev := range d.Events() {
		switch ev := ev.(type) {
		case ua.Answered:
			if p.o.Sound != nil {
				playing.Go(func() { p.o.Sound(ctx, d) })
			}
		case ua.Ended:
			end = ev
		}
		if p.o.Event != nil {
			p.o.Event(ev)
		}
	}
	return end
}

func (p *Phone) hangup(d *ua.Dialog, h ua.Hangup) {
	ctx, cancel := context.WithTimeout(context.Background(), byeTimeout)
	defer cancel()
	_ = d.Hangup(ctx, h)
}
