// Package notify tells others what happens to calls and lines: by webhooks that are signed, by requests and mails that are made of templates.
//
// What is to be told is a Notification. A Plan says which events become notifications (Plan.Notifications, which is pure, so that they can be
// written together with the event), a Queue keeps them, and Notifier.Run delivers them: at least once, and in order within a call. What fails is
// tried again for a day, ever more rarely, and then kept as a dead letter. An endpoint that fails all the time is parked: it is tried with one
// notification at a time, and rarely, until it takes one. Endpoints do not wait for each other.
//
// Notifier and Plan may be used from several goroutines at once.
package notify

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/fetch"
)

// Options of a Notifier. Plan and Queue are required.
type Options struct {
	Plan  *Plan
	Queue Queue
	Fetch fetch.Options // which addresses may be told, and whom to believe; Redirects and MaxBody are not asked
	Log   *slog.Logger  // nil: nothing is logged

	// Tried is told of each try that has ended, but for those that an end of Run has cut short; nil: nobody is. It must not block.
	Tried func(endpoint string, became State)
}

// Notifier delivers what a queue keeps. Make one with New; nothing is sent until Run.
type Notifier struct {
	o      Options
	client *fetch.Client
	lanes  []*lane
}

// mostAnswer is how much of an answer is read, in bytes: its status says all there is to know.
const mostAnswer = 64 << 10

// New makes a Notifier.
func New(o Options) (*Notifier, error) {
	if o.Plan == nil || o.Queue == nil {
		return nil, errors.New("notify: want a plan and a queue")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Tried == nil {
		o.Tried = func(string, State) {}
	}
	o.Fetch.Redirects, o.Fetch.MaxBody = -1, mostAnswer
	n := &Notifier{o: o, client: fetch.New(o.Fetch)}
	for _, e := range o.Plan.endpoints {
		n.lanes = append(n.lanes, newLane(n, e))
	}
	return n, nil
}

// Run delivers until ctx ends; what is on its way then gets some seconds more. It returns when everything it started is gone.
func (n *Notifier) Run(ctx context.Context) error {
	defer n.client.Close()
	var all sync.WaitGroup
	for _, l := range n.lanes {
		all.Go(func() { l.run(ctx) })
	}
	all.Wait()
	return nil
}

// Wake says that there may be something new in the queue. Without it, it is looked for every few seconds.
func (n *Notifier) Wake() {
	for _, l := range n.lanes {
		l.poke()
	}
}

// Status is how an endpoint stands.
type Status struct {
	Endpoint  string
	Parked    bool      // it fails all the time
	Since     time.Time // when it began to; zero: it does not fail
	Failures  int       // in a row
	Err       string    // of the last of these
	Delivered uint64    // since the start
	Failed    uint64    // tries
	Dead      uint64    // given up
}

// Endpoints says how every endpoint stands, in the order of the subscriptions.
func (n *Notifier) Endpoints() []Status {
	var all []Status
	for _, l := range n.lanes {
		all = append(all, l.shown())
	}
	return all
}

// Test tells an endpoint of an event, at once and past the queue, whether it has subscribed to that or not, and returns what went wrong. A Sample
// will do.
func (n *Notifier) Test(ctx context.Context, endpoint string, ev bridge.Event) error {
	e := n.o.Plan.endpoint(endpoint)
	if e == nil {
		return fmt.Errorf("notify: there is no endpoint %q; known are: %s", endpoint, cmp.Or(strings.Join(n.o.Plan.Endpoints(), ", "), "none"))
	}
	body, err := json.Marshal(ev)
	if err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	defer n.client.Close()
	return e.deliver(ctx, n.client, Delivery{Notification: newNotification(endpoint, ev, body)})
}
