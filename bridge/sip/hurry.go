package sip

import (
	"context"
	"errors"
	"sync"
	"time"
)

// A registrar of which Registration.Again says that it is back is asked at once and, since it may not have got as far as SIP yet, again and again
// for a while, whatever it asks for: FreeSWITCH that starts wants to be left alone for five minutes and is ready in two seconds.
const (
	hurryFor    = 15 * time.Second
	hurryPause  = 300 * time.Millisecond
	hurryWithin = time.Second // it answers, or is asked anew
)

// errAgain is why a try was given up for another.
var errAgain = errors.New("sip: the registrar is back")

// hurry begins such a while.
func (g *registrar) hurry() { g.failed, g.hurried = 0, time.Now().Add(hurryFor) }

func (g *registrar) hurries() bool { return time.Now().Before(g.hurried) }

// patience is how long a try may take.
func (g *registrar) patience() time.Duration {
	if g.hurries() {
		return hurryWithin
	}
	return registerWithin
}

// untilAgain is a context that ends with errAgain when Again says so; done is called when it is needed no more.
func (g *registrar) untilAgain(ctx context.Context) (until context.Context, done func()) {
	until, cancel := context.WithCancelCause(ctx)
	var listening sync.WaitGroup
	listening.Go(func() {
		select {
		case <-g.Again:
			cancel(errAgain)
		case <-until.Done():
		}
	})
	return until, func() {
		cancel(nil)
		listening.Wait()
	}
}
