package demo

import (
	"context"
	"sync/atomic"

	"github.com/pion/rtp"

	"switchgram/bridge"
	"switchgram/bridge/leg"
	"switchgram/bridge/media"
	"switchgram/tgcall"
	"switchgram/tgcall/testnet"
)

type stream = media.Stream

// behaviour is what a simulated Telegram user does with a call.
type behaviour uint32

const (
	answers behaviour = iota
	declines
	ignores
	echoes    // for people who try the demo
	callsBack // declines, and calls the agent a moment later
)

// person is a simulated Telegram user.
type person struct {
	w     *world
	phone *testnet.Phone
	does  atomic.Uint32 // behaviour
}

func (w *world) newPerson(ctx context.Context, o testnet.UserOptions) (p *person, err error) {
	p = &person{w: w}
	if p.phone, err = w.net.AddUser(o).Phone(ctx, testnet.PhoneOptions{OnCall: p.onCall}); err != nil {
		return nil, err
	}
	w.onClose(p.phone.Close)
	return p, nil
}

func (p *person) behave(b behaviour) { p.does.Store(uint32(b)) }

func (p *person) dial(ctx context.Context, to string) (bridge.Leg, error) {
	call, err := p.phone.Dial(ctx, to)
	if err != nil {
		return nil, err
	}
	return leg.NewTelegram(call, ""), nil
}

// call calls somebody, sends back what is heard, and returns when the call is over.
func (p *person) call(ctx context.Context, to string) {
	c, err := p.phone.Dial(ctx, to)
	if err != nil {
		return
	}
	c.OnRTP(func(packet *rtp.Packet) { _ = c.WriteRTP(packet) }) // what cannot be sent is lost, as it would be on the way
	defer hangup(ctx, leg.NewTelegram(c, ""))
	for {
		select {
		case _, more := <-c.Events():
			if !more {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

func (p *person) onCall(ctx context.Context, c *tgcall.Call) {
	switch behaviour(p.does.Load()) {
	case declines: // returning is declining
	case callsBack:
		select {
		case p.w.callBack <- p:
		default: // it will, anyway
		}
	case ignores:
		<-ctx.Done()
	case echoes:
		testnet.Echo(ctx, c)
	default:
		p.answer(ctx, c)
	}
}

func (p *person) answer(ctx context.Context, c *tgcall.Call) {
	l := leg.NewTelegram(c, "")
	if c.Accept(ctx) != nil {
		return
	}
	select {
	case p.w.taken <- callee{sound: l.Media(), hangup: func() { hangup(ctx, l) }}:
		<-ctx.Done()
	case <-ctx.Done():
	}
}
