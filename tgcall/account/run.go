package account

import (
	"context"
	"errors"
	"time"

	"github.com/gotd/td/session"
	"github.com/gotd/td/telegram/updates"
	"golang.org/x/sync/errgroup"
)

// Run connects, and once the account is known to be logged in calls serve with its Session; it returns when serve does. Lost
// connections are made again, which serve notices only by slow answers and OnState by its States.
//
// When ctx ends, so does that of serve, but the connection stays until serve has returned: what serve has to tell Telegram at the end, such as
// that a call is over, it may still send, with a context that outlives its own.
//
// It returns serve's error, nil when ctx ended, ErrLoginNeeded, ErrRevoked when the session was ended from outside (the context of serve
// ends then, with that as its cause), ErrBusy, or an error of the session storage.
func (a *Account) Run(ctx context.Context, serve func(ctx context.Context, s *Session) error) error {
	return a.connect(ctx, func(ctx context.Context, l *link) error {
		self, err := l.self(ctx)
		if err != nil {
			return err
		}
		return l.serve(ctx, self, serve)
	})
}

// connect makes a link that lasts as long as f.
func (a *Account) connect(ctx context.Context, f func(context.Context, *link) error) error {
	if !a.busy.CompareAndSwap(false, true) {
		return ErrBusy
	}
	defer a.busy.Store(false)
	if _, err := a.o.Session.LoadSession(ctx); err != nil && !errors.Is(err, session.ErrNotFound) {
		return err // before anything else, and in its own words
	}
	l := newLink(a)
	return l.run(ctx, func(ctx context.Context) error { return f(ctx, l) })
}

// serve runs what a Session stands on for as long as f runs.
func (l *link) serve(ctx context.Context, self Person, f func(context.Context, *Session) error) error {
	s := &Session{
		api:            l.client.API(),
		self:           self,
		people:         l.people,
		queue:          l.intake.queue,
		freshFor:       l.a.o.Fresh,
		importContacts: l.a.o.ImportContacts,
		log:            l.a.log,
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var g errgroup.Group
	for _, run := range []func(context.Context) error{l.intake.queue.run, l.follow, l.people.write, l.settleDoubts} {
		g.Go(func() error { return run(ctx) })
	}
	g.Go(func() error {
		l.a.o.Ledger.keep(ctx, l.a.log)
		return nil
	})
	select { // what is sent to us from now on is an update
	case <-l.following:
	case <-ctx.Done():
	}
	err := f(ctx, s)
	cancel()
	return errors.Join(err, g.Wait())
}

// follow keeps the gap check running.
func (l *link) follow(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := l.followOnce(ctx); err != nil && ctx.Err() == nil {
			l.a.log.Warn("updates are not in sequence, trying again", "err", err)
		}
		l.intake.manager.Reset()
		poke(l.following) // calls work all the same
		pause(ctx, followAgain)
	}
	return nil
}

// followAgain is how long after the gap check failed it starts again.
const followAgain = 5 * time.Second

// followOnce runs gotd's manager, and feeds it once it knows where in the sequence we are.
func (l *link) followOnce(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var g errgroup.Group
	err := l.intake.manager.Run(ctx, l.client.API(), l.people.whose(), updates.AuthOptions{
		OnStart: func(ctx context.Context) {
			poke(l.following)
			g.Go(func() error { return l.intake.feed(ctx) })
		},
	})
	cancel()
	return errors.Join(err, g.Wait())
}

// settleDoubts asks who we are whenever the authorisation key was replaced: a new key belongs to nobody, and watchRevoked sees the answer.
func (l *link) settleDoubts(ctx context.Context) error {
	for {
		select {
		case <-l.doubt:
			if _, err := l.client.Self(ctx); err != nil {
				l.a.log.Debug("authorisation key was replaced", "err", err)
			}
		case <-ctx.Done():
			return nil
		}
	}
}
