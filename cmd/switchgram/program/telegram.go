package program

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"switchgram/bridge/leg"
	"switchgram/tgcall"
	"switchgram/tgcall/account"
)

const (
	retryAccount = 30 * time.Second // until an account that could not be run is tried again
	lookForLogin = time.Second      // how often we look whether somebody has logged the account in, or let go of it
)

// telegramLine is a line's side towards Telegram: its account, and the calls of that while it runs.
type telegramLine struct {
	p     *Program
	login *Login
	log   *slog.Logger

	mu      sync.Mutex
	up      bool              // connected
	serving *leg.TelegramLine // nil: the account does not run
}

// ready is what calls need, while the account is connected.
func (t *telegramLine) ready() (leg.TelegramLine, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.up || t.serving == nil {
		return leg.TelegramLine{}, false
	}
	return *t.serving, true
}

func (t *telegramLine) onState(s account.State) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.up = s.Kind == account.Up
}

func (t *telegramLine) serve(l *leg.TelegramLine) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.serving = l
}

// run keeps the account connected until ctx ends. While nobody has logged it in, it waits for that.
func (t *telegramLine) run(ctx context.Context) {
	for ctx.Err() == nil {
		switch err := t.runOnce(ctx); {
		case err == nil:
		case errors.Is(err, account.ErrLoginNeeded), errors.Is(err, account.ErrRevoked):
			t.awaitLogin(ctx, err)
		default:
			t.log.Error("telegram account does not run", "err", err, "retry", retryAccount)
			pause(ctx, retryAccount)
		}
	}
}

// runOnce connects the account and has its calls handled, until ctx ends or the account cannot go on.
func (t *telegramLine) runOnce(ctx context.Context) error {
	if stored, err := t.login.stored(ctx); err != nil || len(stored) == 0 {
		return errors.Join(err, account.ErrLoginNeeded) // without asking Telegram
	}
	a, release, err := t.open(ctx)
	if err != nil {
		return err
	}
	defer release()
	l := t.login.Line
	return a.Run(ctx, func(ctx context.Context, s *account.Session) error {
		calls := tgcall.New(s.API(), tgcall.Options{
			Self: s.Self().ID, OnCall: t.onCall, Engine: t.login.Engine(), DHCache: t.p.dh, Log: t.log,
		})
		s.OnUpdate(calls.Handle)
		t.serve(&leg.TelegramLine{Calls: calls, People: s})
		t.log.Info("line takes calls", "to", l.To)
		defer t.serve(nil)
		return calls.Run(ctx)
	})
}

// open waits for the account if another process has it, such as a login.
func (t *telegramLine) open(ctx context.Context) (*account.Account, func(), error) {
	for try := 0; ; try++ {
		a, release, err := t.login.Open(t.onState)
		if !errors.Is(err, ErrInUse) {
			return a, release, err
		}
		if try == 0 {
			t.log.Warn("waiting for the telegram account", "err", err)
		}
		if pause(ctx, lookForLogin); ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
	}
}

// onCall is a whole call from Telegram.
func (t *telegramLine) onCall(ctx context.Context, c *tgcall.Call) {
	l := t.login.Line
	t.p.bridge.Handle(ctx, leg.NewTelegram(c, l.Name), l.To)
}

// awaitLogin says what has to be done, and returns when somebody has done it.
func (t *telegramLine) awaitLogin(ctx context.Context, why error) {
	t.log.Error("no calls by this line until somebody logs it in", "err", why, "run", t.login.command)
	before, _ := t.login.stored(ctx) // what cannot be read is the next try's trouble
	for now := before; bytes.Equal(now, before) && ctx.Err() == nil; now, _ = t.login.stored(ctx) {
		pause(ctx, lookForLogin)
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
