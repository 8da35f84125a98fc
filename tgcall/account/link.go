package account

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/auth"
	"github.com/gotd/td/telegram/dcs"
	"github.com/gotd/td/telegram/updates/hook"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// link is an account's connection for the time of one Run or login: gotd's client and what we put around it.
//
// What gotd does: it connects again after 0.1 to 5 seconds, for ever, and sends again what the server had not acknowledged; it notices a
// dead peer by pings (every 60 seconds, 15 to answer); it gives up when its key or login is refused. What it does not: say that
// the session was revoked if it learns that from the answer to somebody's request, fetch the updates missed meanwhile, keep updates
// in order. link does.
type link struct {
	a      *Account
	client *telegram.Client
	intake *intake
	people *people
	report *report

	loggedIn  atomic.Bool             // from here on an unauthorised session is a revoked one
	end       context.CancelCauseFunc // of run
	doubt     chan struct{}           // the authorisation key was replaced: are we still logged in?
	following chan struct{}           // the gap check knows where in the sequence we are, or failed to learn it
}

func newLink(a *Account) *link {
	l := &link{
		a:         a,
		people:    newPeople(a.o.Peers, a.log),
		report:    newReport(a.o.OnState, a.log),
		doubt:     make(chan struct{}, 1),
		following: make(chan struct{}, 1),
	}
	o := newOrder()
	l.intake = newIntake(o, l.people, a.log)
	l.report.onReturn = l.intake.resync
	l.client = telegram.NewClient(a.o.AppID, a.o.AppHash, telegram.Options{
		PublicKeys: a.o.PublicKeys,
		DC:         a.o.DC,
		DCList:     a.o.DCList,
		Resolver:   orderedResolver{Resolver: a.resolver(), order: o},
		SessionStorage: watchedSession{
			Storage: a.o.Session, keys: &o.keys, changed: func() { poke(l.doubt) },
		},
		UpdateHandler:     l.intake,
		Middlewares:       l.middlewares(),
		OnDead:            l.report.dead,
		OnConnectionState: l.report.connection,
		Device:            a.device(),
		Logger:            gotdLog{a.log},
	})
	return l
}

func (a *Account) resolver() dcs.Resolver {
	if a.o.Resolver != nil {
		return a.o.Resolver
	}
	return dcs.DefaultResolver()
}

func (a *Account) device() telegram.DeviceConfig {
	d := telegram.DeviceConfig{DeviceModel: a.o.Device.Model, SystemVersion: a.o.Device.System, AppVersion: a.o.Device.Version}
	if d.DeviceModel == "" {
		d.DeviceModel = "Switchgram"
	}
	if d.SystemVersion == "" {
		d.SystemVersion = runtime.GOOS
	}
	if d.AppVersion == "" {
		d.AppVersion = "1.0"
	}
	return d
}

// middlewares see every request, the first one first: what may not be sent goes no further.
func (l *link) middlewares() []telegram.Middleware {
	return []telegram.Middleware{
		l.a.budget,
		telegram.MiddlewareFunc(l.watchRevoked),
		telegram.MiddlewareFunc(l.watchResults),
		hook.AffectedHook(l.intake.manager),
	}
}

// watchRevoked ends the link when any request is refused because the session is over. One sent before the login, such as gotd's own
// question who we are, is rightly refused and may be so late.
func (l *link) watchRevoked(next tg.Invoker) telegram.InvokeFunc {
	return func(ctx context.Context, in bin.Encoder, out bin.Decoder) error {
		loggedIn := l.loggedIn.Load()
		err := next.Invoke(ctx, in, out)
		if loggedIn && sessionOver(err) {
			l.end(revoked(err))
		}
		return err
	}
}

// watchResults gives updates that answer a request to the intake.
func (l *link) watchResults(next tg.Invoker) telegram.InvokeFunc {
	return func(ctx context.Context, in bin.Encoder, out bin.Decoder) error {
		if err := next.Invoke(ctx, in, out); err != nil {
			return err
		}
		if box, ok := out.(*tg.UpdatesBox); ok {
			l.intake.takeResult(box.Updates)
		}
		return nil
	}
}

// run connects and calls f, whose context ends with ctx and with the link. The link itself outlives ctx until f has returned, so that f can
// still tell Telegram that it ends, as of calls. It returns f's error, ErrRevoked, what made gotd give up, or nil when ctx ended.
func (l *link) run(ctx context.Context, f func(context.Context) error) error {
	linkCtx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	l.end = cancel
	giveUp := context.AfterFunc(ctx, func() { cancel(nil) }) // while there is no connection
	defer giveUp()
	var fErr error
	err := l.client.Run(linkCtx, func(alive context.Context) error {
		if !giveUp() { // too late
			return ctx.Err()
		}
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		defer context.AfterFunc(alive, stop)()
		fErr = f(ctx)
		return fErr
	})
	err = l.outcome(ctx, context.Cause(linkCtx), fErr, err)
	if errors.Is(err, ErrRevoked) {
		l.forget(ctx)
	}
	l.report.ended(err)
	return err
}

// outcome says why the link ended: what Telegram said about the session explains the errors that followed from it.
func (l *link) outcome(ctx context.Context, cause, fErr, err error) error {
	switch {
	case errors.Is(cause, ErrRevoked):
		return cause
	case ctx.Err() != nil:
		return nil
	case sessionOver(err):
		return revoked(err)
	case fErr != nil && !errors.Is(fErr, context.Canceled):
		return fErr
	case err != nil:
		return fmt.Errorf("telegram connection: %w", err)
	}
	return fErr
}

// forget removes a session that is of no use any more, so that the next login begins with a new key: Telegram refuses some old ones
// (AUTH_KEY_DUPLICATED) even for that.
func (l *link) forget(ctx context.Context) {
	if err := l.a.o.Session.StoreSession(context.WithoutCancel(ctx), nil); err != nil {
		l.a.log.Warn("revoked session not removed", "err", err)
	}
}

// self asks who we are. If nobody is logged in it is ErrLoginNeeded.
func (l *link) self(ctx context.Context) (Person, error) {
	u, err := l.client.Self(ctx)
	switch {
	case tgerr.Is(err, "AUTH_KEY_UNREGISTERED"):
		return Person{}, ErrLoginNeeded
	case sessionOver(err):
		return Person{}, revoked(err)
	case auth.IsUnauthorized(err):
		return Person{}, ErrLoginNeeded
	case err != nil:
		return Person{}, fmt.Errorf("who am I: %w", err)
	}
	return l.welcome(u), nil
}

// welcome notes that we are logged in as u.
func (l *link) welcome(u *tg.User) Person {
	self := personOf(u)
	l.people.setSelf(self.ID)
	l.loggedIn.Store(true)
	l.report.up(self)
	return self
}

// sessionOver says that an error means the end of the session (https://core.telegram.org/api/errors#401-unauthorized and 406).
func sessionOver(err error) bool {
	return tgerr.Is(err, "AUTH_KEY_UNREGISTERED", "AUTH_KEY_INVALID", "AUTH_KEY_PERM_EMPTY", "AUTH_KEY_DUPLICATED",
		"SESSION_REVOKED", "SESSION_EXPIRED", "USER_DEACTIVATED", "USER_DEACTIVATED_BAN")
}

func revoked(err error) error {
	if e, ok := tgerr.As(err); ok {
		return fmt.Errorf("%w (%s)", ErrRevoked, e.Type)
	}
	return ErrRevoked
}
