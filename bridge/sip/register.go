package sip

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

const (
	expiresDefault = 5 * time.Minute
	expiresLeast   = 10 * time.Second // a registrar that grants less is asked this often all the same
	retryFirst     = 2 * time.Second
	retryMost      = 30 * time.Second // as FreeSWITCH's own gateways
	retrySilent    = 4 * time.Second  // of one that says nothing: it may be back any moment, and 32 s have passed with each try
	laterMost      = time.Minute      // whatever Retry-After says: FreeSWITCH says 300 s while it starts or ends, which takes it a few
	retryRefused   = 5 * time.Minute  // after a wrong password: whoever mends it has to look at it first
	registerWithin = 32 * time.Second
)

// Register keeps a registration until ctx or Run ends, then takes it back. It returns an error only for a Registration that can never
// work, or ErrClosed; what the registrar says is told to OnState.
func (a *Agent) Register(ctx context.Context, r Registration) error {
	leave, ok := a.enter()
	if !ok {
		return ErrClosed
	}
	defer leave()
	g, err := a.newRegistrar(r)
	if err != nil {
		return fmt.Errorf("register %q: %w", r.User, err)
	}
	ctx, cancel := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case <-a.stopping:
			cancel()
		case <-ctx.Done():
		}
	})
	g.loop(ctx)
	cancel()
	watch.Wait()
	g.leave(context.WithoutCancel(ctx))
	return nil
}

// registrar is one registration. Its exchange is the wire; everything else is time and decisions.
type registrar struct {
	Registration
	uri     sip.Uri
	expires time.Duration // asked for

	// exchange sends a REGISTER for that many seconds and returns the final response and who gave it; try counts failures.
	exchange func(ctx context.Context, expires time.Duration, try int) (*sip.Response, netip.Addr, error)
	settle   func() // what the exchanges have led to is known
	trust    func(netip.Addr) (release func())

	granted time.Duration // 0: never registered
	until   time.Time     // when it expires
	release func()        // of the registrar's trust; nil: none
	home    netip.Addr
	failed  int       // tries in a row
	hurried time.Time // until then we are in a hurry
}

func (a *Agent) newRegistrar(r Registration) (*registrar, error) {
	uri, err := parseURI(r.Registrar)
	if err != nil {
		return nil, err
	}
	if r.User == "" {
		return nil, errors.New("no user")
	}
	uri.User = "" // RFC 3261 §10.2
	if r.Domain == "" {
		r.Domain = uri.Host
	}
	if !isToken(r.Domain, "[]:") {
		return nil, fmt.Errorf("domain %q", r.Domain)
	}
	if r.AuthUser == "" {
		r.AuthUser = r.User
	}
	if r.Expires <= 0 {
		r.Expires = expiresDefault
	}
	if r.OnState == nil {
		r.OnState = func(RegistrationState) {}
	}
	line := &registerLine{a: a, r: r, uri: uri, callID: newUUID(), tag: sip.GenerateTagN(16)}
	if line.next, line.route, err = nextHop(uri, r.Proxy); err != nil {
		return nil, err
	}
	return &registrar{Registration: r, uri: uri, expires: r.Expires, exchange: line.exchange, settle: line.settle, trust: a.gate.trust}, nil
}

// loop registers, waits and registers again until ctx ends.
func (g *registrar) loop(ctx context.Context) {
	for ctx.Err() == nil {
		pause := g.once(ctx)
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-g.Again:
			timer.Stop()
			g.hurry()
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// once tries once, tells how it went, and says how long to wait.
func (g *registrar) once(ctx context.Context) (pause time.Duration) {
	granted, home, err := g.try(ctx)
	defer g.settle()
	switch {
	case ctx.Err() != nil:
		return 0
	case errors.Is(err, errAgain):
		g.hurry()
		return 0
	case err != nil && g.hurries() && !errors.Is(err, ErrAuth):
		return hurryPause // nobody wants to hear of each
	}
	if err != nil {
		if !time.Now().Before(g.until) { // a refresh that failed does not end what was granted
			g.lost()
		}
		pause = g.backoff(err)
		g.OnState(RegistrationState{Err: err, Retry: pause})
		return pause
	}
	g.failed, g.granted, g.until = 0, granted, time.Now().Add(granted)
	g.found(home)
	pause = refreshAfter(granted)
	g.OnState(RegistrationState{Registered: true, Expires: granted, Retry: pause})
	return pause
}

// try sends one REGISTER, and a second if the registrar wants a longer time (423, RFC 3261 §10.3).
func (g *registrar) try(ctx context.Context) (granted time.Duration, home netip.Addr, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, g.patience(), ErrTimeout)
	defer cancel()
	ctx, done := g.untilAgain(ctx)
	defer done()
	res, home, err := g.exchange(ctx, g.expires, g.failed)
	if err == nil && res.StatusCode == sip.StatusIntervalToBrief {
		if least := seconds(value(res, "Min-Expires")); least > g.expires && least <= 24*time.Hour {
			g.expires = least
			res, home, err = g.exchange(ctx, g.expires, g.failed)
		}
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return 0, home, fmt.Errorf("register %s: %w", g.User, context.Cause(ctx))
	case err != nil:
		return 0, home, fmt.Errorf("register %s: %w", g.User, err)
	case res.StatusCode == sip.StatusForbidden:
		return 0, home, fmt.Errorf("register %s: %w: %w", g.User, ErrAuth, statusError(res))
	case !res.IsSuccess():
		return 0, home, fmt.Errorf("register %s: %w", g.User, g.refused(res))
	}
	return g.grant(res), home, nil
}

// refused keeps a Retry-After with the refusal.
func (g *registrar) refused(res *sip.Response) error {
	err := statusError(res)
	if after := seconds(value(res, "Retry-After")); after > 0 {
		return &laterError{err, min(after, laterMost)}
	}
	return err
}

// laterError is a refusal that says when to try again.
type laterError struct {
	*StatusError
	after time.Duration
}

func (e *laterError) Unwrap() error { return e.StatusError }

// grant is the time the registrar gave our contact: its own expires parameter, the Expires header, or what we asked for.
func (g *registrar) grant(res *sip.Response) time.Duration {
	granted := g.expires
	if d := seconds(value(res, "Expires")); d > 0 {
		granted = d
	}
	for _, h := range res.GetHeaders("Contact") {
		contact, ok := h.(*sip.ContactHeader)
		if !ok || unescape(contact.Address.User) != g.User {
			continue
		}
		if v, ok := contact.Params.Get("expires"); ok {
			if d := seconds(v); d > 0 {
				granted = d
			}
		}
	}
	return granted
}

func seconds(s string) time.Duration {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}

// refreshAfter leaves room for a lost packet or two before the registration expires.
func refreshAfter(granted time.Duration) time.Duration {
	after := granted - max(granted/10, 5*time.Second)
	return max(after, expiresLeast/2)
}

// backoff is how long to wait after a failure: longer each time, and never the same for two agents that lost the same registrar.
func (g *registrar) backoff(err error) time.Duration {
	g.failed++
	var later *laterError
	var refused *StatusError
	most := retrySilent
	switch {
	case errors.Is(err, ErrAuth):
		return spread(retryRefused)
	case errors.As(err, &later):
		return spread(later.after)
	case errors.As(err, &refused):
		most = retryMost
	}
	return spread(min(retryFirst<<min(g.failed-1, 10), most))
}

// spread adds up to a quarter.
func spread(d time.Duration) time.Duration { return d + rand.N(d/4+1) }

// found lets the registrar call us.
func (g *registrar) found(home netip.Addr) {
	if g.release != nil && g.home == home {
		return
	}
	g.lost()
	g.home, g.release = home, g.trust(home)
}

func (g *registrar) lost() {
	if g.release != nil {
		g.release()
		g.release = nil
	}
}

// leave takes the registration back, and its word for how that went is the last.
func (g *registrar) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, farewell)
	defer cancel()
	g.lost()
	state := RegistrationState{}
	if g.granted > 0 {
		res, _, err := g.exchange(ctx, 0, g.failed)
		g.settle()
		switch {
		case err != nil:
			state.Err = fmt.Errorf("unregister %s: %w", g.User, err)
		case !res.IsSuccess():
			state.Err = fmt.Errorf("unregister %s: %w", g.User, statusError(res))
		}
	}
	g.OnState(state)
}
