// Package program is a running Switchgram: it wires a configuration into Telegram accounts, a SIP agent and a bridge between them.
//
// New makes a Program, Run serves until its context ends and then drains: new calls are refused, running ones get some time. There are no
// rules of the call here; those are in package bridge, and who may call whom is in package bridge/line.
package program

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync"

	"github.com/gotd/td/session"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/dcs"

	"switchgram/bridge"
	"switchgram/bridge/leg"
	"switchgram/bridge/sip"
	"switchgram/tgcall"
)

// Options are what a configuration file does not say. The zero value is what `switchgram run` uses.
type Options struct {
	Sink    bridge.Sink // hears what happens to calls; nil: nobody does
	Network *Network    // another Telegram than the real one; nil: Telegram
	Log     *slog.Logger
}

// Network is a Telegram network on this machine, for tests and the demo.
type Network struct {
	AppID     int
	AppHash   string
	DCList    dcs.List
	PublicKey telegram.PublicKey
	Session   func(account string) session.Storage // a logged-in session of the account
}

// Program is a running Switchgram. Its methods may be called concurrently.
type Program struct {
	config *Config
	o      Options
	log    *slog.Logger
	agent  *sip.Agent
	bridge *bridge.Bridge
	dh     *tgcall.DHCache
	sip    map[string]leg.FreeSWITCHLine // by line

	mu       sync.Mutex
	telegram map[string]leg.TelegramLine // by line; accounts come and go
}

// New opens the SIP sockets and reads every secret, so that what is wrong with either is known now. It starts nothing; a Program that is
// never run is closed with Close.
func New(c *Config, o Options) (*Program, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	p := &Program{config: c, o: o, log: o.Log, dh: tgcall.NewDHCache(), telegram: map[string]leg.TelegramLine{}}
	if err := p.open(); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

func (p *Program) open() (err error) {
	if p.agent, err = sip.New(p.sipOptions()); err != nil {
		return err
	}
	if p.sip, err = p.sipLines(); err != nil {
		return err
	}
	p.bridge, err = bridge.New(bridge.Options{
		Dialers: map[string]bridge.Dialer{
			"tg":  &leg.TelegramDialer{Line: p.telegramLine},
			"sip": &leg.FreeSWITCHDialer{Line: p.sipLine},
		},
		Gate:        p.config.registry,
		Sink:        p.o.Sink,
		Log:         p.log,
		RingTimeout: p.config.RingTimeout,
	})
	return err
}

// Close frees the sockets of a Program that was never run; one that runs ends with Run's context.
func (p *Program) Close() error {
	if p.agent == nil {
		return nil
	}
	return p.agent.Close()
}

// SIPAddr is where we listen for SIP; network is "udp" or "tcp".
func (p *Program) SIPAddr(network string) netip.AddrPort { return p.agent.Addr(network) }

// Run serves until ctx ends. Then new calls are refused with 503 and running ones may go on for Config.Drain; after that every Telegram call is
// discarded and every dialog ended. When Run returns, everything it started is gone.
func (p *Program) Run(ctx context.Context) error {
	work, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(nil)
	var all sync.WaitGroup
	all.Go(func() { stop(p.agent.Run(work)) })
	select {
	case <-p.agent.Ready():
		p.runLines(work, &all)
	case <-work.Done():
	}
	select {
	case <-ctx.Done():
		p.drain(work)
	case <-work.Done(): // without SIP there is nothing to do
	}
	stop(nil)
	all.Wait()
	if err := context.Cause(work); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func (p *Program) runLines(ctx context.Context, all *sync.WaitGroup) {
	for _, l := range p.config.registry.Lines() {
		all.Go(func() { p.register(ctx, l) })
		all.Go(func() { p.runAccount(ctx, l) })
	}
}

// drain lets running calls go on for a while.
func (p *Program) drain(ctx context.Context) {
	p.agent.Drain()
	if n := len(p.bridge.Calls()); n > 0 {
		p.log.Info("waiting for calls to end", "calls", n, "dur", p.config.Drain)
	}
	ctx, cancel := context.WithTimeout(ctx, p.config.Drain)
	defer cancel()
	if err := p.bridge.Shutdown(ctx); err != nil {
		p.log.Info("hung up the calls that were left", "err", err)
	}
}
