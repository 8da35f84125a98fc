package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/fetch"
)

const (
	// lookAgain is how often the queue is asked without a reason: another process may have had something replayed.
	lookAgain = 5 * time.Second
	// parkAfter is how many tries in a row have to fail for an endpoint to be parked.
	parkAfter = 10
	// mostParked is the longest pause between two tries of an endpoint that is parked.
	mostParked = 5 * time.Minute
	// lastTries is how long those that are on their way may take when Run is to end, and writing down what became of them.
	lastTries = 5 * time.Second
	// perTry bounds one try.
	perTry = 15 * time.Second
)

// lane is the way to one endpoint, and has a goroutine of its own. What is not behind mu is that goroutine's.
type lane struct {
	n        *Notifier
	endpoint *endpoint
	log      *slog.Logger
	wake     chan struct{} // room for one
	done     chan tried    // room for all that can be on their way

	away    map[int64]bool // by Seq: on their way, or not settled yet
	ready   []Delivery     // to be sent next, each of another call than these and those
	results []Result       // to be settled
	rest    time.Time      // nothing is sent before
	trouble int            // times in a row that the queue has failed

	mu     sync.Mutex
	status Status
}

// tried is what became of a try; the zero State: it was cut short.
type tried struct {
	Result
	rest time.Duration // for which the endpoint wants to be left alone
}

func newLane(n *Notifier, e *endpoint) *lane {
	return &lane{
		n: n, endpoint: e, log: n.o.Log.With("endpoint", e.Name), wake: make(chan struct{}, 1), done: make(chan tried, e.Parallel),
		away: map[int64]bool{}, status: Status{Endpoint: e.Name},
	}
}

func (l *lane) poke() {
	select {
	case l.wake <- struct{}{}:
	default: // it is going to look
	}
}

// run delivers until ctx ends.
func (l *lane) run(ctx context.Context) {
	tries, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	for ctx.Err() == nil {
		timer := time.NewTimer(l.fill(ctx, tries))
		select {
		case <-ctx.Done():
		case <-l.wake:
		case <-timer.C:
		case t := <-l.done:
			l.take(t)
		}
		timer.Stop()
		l.settle(ctx)
	}
	l.finish(tries, end)
}

// finish waits for what is on its way.
func (l *lane) finish(ctx context.Context, end context.CancelFunc) {
	hurry := time.AfterFunc(lastTries, end)
	defer hurry.Stop()
	for len(l.away) > len(l.results) {
		l.take(<-l.done)
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastTries)
	defer cancel()
	l.settle(last)
}

// fill sends as much as may be sent, and returns how long nothing else is to be expected.
func (l *lane) fill(ctx, tries context.Context) time.Duration {
	if len(l.results) > 0 { // the queue is away
		return pause(l.trouble, time.Minute)
	}
	now := time.Now()
	if wait := l.rest.Sub(now); wait > 0 {
		l.ready = nil // much can happen to them meanwhile
		return wait
	}
	next := now.Add(lookAgain)
	if free := l.free(); free > len(l.ready) {
		var err error
		if next, err = l.look(ctx, now); err != nil {
			return l.queueFailed(ctx, err)
		}
		l.trouble = 0
	}
	for l.free() > 0 && len(l.ready) > 0 {
		l.start(tries, l.ready[0])
		l.ready = l.ready[1:]
	}
	return min(max(next.Sub(now), 0), lookAgain)
}

// ahead is how many times as many as may be on their way are fetched at once, so that the queue is not asked for each.
const ahead = 8

// look fetches what is due, and tells when more will be.
func (l *lane) look(ctx context.Context, now time.Time) (next time.Time, err error) {
	due, next, err := l.n.o.Queue.Due(ctx, l.endpoint.Name, now, len(l.away)+ahead*l.endpoint.Parallel)
	if err != nil {
		return next, err
	}
	if next.IsZero() {
		next = now.Add(lookAgain)
	}
	l.ready = slices.DeleteFunc(due, func(d Delivery) bool { return l.away[d.Seq] })
	return next, nil
}

// free is how many more may be on their way.
func (l *lane) free() int {
	if l.shown().Parked {
		return 1 - len(l.away)
	}
	return l.endpoint.Parallel - len(l.away)
}

func (l *lane) queueFailed(ctx context.Context, err error) time.Duration {
	l.trouble++
	if ctx.Err() == nil {
		l.log.Warn("the queue of notifications cannot be used", "err", err)
	}
	return pause(l.trouble, time.Minute)
}

// start sends a notification. What becomes of it comes by done.
func (l *lane) start(ctx context.Context, d Delivery) {
	l.away[d.Seq] = true
	go func() {
		ctx, cancel := context.WithTimeout(ctx, perTry)
		defer cancel()
		l.done <- l.judge(ctx, d, l.endpoint.deliver(ctx, l.n.client, d))
	}()
}

// deliver sends a notification; a bug in that is its failure.
func (e *endpoint) deliver(ctx context.Context, client *fetch.Client, d Delivery) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	var r bridge.Report
	if err := json.Unmarshal(d.Event, &r); err != nil {
		return fmt.Errorf("read event: %w", err)
	}
	return e.sender.send(ctx, client, d, &r)
}

// judge says what became of a notification by a try. It stays as it was if the try was cut short by us.
func (l *lane) judge(ctx context.Context, d Delivery, err error) tried {
	if err != nil && errors.Is(ctx.Err(), context.Canceled) {
		return tried{Result: Result{Seq: d.Seq}}
	}
	now := time.Now()
	r := Result{Seq: d.Seq, State: Delivered, Attempts: d.Attempts + 1, First: d.First}
	if r.First.IsZero() {
		r.First = now
	}
	if err == nil {
		l.succeeded(d)
		return tried{Result: r}
	}
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{err: err}
	}
	r.State, r.Status, r.Err = Waiting, f.status, err.Error()
	r.Next = now.Add(max(pause(r.Attempts, mostPause), f.after))
	if f.final || r.Next.Sub(r.First) > giveUp {
		r.State = Dead
	}
	l.failed(d, r)
	if f.busy {
		return tried{r, f.after}
	}
	return tried{Result: r}
}

// succeeded notes that the endpoint works.
func (l *lane) succeeded(d Delivery) {
	l.mu.Lock()
	was := l.status
	l.status.Parked, l.status.Since, l.status.Failures, l.status.Err = false, time.Time{}, 0, ""
	l.status.Delivered++
	l.mu.Unlock()
	if was.Parked {
		l.log.Info("endpoint takes notifications again", "dur", time.Since(was.Since).Round(time.Second))
	}
	l.log.Debug("notified", "call", string(d.Call), "kind", string(d.Kind), "id", d.ID)
	l.n.o.Tried(l.endpoint.Name, Delivered)
}

// failed notes that it does not, and raises the alarm when that does not end.
func (l *lane) failed(d Delivery, r Result) {
	l.mu.Lock()
	s := &l.status
	s.Failures, s.Err, s.Failed = s.Failures+1, r.Err, s.Failed+1
	if s.Since.IsZero() {
		s.Since = time.Now()
	}
	if r.State == Dead {
		s.Dead++
	}
	alarm := s.Failures >= parkAfter && !s.Parked && !l.endpoint.composed()
	s.Parked = s.Parked || alarm
	l.mu.Unlock()
	log := l.log.With("call", string(d.Call), "kind", string(d.Kind), "id", d.ID, "err", r.Err)
	switch {
	case r.State == Dead:
		log.Error("notification given up; switchgram notify replay sends it again")
	case alarm:
		log.Error("endpoint is parked: it takes nothing, and is only tried now and then")
	default:
		log.Warn("not notified", "retry", time.Until(r.Next).Round(time.Second))
	}
	l.n.o.Tried(l.endpoint.Name, r.State)
}

// take takes what became of a try.
func (l *lane) take(t tried) {
	if t.State == "" {
		delete(l.away, t.Seq)
		return
	}
	l.results = append(l.results, t.Result)
	if t.State == Delivered {
		return
	}
	if now := l.shown(); now.Parked {
		t.rest = max(t.rest, pause(now.Failures, mostParked))
	}
	if until := time.Now().Add(t.rest); until.After(l.rest) {
		l.rest = until
	}
}

// settle writes down what became of all tries that have ended.
func (l *lane) settle(ctx context.Context) {
	for len(l.done) > 0 {
		l.take(<-l.done)
	}
	if len(l.results) == 0 {
		return
	}
	if err := l.n.o.Queue.Settle(ctx, slices.Clone(l.results)); err != nil {
		l.queueFailed(ctx, err)
		return
	}
	l.trouble = 0
	for _, r := range l.results {
		delete(l.away, r.Seq)
	}
	l.results = l.results[:0]
}

func (l *lane) shown() Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.status
}
