package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/fetch"
)

// receiver is an endpoint that does what a test says, and keeps what it took.
type receiver struct {
	does func(ctx context.Context, d Delivery) error // nil: it takes everything

	mu    sync.Mutex
	took  []string // ids
	tries int
	most  int // that were on their way at once
	now   int
}

func (r *receiver) prepare() (sender, error) { return r, nil }

func (r *receiver) try(*bridge.Report) error { return nil }

func (r *receiver) send(ctx context.Context, _ *fetch.Client, d Delivery, _ *bridge.Report) error {
	r.mu.Lock()
	r.tries++
	r.now++
	r.most = max(r.most, r.now)
	r.mu.Unlock()
	var err error
	if r.does != nil {
		err = r.does(ctx, d)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now--
	if err == nil {
		r.took = append(r.took, d.ID)
	}
	return err
}

func (r *receiver) has() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.took)
}

// asked is how often it was tried, and how many tries there were at once, at most.
func (r *receiver) asked() (tries, most int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tries, r.most
}

// office is a notifier that runs in a bubble of synctest.
type office struct {
	*Notifier
	*memory
	t   *testing.T
	end func() // ends Run and waits for it
}

// work runs a test on an office with endpoints, by name.
func work(t *testing.T, to map[string]*receiver, test func(o *office)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var all []Subscription
		for name, r := range to {
			all = append(all, Subscription{Name: name, Events: []string{"*"}, To: r})
		}
		p, err := NewPlan(all)
		if err != nil {
			t.Fatal(err)
		}
		o := &office{memory: newMemory(), t: t}
		if o.Notifier, err = New(Options{Plan: p, Queue: o.memory}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = o.Run(ctx) })
		o.end = func() { cancel(); running.Wait() }
		defer o.end()
		test(o)
	})
}

// queue adds notifications, and lets happen what then happens at once.
func (o *office) queue(all ...Notification) {
	o.add(all...)
	o.Wake()
	synctest.Wait()
}

// pass lets time pass, in the bubble of an office.
func pass(d time.Duration) { time.Sleep(d); synctest.Wait() }

func TestWhatIsQueuedIsDeliveredAtOnce(t *testing.T) {
	slack := &receiver{}
	work(t, map[string]*receiver{"slack": slack}, func(o *office) {
		o.queue(message("slack", "c1", "a"), message("slack", "c2", "b"))
		if got := slack.has(); len(got) != 2 || o.count(Delivered) != 2 {
			t.Errorf("took %v; %d are delivered", got, o.count(Delivered))
		}
	})
}

func TestACallIsToldInOrderEvenIfTheFirstFails(t *testing.T) {
	failures := 3
	slack := &receiver{}
	slack.does = func(_ context.Context, d Delivery) error {
		if d.ID == "first" && failures > 0 {
			failures--
			return errors.New("not now")
		}
		return nil
	}
	work(t, map[string]*receiver{"slack": slack}, func(o *office) {
		o.queue(message("slack", "c1", "first"), message("slack", "c1", "second"), message("slack", "c2", "another call"))
		if got := slack.has(); !slices.Equal(got, []string{"another call"}) {
			t.Errorf("at first it took %v", got)
		}
		pass(time.Minute)
		if got := slack.has(); !slices.Equal(got, []string{"another call", "first", "second"}) {
			t.Errorf("in the end it took %v", got)
		}
	})
}

func TestAnEndpointThatAnswers500ForAnHourLosesNothingAndHoldsUpNobody(t *testing.T) {
	var until time.Time
	broken := &receiver{does: func(context.Context, Delivery) error {
		if time.Now().Before(until) {
			return &failure{status: 500, err: errors.New("answered 500")}
		}
		return nil
	}}
	fine := &receiver{}
	work(t, map[string]*receiver{"broken": broken, "fine": fine}, func(o *office) {
		until = time.Now().Add(time.Hour)
		for i := range 100 {
			id := fmt.Sprint(i)
			o.queue(message("broken", "c"+id, id), message("fine", "c"+id, id))
		}
		if got := len(fine.has()); got != 100 {
			t.Errorf("the other took %d of 100", got)
		}
		pass(30 * time.Minute)
		if s := o.status("broken"); !s.Parked || s.Failures < parkAfter || s.Err != "answered 500" {
			t.Errorf("after half an hour it stands so: %+v", s)
		}
		if n, _ := broken.asked(); n > 60 {
			t.Errorf("it was tried %d times in half an hour", n)
		}
		pass(3 * time.Hour)
		if got := len(broken.has()); got != 100 || o.status("broken").Parked {
			t.Errorf("it took %d of 100 when it worked again: %+v", got, o.status("broken"))
		}
	})
}

func (o *office) status(endpoint string) Status {
	for _, s := range o.Endpoints() {
		if s.Endpoint == endpoint {
			return s
		}
	}
	return Status{}
}

func TestAnEndpointThatHangsHoldsUpNobodyAndIsAskedLittle(t *testing.T) {
	hangs := &receiver{does: func(ctx context.Context, _ Delivery) error { <-ctx.Done(); return ctx.Err() }}
	fine := &receiver{}
	work(t, map[string]*receiver{"hangs": hangs, "fine": fine}, func(o *office) {
		for i := range 1000 {
			id := fmt.Sprint(i)
			o.add(message("hangs", "c"+id, id), message("fine", "c"+id, id))
		}
		o.Wake()
		synctest.Wait()
		pass(time.Hour)
		if len(fine.has()) != 1000 {
			t.Errorf("the other took %d of 1000", len(fine.has()))
		}
		if tries, most := hangs.asked(); most > usualParallel || tries > 60 {
			t.Errorf("%d at once, %d in an hour", most, tries)
		}
	})
}

func TestWhatNobodyTakesForADayIsADeadLetterAndCanBeReplayed(t *testing.T) {
	broken := true
	slack := &receiver{}
	slack.does = func(context.Context, Delivery) error {
		if broken {
			return errors.New("no")
		}
		return nil
	}
	work(t, map[string]*receiver{"slack": slack}, func(o *office) {
		o.queue(message("slack", "c1", "a"))
		pass(22 * time.Hour)
		if o.count(Dead) != 0 {
			t.Error("given up before a day is over")
		}
		pass(3 * time.Hour)
		dead, _ := o.List(o.t.Context(), Filter{State: Dead})
		if len(dead) != 1 || dead[0].Err != "no" || dead[0].Attempts < 20 || dead[0].Attempts > 60 {
			t.Fatalf("dead letters: %+v", dead)
		}
		broken = false
		if n, _ := o.Replay(o.t.Context(), Filter{}, time.Now()); n != 1 {
			t.Errorf("replayed %d", n)
		}
		pass(10 * time.Minute) // it is parked
		if got := slack.has(); !slices.Equal(got, []string{"a"}) {
			t.Errorf("took %v", got)
		}
	})
}

func TestAnEndpointThatIsGoneIsNotAskedAgain(t *testing.T) {
	gone := &receiver{does: func(context.Context, Delivery) error {
		return &failure{status: 410, final: true, err: errors.New("gone")}
	}}
	work(t, map[string]*receiver{"gone": gone}, func(o *office) {
		o.queue(message("gone", "c1", "a"))
		pass(time.Hour)
		if tries, _ := gone.asked(); tries != 1 || o.count(Dead) != 1 {
			t.Errorf("%d tries, %d dead", tries, o.count(Dead))
		}
	})
}

func TestAnEndpointThatIsBusyIsLeftAloneForAsLongAsItAsks(t *testing.T) {
	var at []time.Duration
	var began time.Time
	busy := &receiver{}
	busy.does = func(context.Context, Delivery) error {
		at = append(at, time.Since(began))
		if len(at) == 1 {
			return &failure{status: 429, busy: true, after: 10 * time.Minute, err: errors.New("too many")}
		}
		return nil
	}
	work(t, map[string]*receiver{"busy": busy}, func(o *office) {
		began = time.Now()
		o.queue(message("busy", "c1", "a"))
		pass(time.Minute)
		o.queue(message("busy", "c2", "b"))
		pass(20 * time.Minute)
		if len(at) != 3 || at[1] < 10*time.Minute || len(busy.has()) != 2 {
			t.Errorf("tried at %v", at)
		}
	})
}

func TestWhileTheQueueIsAwayNothingIsSentTwiceAndItIsWrittenAfter(t *testing.T) {
	slack := &receiver{}
	work(t, map[string]*receiver{"slack": slack}, func(o *office) {
		slack.does = func(_ context.Context, d Delivery) error { o.gone(d.ID == "a"); return nil }
		o.queue(message("slack", "c1", "a"))
		pass(10 * time.Minute)
		if tries, _ := slack.asked(); tries != 1 {
			t.Errorf("%d tries while the queue is away", tries)
		}
		o.gone(false)
		o.queue(message("slack", "c2", "b"))
		pass(2 * time.Minute)
		if got := slack.has(); len(got) != 2 || o.count(Delivered) != 2 {
			t.Errorf("took %v, %d delivered", got, o.count(Delivered))
		}
	})
}

func (m *memory) gone(away bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.away = away
}

func TestWhatIsOnItsWayAtTheEndMayArriveAndTheRestWaits(t *testing.T) {
	slow := &receiver{does: func(ctx context.Context, d Delivery) error {
		wait := 2 * time.Second
		if d.ID == "slower" {
			wait = time.Minute
		}
		select {
		case <-time.After(wait):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
	work(t, map[string]*receiver{"slow": slow}, func(o *office) {
		o.queue(message("slow", "c1", "a"), message("slow", "c2", "slower"), message("slow", "c1", "later"))
		o.end()
		all, _ := o.List(context.Background(), Filter{})
		if all[0].State != Delivered || all[1].State != Waiting || all[1].Attempts != 0 || all[2].State != Waiting {
			t.Errorf("afterwards: %+v", all)
		}
	})
}

func TestATemplateThatPanicsIsOneFailure(t *testing.T) {
	bomb := &receiver{does: func(context.Context, Delivery) error { panic("boom") }}
	work(t, map[string]*receiver{"bomb": bomb}, func(o *office) {
		o.queue(message("bomb", "c1", "a"))
		if s := o.status("bomb"); s.Failures != 1 || s.Err != "panic: boom" {
			t.Errorf("stands so: %+v", s)
		}
	})
}
