package program_test

import (
	"context"
	"time"

	"switchgram/bridge/sip"
	"switchgram/bridge/sip/siptest"
)

// telephone is an extension of the switch with somebody beside it, who tells what happens.
type telephone struct {
	h     *house
	phone *siptest.Phone
	rings chan *sip.Dialog // calls that come
	taken chan *sip.Dialog // calls that it answered
	ended chan sip.Ended   // calls that came and are over
}

// telephone switches on the telephone of a user. It rings for so long before it answers.
func (h *house) telephone(user string, ring time.Duration) *telephone {
	h.t.Helper()
	p := &telephone{h: h, rings: make(chan *sip.Dialog, 4), taken: make(chan *sip.Dialog, 4), ended: make(chan sip.Ended, 4)}
	var err error
	p.phone, err = h.exchange.Phone(h.ctx, siptest.PhoneOptions{User: user, Password: password, Ring: ring,
		OnCall: func(d *sip.Dialog) int { p.rings <- d; return 0 },
		Sound:  func(_ context.Context, s siptest.Stream) { p.taken <- s.(*sip.Dialog) },
		Event: func(ev sip.Event) {
			if e, ok := ev.(sip.Ended); ok {
				p.ended <- e
			}
		}})
	h.must(err)
	h.t.Cleanup(p.phone.Close)
	return p
}

// dial calls a number.
func (p *telephone) dial(number string) *sip.Dialog {
	p.h.t.Helper()
	d, err := p.phone.Dial(p.h.ctx, number)
	p.h.must(err)
	return d
}

// gateway is a switch that calls us without a registration, from its own address: it writes who is called into the request URI.
func (h *house) gateway() *sip.Agent {
	h.t.Helper()
	a, err := sip.New(sip.Options{UDP: "127.0.0.1:0"})
	h.must(err)
	ctx, cancel := context.WithCancel(h.ctx)
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	h.t.Cleanup(func() { cancel(); h.must(<-done) })
	<-a.Ready()
	return a
}

func (h *house) call(a *sip.Agent, who string, headers ...sip.Header) *sip.Dialog {
	h.t.Helper()
	d, err := a.Dial(h.ctx, sip.Invite{To: sip.UserURI(who, h.program.SIPAddr("udp").String(), "udp"), FromUser: "1001", Headers: headers})
	h.must(err)
	return d
}

// untilSIP reads a dialog's events up to one of type T.
func untilSIP[T sip.Event](h *house, d *sip.Dialog) T {
	h.t.Helper()
	var last sip.Event
	for e := range d.Events() {
		if want, ok := e.(T); ok {
			return want
		}
		last = e
	}
	h.t.Fatalf("the dialog ended before %T: %+v", *new(T), last)
	panic("unreachable")
}
