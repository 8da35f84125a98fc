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
	lookForLogin = time.Second      // how often we look whether somebody has logged the account in
)

// telegramLine is a line's side towards Telegram: its account, and the calls of that while it runs.
type telegramLine struct {
	p     *Program
	login *Login
	log   *slog.Logger

	mu      sync.Mutex
	side    SideStatus
	serving *leg.TelegramLine // nil: the account does not run
}

// ready is what calls need, while the account is connected.
func (t *telegramLine) ready() (leg.TelegramLine, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.side.Up || t.serving == nil {
		return leg.TelegramLine{}, false
	}
	return *t.serving, true
}

func (t *telegramLine) serve(l *leg.TelegramLine) {
	t.mu.Lock()
	t.serving = l
	side := t.side
	t.mu.Unlock()
	t.p.standing(t.login.Line.Name, telegramSide, side)
}

// run keeps the account connected until ctx ends. While nobody has logged it in, it waits for that.
func (t *telegramLine) run(ctx context.Context) {
	t.login.OnMissed(t.missed)
	for busy := false; ctx.Err() == nil; {
		err := t.login.Run(ctx, t.tell, t.takeCalls)
		t.ended(err)
		switch needed := (*LoginError)(nil); {
		case err == nil:
		case errors.As(err, &needed):
			t.log.Error("no calls by this line until somebody logs it in", "err", needed.Unwrap(), "run", needed.Command)
			t.awaitLogin(ctx)
		case errors.Is(err, ErrInUse): // by a login, which takes a while
			if !busy {
				t.log.Warn("no calls by this line for now", "err", err)
			}
			pause(ctx, lookForLogin)
		default:
			t.log.Error("telegram account does not run", "err", err, "retry", retryAccount)
			pause(ctx, retryAccount)
		}
		busy = errors.Is(err, ErrInUse)
	}
}

// takeCalls has the account's calls handled, until ctx ends.
func (t *telegramLine) takeCalls(ctx context.Context, s *account.Session) error {
	o := t.login.CallOptions(s)
	line := t.line(s)
	o.Engine.Port = t.p.media
	o.OnCall, o.DHCache = func(ctx context.Context, c *tgcall.Call) { t.onCall(ctx, line, c) }, t.p.dh
	calls := tgcall.New(s.API(), o)
	s.OnUpdate(calls.Handle)
	line.Calls = calls
	t.serve(line)
	defer t.serve(nil)
	t.log.Info("line takes calls", "to", t.login.Line.To)
	return calls.Run(ctx)
}

// line is what calls need of the account while it runs.
func (t *telegramLine) line(s *account.Session) *leg.TelegramLine {
	d := t.login.Line.Digits
	l := &leg.TelegramLine{People: s, Tones: d.Telegram == "tones"}
	l.Written = &leg.Chats{}
	s.OnUpdate(l.Written.Handle)
	if d.Chat == "digits" {
		l.Chats = l.Written
	}
	return l
}

// onCall is a whole call from Telegram.
func (t *telegramLine) onCall(ctx context.Context, line *leg.TelegramLine, c *tgcall.Call) {
	l := t.login.Line
	t.p.bridge.Handle(ctx, line.Take(c, l.Name), l.To)
}

// awaitLogin returns when somebody has logged the account in, or is about to.
func (t *telegramLine) awaitLogin(ctx context.Context) {
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
