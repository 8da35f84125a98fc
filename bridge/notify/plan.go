package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/fetch"
)

// Subscription says which events are told to which endpoint.
type Subscription struct {
	Name       string   // of the endpoint, for logs, lists and metrics; it stays with what is queued
	Events     []string // kinds of events, or patterns of them: "call.missed", "line.*"
	Lines      []string // whose; empty: of all
	Directions []string // of calls: in, out, inside; empty: all
	Parallel   int      // notifications that are on their way at once, each of another call; 0: 4
	To         Target
}

// composed tells whether what the endpoint is told is not of our making.
func (s Subscription) composed() bool {
	switch s.To.(type) {
	case Requests, Letters:
		return true
	}
	return false
}

// Target is an endpoint: HTTP, Mail, Requests or Letters.
type Target interface{ prepare() (sender, error) }

// sender is a Target that is ready for use.
type sender interface {
	// try tells whether a notification can be made of that.
	try(r *bridge.Report) error
	// send delivers one; r is its Event.
	send(ctx context.Context, client *fetch.Client, d Delivery, r *bridge.Report) error
}

const (
	usualParallel = 4
	mostParallel  = 64
)

// Plan is subscriptions that have been checked. It never changes.
type Plan struct{ endpoints []*endpoint }

type endpoint struct {
	Subscription
	sender sender
	kinds  []bridge.EventKind // that it is to hear of
}

// NewPlan checks subscriptions, and makes something of every template to see that it works. Errors are *SubscriptionError, joined, and show no
// secrets.
func NewPlan(all []Subscription) (*Plan, error) {
	p, seen := &Plan{}, map[string]bool{}
	var wrong []error
	for i, s := range all {
		e, err := newEndpoint(s)
		if err == nil && seen[s.Name] {
			err = errors.New("there are two of that name")
		}
		if err != nil {
			wrong = append(wrong, &SubscriptionError{Index: i, Name: s.Name, Err: err})
		}
		seen[s.Name] = true
		p.endpoints = append(p.endpoints, e)
	}
	return p, errors.Join(wrong...)
}

// SubscriptionError is what is wrong with a subscription.
type SubscriptionError struct {
	Index int // in the list
	Name  string
	Err   error
}

// Error names the subscription.
func (e *SubscriptionError) Error() string { return fmt.Sprintf("subscription %q: %v", e.Name, e.Err) }

// Unwrap is the error underneath.
func (e *SubscriptionError) Unwrap() error { return e.Err }

func newEndpoint(s Subscription) (*endpoint, error) {
	switch {
	case s.Name == "":
		return nil, errors.New("want a name")
	case len(s.Events) == 0 && !s.composed():
		return nil, errors.New("want events, such as call.missed")
	case s.Parallel < 0 || s.Parallel > mostParallel:
		return nil, fmt.Errorf("parallel %d: want 1 to %d", s.Parallel, mostParallel)
	case s.To == nil:
		return nil, errors.New("want an endpoint")
	}
	if s.Parallel == 0 {
		s.Parallel = usualParallel
	}
	for _, d := range s.Directions {
		if d != bridge.Inward && d != bridge.Outward && d != bridge.Inside {
			return nil, fmt.Errorf("direction %q: want in, out or inside", d)
		}
	}
	sender, err := s.To.prepare()
	if err != nil {
		return nil, err
	}
	e := &endpoint{Subscription: s, sender: sender}
	return e, e.try()
}

// try looks which kinds of events every pattern fits, and makes something of a sample of each.
func (e *endpoint) try() error {
	for _, pattern := range e.Events {
		kinds := bridge.KindsLike(pattern)
		if len(kinds) == 0 {
			return fmt.Errorf("event %q: there is none of that kind; there are %v", pattern, bridge.EventKinds)
		}
		e.kinds = append(e.kinds, kinds...)
		for _, k := range kinds {
			r := Sample(k, time.Now()).Report()
			if err := e.sender.try(&r); err != nil {
				return fmt.Errorf("with an event %s: %w", k, err)
			}
		}
	}
	return nil
}

// wants tells whether the endpoint is to hear of an event.
func (e *endpoint) wants(ev bridge.Event) bool {
	if !slices.Contains(e.kinds, ev.Kind) || len(e.Lines) > 0 && !slices.Contains(e.Lines, ev.Line) {
		return false
	}
	return len(e.Directions) == 0 || ev.From == "" || slices.Contains(e.Directions, bridge.DirectionOf(ev.From, ev.To))
}

// Notifications are what an event makes: the same event makes the same ones. It does nothing else, and fits a store's transaction.
func (p *Plan) Notifications(ev bridge.Event) []Notification {
	var all []Notification
	var body []byte
	for _, e := range p.endpoints {
		if !e.wants(ev) {
			continue
		}
		if body == nil {
			var err error
			if body, err = json.Marshal(ev); err != nil {
				return nil // an event has nothing that JSON has not
			}
		}
		all = append(all, newNotification(e.Name, ev, body))
	}
	return all
}

// Endpoints are the names of the endpoints, in the order of the subscriptions.
func (p *Plan) Endpoints() []string {
	var all []string
	for _, e := range p.endpoints {
		all = append(all, e.Name)
	}
	return all
}

func (p *Plan) endpoint(name string) *endpoint {
	for _, e := range p.endpoints {
		if e.Name == name {
			return e
		}
	}
	return nil
}
