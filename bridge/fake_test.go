package bridge

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/media"
)

// fakeLeg is a leg that does what a test says. It obeys the contract of Leg unless told not to.
type fakeLeg struct {
	id     LegID
	to     Address
	line   string
	events chan LegEvent

	answers func(ctx context.Context) error // nil: at once
	hangs   func(ctx context.Context) error // nil: at once
	deaf    bool                            // does not end when hung up
	loud    bool                            // its sound panics
	sound   sound
	wire    media.Stream // in place of sound

	mu       sync.Mutex
	rings    int
	answered bool
	causes   []Cause // of Hangup
	wait     time.Duration
	ended    bool
}

func newLeg(scheme, user string) *fakeLeg {
	return &fakeLeg{id: LegID("leg-" + user), to: Address{scheme, user}, line: "main", events: make(chan LegEvent, 16)}
}

func (l *fakeLeg) ID() LegID               { return l.id }
func (l *fakeLeg) Address() Address        { return l.to }
func (l *fakeLeg) Party() Party            { return Party{Number: l.to.User} }
func (l *fakeLeg) Line() string            { return l.line }
func (l *fakeLeg) Events() <-chan LegEvent { return l.events }
func (l *fakeLeg) Describe() Description   { return Description{Protocol: "fake"} }

func (l *fakeLeg) Media() media.Stream {
	if l.loud {
		panic("boom")
	}
	if l.wire != nil {
		return l.wire
	}
	return &l.sound
}

func (l *fakeLeg) Ring(context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rings++
	return nil
}

func (l *fakeLeg) Answer(ctx context.Context) error {
	if l.answers != nil {
		if err := l.answers(ctx); err != nil {
			return err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answered = true
	return nil
}

func (l *fakeLeg) Hangup(ctx context.Context, c Cause) error {
	if l.hangs != nil {
		if err := l.hangs(ctx); err != nil {
			return err
		}
	}
	l.mu.Lock()
	l.causes = append(l.causes, c)
	deaf := l.deaf
	l.mu.Unlock()
	if !deaf {
		l.end(Ended{Cause: c})
	}
	return nil
}

// say lets things happen to the leg.
func (l *fakeLeg) say(events ...LegEvent) {
	for _, ev := range events {
		l.events <- ev
	}
}

// end ends the leg, once.
func (l *fakeLeg) end(e Ended) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return
	}
	l.ended = true
	l.events <- e
	close(l.events)
}

// leaves ends it from the far end.
func (l *fakeLeg) leaves(c Cause) { l.end(Ended{Cause: c, Remote: true}) }

func (l *fakeLeg) hungUp() []Cause {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Cause(nil), l.causes...)
}

// refuserLeg can say when to try again.
type refuserLeg struct{ *fakeLeg }

func (l refuserLeg) Refuse(ctx context.Context, c Cause, wait time.Duration) error {
	l.mu.Lock()
	l.wait = wait
	l.mu.Unlock()
	return l.Hangup(ctx, c)
}

// sound is a stream on which packets pass in both directions, until a test stops one.
type sound struct {
	mu      sync.Mutex
	stopped map[Direction]time.Time
	counts  media.Stats // what else Stats says
}

func (*sound) Format() media.Format {
	return media.Format{Codec: media.Opus, ClockRate: 48000, Channels: 2, PayloadType: 111, PTime: 20 * time.Millisecond}
}
func (*sound) OnRTP(func(*rtp.Packet))    {}
func (*sound) WriteRTP(*rtp.Packet) error { return nil }

func (s *sound) Stats() media.Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.counts
	st.Received += 7
	st.LastReceived, st.LastSent = s.last(In), s.last(Out)
	return st
}

// last is when the last packet passed.
func (s *sound) last(d Direction) time.Time {
	if at, stopped := s.stopped[d]; stopped {
		return at
	}
	return time.Now()
}

// stop lets no more packets pass; resume does again.
func (s *sound) stop(d Direction) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped == nil {
		s.stopped = map[Direction]time.Time{}
	}
	s.stopped[d] = time.Now()
}

func (s *sound) resume(d Direction) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.stopped, d)
}

// count changes what else Stats says.
func (s *sound) count(change func(*media.Stats)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.counts)
}

// fakeDialer dials the legs it was given, by user.
type fakeDialer struct {
	legs    map[string]Leg
	failure map[string]error
	slow    time.Duration
	stuck   bool // obeys only its context

	mu      sync.Mutex
	options map[string]DialOptions
}

func (d *fakeDialer) Dial(ctx context.Context, to Address, o DialOptions) (Leg, error) {
	d.mu.Lock()
	if d.options == nil {
		d.options = map[string]DialOptions{}
	}
	d.options[to.User] = o
	d.mu.Unlock()
	if d.stuck {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	time.Sleep(d.slow) // in a synctest bubble
	if err := d.failure[to.User]; err != nil {
		return nil, err
	}
	if l := d.legs[to.User]; l != nil {
		return l, nil
	}
	return nil, fmt.Errorf("nobody at %s", to)
}

// record is a Sink that keeps what it is told.
type record struct {
	mu     sync.Mutex
	events []Event
}

func (r *record) Publish(ev Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, ev)
}

func (r *record) kinds() []EventKind {
	r.mu.Lock()
	defer r.mu.Unlock()
	var kinds []EventKind
	for _, ev := range r.events {
		kinds = append(kinds, ev.Kind)
	}
	return kinds
}

// stage is a Bridge with fakes around it, inside a synctest bubble.
type stage struct {
	*Bridge
	t      *testing.T
	dialer *fakeDialer
	sink   *record
}

// play runs a test on a stage; set may change the options.
func play(t *testing.T, set func(*Options), test func(s *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &stage{t: t, dialer: &fakeDialer{legs: map[string]Leg{}, failure: map[string]error{}}, sink: &record{}}
		o := Options{Dialers: map[string]Dialer{"sip": s.dialer, "tg": s.dialer}, Sink: s.sink}
		if set != nil {
			set(&o)
		}
		b, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		s.Bridge = b
		test(s)
	})
}

// callee prepares a leg to be dialled.
func (s *stage) callee(scheme, user string) *fakeLeg {
	l := newLeg(scheme, user)
	s.dialer.legs[user] = l
	return l
}

// handle lets the caller call, and returns where its outcome will come.
func (s *stage) handle(caller Leg, to Address) <-chan Outcome {
	return s.handleIn(context.Background(), caller, to)
}

func (s *stage) handleIn(ctx context.Context, caller Leg, to Address) <-chan Outcome {
	done := make(chan Outcome, 1)
	go func() { done <- s.Handle(ctx, caller, to) }()
	synctest.Wait()
	return done
}

// pass lets time pass, in the bubble of a stage.
func pass(d time.Duration) { time.Sleep(d) }

// settle lets everything happen that does not need time to pass.
func (s *stage) settle() { synctest.Wait() }

// wantOutcome checks what a person would ask after a call.
func wantOutcome(t *testing.T, got Outcome, cause Cause, by LegID, fault Fault) {
	t.Helper()
	if got.Cause != cause || got.EndedBy != by || got.Fault != fault {
		t.Errorf("ended with %s by %q, fault %s (%v); want %s by %q, fault %s",
			got.Cause, got.EndedBy, got.Fault, got.Err, cause, by, fault)
	}
}

func wantHungUp(t *testing.T, l *fakeLeg, want ...Cause) {
	t.Helper()
	got := l.hungUp()
	if len(got) != len(want) {
		t.Errorf("%s was hung up with %v, want %v", l.id, got, want)
		return
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%s was hung up with %v, want %v", l.id, got, want)
		}
	}
}

// refusal is a protocol's error that knows its cause.
type refusal struct {
	cause Cause
	wait  time.Duration
}

func (r refusal) Error() string             { return "refused: " + r.cause.String() }
func (r refusal) Q850() int                 { return int(r.cause) }
func (r refusal) RetryAfter() time.Duration { return r.wait }

var errBroken = errors.New("broken")
