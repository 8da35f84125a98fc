package account

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/session"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/auth"
	"github.com/gotd/td/telegram/dcs"
	"github.com/gotd/td/telegram/updates/hook"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// link is an account's connection for the time of one Run or login: gotd's client and what we put around it.
//
// What gotd does: it connects again after 0.1 to 5 seconds, for ever, and sends again what the server had not acknowledged; it gives up when
// its key or login is refused. What it does not: say that the session was revoked if it learns that from the answer to somebody's
// request, fetch the updates missed meanwhile, keep updates in order, take the login along to another data centre, notice soon that the
// other end is dead. link does.
type link struct {
	a      *Account
	client *telegram.Client
	intake *intake
	people *people
	report *report
	pulse  *pulse
	move   move
	order  *order

	loggedIn  atomic.Bool             // from here on an unauthorised session is a revoked one
	alive     context.Context         // of run
	end       context.CancelCauseFunc // of run
	doubt     chan struct{}           // the authorisation key was replaced: are we still logged in?
	following chan struct{}           // the gap check knows where in the sequence we are, or failed to learn it
}

func newLink(a *Account) *link {
	l := &link{
		a:         a,
		people:    newPeople(a.o.Peers, a.log),
		report:    newReport(a.o.OnState, a.log),
		order:     newOrder(),
		doubt:     make(chan struct{}, 1),
		following: make(chan struct{}, 1),
	}
	l.move.l = l
	l.pulse = &pulse{silence: a.o.Silence, log: a.log, ping: func(ctx context.Context) error { return l.client.Ping(ctx) }}
	l.intake = newIntake(l, a.o.OnMissed)
	l.report.onReturn = l.intake.resync
	o := l.options()
	o.Resolver = wireResolver{Resolver: a.resolver(), order: l.order, pulse: l.pulse, move: &l.move, onNewSession: l.intake.resync}
	o.SessionStorage = watchedSession{Storage: a.o.Session, keys: &l.order.keys, changed: l.keyChanged}
	o.UpdateHandler, o.Middlewares = l.intake, l.middlewares()
	o.OnDead, o.OnConnectionState = l.report.dead, l.connection
	l.client = telegram.NewClient(a.o.AppID, a.o.AppHash, o)
	return l
}

// options are those that any connection of the account has.
func (l *link) options() telegram.Options {
	o := l.a.o
	return telegram.Options{PublicKeys: o.PublicKeys, DC: o.DC, DCList: o.DCList, MigrationTimeout: moveTimeout,
		Device: l.a.device(), Logger: gotdLog{l.a.log}}
}

// connection is telegram.Options.OnConnectionState.
func (l *link) connection(s telegram.ConnectionState) {
	switch s {
	case telegram.ConnectionStateReady:
		l.pulse.up()
	case telegram.ConnectionStateDisconnected:
		l.pulse.down()
	}
	l.report.connection(s)
}

// keyChanged: a new key belongs to nobody until a login is taken along. gotd waits for us.
func (l *link) keyChanged(before, now *session.Data) {
	l.move.begin(before, now)
	poke(l.doubt)
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
		telegram.MiddlewareFunc(l.guardStrangers),
		telegram.MiddlewareFunc(l.watchRevoked),
		telegram.MiddlewareFunc(l.watchPeople),
		telegram.MiddlewareFunc(l.watchResults),
		telegram.MiddlewareFunc(l.intake.rung.watch),
		hook.AffectedHook(l.intake.manager),
	}
}

// watchRevoked ends the link when any request is refused because the session is over. One sent before the login, such as gotd's own
// question who we are, is rightly refused and may be so late.
func (l *link) watchRevoked(next tg.Invoker) telegram.InvokeFunc {
	return func(ctx context.Context, in bin.Encoder, out bin.Decoder) error {
		loggedIn := l.loggedIn.Load()
		err := next.Invoke(ctx, in, out)
		if _, moving := in.(*tg.AuthImportAuthorizationRequest); sessionOver(err) && !moving && l.move.over(ctx) {
			err = next.Invoke(ctx, in, out)
		}
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
	l.alive, l.end = linkCtx, cancel
	var beat sync.WaitGroup
	beat.Go(func() { l.pulse.run(linkCtx) })
	giveUp := context.AfterFunc(ctx, func() { cancel(nil) }) // while there is no connection
	defer giveUp()
	var fErr error
	err := l.client.Run(linkCtx, func(alive context.Context) error {
		if !giveUp() { // too late
			return ctx.Err()
		}
		ctx, stop := context.WithCancelCause(ctx)
		defer stop(nil)
		defer context.AfterFunc(alive, func() { stop(context.Cause(linkCtx)) })()
		fErr = f(ctx)
		return fErr
	})
	why := context.Cause(linkCtx)
	cancel(nil)
	beat.Wait()
	l.move.tasks.Wait()
	err = l.outcome(ctx, why, fErr, err)
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

// ends say in plain words what became of a session, where there is more to say than that it was ended.
var ends = map[string]string{
	"AUTH_KEY_DUPLICATED":  "it was used from two places at once",
	"SESSION_EXPIRED":      "it was not used for too long",
	"USER_DEACTIVATED":     "the account was deleted",
	"USER_DEACTIVATED_BAN": "telegram has banned the account",
}

func revoked(err error) error {
	e, ok := tgerr.As(err)
	switch {
	case !ok:
		return ErrRevoked
	case ends[e.Type] != "":
		return fmt.Errorf("%w: %s (%s)", ErrRevoked, ends[e.Type], e.Type)
	default:
		return fmt.Errorf("%w (%s)", ErrRevoked, e.Type)
	}
}
