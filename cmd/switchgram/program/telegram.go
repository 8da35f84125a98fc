package program

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/gotd/td/telegram"

	"switchgram/bridge/leg"
	"switchgram/bridge/line"
	"switchgram/tgcall"
	"switchgram/tgcall/account"
)

// retryAccount is the pause before an account that could not be run is tried again.
const retryAccount = 30 * time.Second

// telegramLine finds a line's account, while it is connected.
func (p *Program) telegramLine(name string) (leg.TelegramLine, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l, ok := p.telegram[name]
	return l, ok
}

// connected makes the line's account known until the returned function is called.
func (p *Program) connected(name string, l leg.TelegramLine) (gone func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.telegram[name] = l
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.telegram, name)
	}
}

// runAccount keeps the line's account connected until ctx ends, or somebody has to log it in again.
func (p *Program) runAccount(ctx context.Context, l *line.Line) {
	log := p.log.With("line", l.Name)
	for ctx.Err() == nil {
		err := p.runAccountOnce(ctx, l, log)
		if errors.Is(err, account.ErrLoginNeeded) || errors.Is(err, account.ErrRevoked) {
			log.Error("the line cannot call until somebody logs it in", "err", err)
			return
		}
		if err != nil {
			log.Error("telegram account", "err", err)
			pause(ctx, retryAccount)
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

func (p *Program) runAccountOnce(ctx context.Context, l *line.Line, log *slog.Logger) error {
	o, err := p.accountOptions(l, log)
	if err != nil {
		return err
	}
	a, err := account.New(o)
	if err != nil {
		return err
	}
	return a.Run(ctx, func(ctx context.Context, s *account.Session) error {
		log.Info("telegram account is up", "tg_user", s.Self().ID)
		calls := tgcall.New(s.API(), p.callOptions(l, s, log))
		s.OnUpdate(calls.Handle)
		defer p.connected(l.Name, leg.TelegramLine{Calls: calls, People: s})()
		return calls.Run(ctx)
	})
}

func (p *Program) accountOptions(l *line.Line, log *slog.Logger) (account.Options, error) {
	onState := func(s account.State) { log.Debug("telegram account", "state", s.String()) }
	if n := p.o.Network; n != nil {
		return account.Options{
			AppID: n.AppID, AppHash: n.AppHash, Session: n.Session(l.Account), OnState: onState, Log: log,
			DCList: n.DCList, PublicKeys: []telegram.PublicKey{n.PublicKey},
		}, nil
	}
	o, err := p.config.AccountOptions(l.Name, log)
	o.OnState = onState
	return o, err
}

func (p *Program) callOptions(l *line.Line, s *account.Session, log *slog.Logger) tgcall.Options {
	return tgcall.Options{
		Self:    s.Self().ID,
		DHCache: p.dh,
		Log:     log,
		Engine:  tgcall.EngineOptions{Loopback: p.o.Network != nil, RelayOnly: l.Media == line.Relay},
		OnCall: func(ctx context.Context, c *tgcall.Call) {
			p.bridge.Handle(ctx, leg.NewTelegram(c, l.Name), l.To)
		},
	}
}
