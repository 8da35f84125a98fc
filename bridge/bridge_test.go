package bridge

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestOriginateRingsTheFirstAndThenTheSecond(t *testing.T) {
	play(t, nil, func(s *stage) {
		phone, ann := s.callee("sip", "1000"), s.callee("tg", "@ann")
		done := make(chan Outcome, 1)
		go func() {
			done <- s.Originate(s.t.Context(), Origin{Line: "main", First: to1000, Second: toAnn, Reference: "7"})
		}()
		s.settle()
		phone.say(Ringing{})
		s.settle()
		if _, dialled := s.dialer.options["@ann"]; dialled {
			t.Error("the second was dialled before the first answered")
		}
		phone.say(Answered{})
		s.settle()
		ann.say(Ringing{}, Accepted{}, Answered{})
		s.settle()
		ann.leaves(NormalClearing)
		out := <-done
		wantOutcome(t, out, NormalClearing, "leg-@ann", FaultNone)
		wantHungUp(t, phone, NormalClearing)
		for _, ev := range s.sink.events {
			if ev.Reference != "7" {
				t.Errorf("%s has reference %q", ev.Kind, ev.Reference)
			}
		}
		if !out.Times.Answered() || phone.answered || phone.rings > 0 {
			t.Errorf("talked %t; a leg that we dialled was answered %t, told of ringing %d times", out.Times.Answered(), phone.answered, phone.rings)
		}
	})
}

func TestOriginateWhenTheFirstIsNotThere(t *testing.T) {
	for name, c := range map[string]struct {
		reach func(s *stage, phone *fakeLeg)
		want  Cause
		by    LegID
	}{
		"busy":        {func(_ *stage, p *fakeLeg) { p.leaves(UserBusy) }, UserBusy, "leg-1000"},
		"no answer":   {func(_ *stage, p *fakeLeg) { p.say(Ringing{}) }, NoAnswer, ""},
		"no dialling": {func(s *stage, _ *fakeLeg) { s.dialer.failure["1000"] = refusal{cause: SubscriberAbsent} }, SubscriberAbsent, ""},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, nil, func(s *stage) {
				phone := s.callee("sip", "1000")
				c.reach(s, phone)
				out := s.Originate(s.t.Context(), Origin{Line: "main", First: to1000, Second: toAnn, Reference: "7"})
				if out.Cause != c.want || out.EndedBy != c.by {
					t.Errorf("ended with %s by %q", out.Cause, out.EndedBy)
				}
			})
		})
	}
}

// doorman is a Gate that lets in so many calls.
type doorman struct {
	room     int
	released int
	slow     time.Duration
}

func (d *doorman) Admit(context.Context, string, Address, Address) (func(), error) {
	pass(d.slow)
	if d.room == 0 {
		return nil, refusal{cause: UserBusy}
	}
	d.room--
	return func() { d.room++; d.released++ }, nil
}

func (d *doorman) Follow(context.Context, string, string, Address) error { return nil }

func TestCallTooManyIsBusy(t *testing.T) {
	gate := &doorman{room: 1}
	play(t, func(o *Options) { o.Gate = gate }, func(s *stage) {
		ann, bob, phone := newLeg("tg", "@ann"), newLeg("tg", "@bob"), s.callee("sip", "1000")
		first := s.handle(ann, to1000)
		wantOutcome(t, <-s.handle(bob, to1000), UserBusy, "", FaultNone)
		wantHungUp(t, bob, UserBusy)
		phone.leaves(UserBusy)
		<-first
		if gate.room != 1 || gate.released != 1 {
			t.Errorf("the gate's room is %d, released %d times", gate.room, gate.released)
		}
	})
}

func TestCallerGivesUpWhileTheGateThinks(t *testing.T) {
	gate := &doorman{room: 1, slow: 3 * time.Second}
	play(t, func(o *Options) { o.Gate = gate }, func(s *stage) {
		ann := newLeg("tg", "@ann")
		done := s.handle(ann, to1000)
		ann.leaves(NormalClearing)
		wantOutcome(t, <-done, NormalClearing, "leg-@ann", FaultNone)
		if gate.released != 1 {
			t.Error("the gate was not told that the call is over")
		}
	})
}

func TestOriginateStoppedWhileTheGateThinks(t *testing.T) {
	gate := &doorman{room: 1, slow: 3 * time.Second}
	play(t, func(o *Options) { o.Gate = gate }, func(s *stage) {
		ctx, cancel := context.WithTimeout(s.t.Context(), time.Second)
		defer cancel()
		wantOutcome(t, s.Originate(ctx, Origin{Line: "main", First: to1000, Second: toAnn}), RecoveryOnTimerExpire, "", FaultUs)
		if gate.released != 1 || len(s.dialer.options) > 0 {
			t.Errorf("released %d, dialled %d", gate.released, len(s.dialer.options))
		}
	})
}

func TestShutdownDrainsWhatRunsAndRefusesWhatComes(t *testing.T) {
	play(t, nil, func(s *stage) {
		ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
		running := s.handle(ann, to1000)
		phone.say(Answered{})
		down := make(chan error, 1)
		go func() { down <- s.Shutdown(context.Background()) }()
		s.settle()

		late := newLeg("sip", "1001")
		out := <-s.handle(late, toAnn)
		wantOutcome(t, out, SwitchCongestion, "", FaultUs)
		wantHungUp(t, late, SwitchCongestion)
		if !errors.Is(out.Err, ErrDraining) || SwitchCongestion.SIPStatus() != 503 {
			t.Errorf("refused for %v", out.Err)
		}
		if len(s.Calls()) != 1 {
			t.Errorf("%d calls run", len(s.Calls()))
		}
		phone.leaves(NormalClearing)
		wantOutcome(t, <-running, NormalClearing, "leg-1000", FaultNone)
		if err := <-down; err != nil {
			t.Errorf("Shutdown returned %v", err)
		}
	})
}

func TestShutdownCutsTheCallsThatDoNotEnd(t *testing.T) {
	play(t, nil, func(s *stage) {
		ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
		running := s.handle(ann, to1000)
		phone.say(Answered{})
		ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown returned %v", err)
		}
		wantOutcome(t, <-running, NormalTemporaryFailure, "", FaultUs)
		wantHungUp(t, ann, NormalTemporaryFailure)
		wantHungUp(t, phone, NormalTemporaryFailure)
		if err := s.Shutdown(s.t.Context()); err != nil {
			t.Errorf("a second Shutdown returned %v", err)
		}
	})
}

func TestPanicEndsThatCallAndNoOther(t *testing.T) {
	for name, set := range map[string]func(o *Options, ann, phone *fakeLeg){
		"in the controller": func(o *Options, _, _ *fakeLeg) { o.Controllers = map[string]Controller{"main": bomb{}} },
		"in a dialer":       func(o *Options, _, _ *fakeLeg) { o.Dialers["sip"] = bomb{} },
		"in an answer": func(_ *Options, ann, phone *fakeLeg) {
			ann.answers = func(context.Context) error { panic("boom") }
			phone.say(Answered{})
		},
		"in a hangup": func(_ *Options, ann, phone *fakeLeg) {
			phone.hangs = func(context.Context) error { panic("boom") }
			phone.say(Answered{})
			ann.answers = func(context.Context) error { return errBroken }
		},
		"in the owner": func(_ *Options, _, phone *fakeLeg) {
			phone.loud = true
			phone.say(Answered{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			var ann, phone *fakeLeg
			setting := func(o *Options) {
				ann, phone = newLeg("tg", "@ann"), newLeg("sip", "1000")
				set(o, ann, phone)
			}
			play(t, setting, func(s *stage) {
				s.dialer.legs["1000"] = phone
				healthy, other := newLeg("tg", "@bob"), s.callee("tg", "@carl")
				healthy.line = "other"
				other.say(Answered{})
				running := s.handle(healthy, Address{"tg", "@carl"})

				out := <-s.handle(ann, to1000)
				wantOutcome(t, out, NormalTemporaryFailure, out.EndedBy, FaultUs)
				wantHungUp(t, ann, NormalTemporaryFailure)

				wantHungUp(t, healthy)
				other.leaves(NormalClearing)
				if out := <-running; !out.Times.Answered() {
					t.Error("the other call was disturbed")
				}
			})
		})
	}
}

func TestGateThatPanicsRefusesTheCall(t *testing.T) {
	play(t, func(o *Options) { o.Gate = bomb{} }, func(s *stage) {
		ann := newLeg("tg", "@ann")
		wantOutcome(t, <-s.handle(ann, to1000), NormalTemporaryFailure, "", FaultUs)
		wantHungUp(t, ann, NormalTemporaryFailure)
	})
}

// bomb panics in whatever part it plays.
type bomb struct{}

func (bomb) Dial(context.Context, Address, DialOptions) (Leg, error) { panic("boom") }
func (bomb) Admit(context.Context, string, Address, Address) (func(), error) {
	panic("boom")
}
func (bomb) Follow(context.Context, string, string, Address) error { panic("boom") }
func (bomb) Publish(Event)                                         { panic("boom") }
func (bomb) Control(context.Context, *Call) error                  { panic("boom") }

func TestSinkThatPanicsEndsNoCall(t *testing.T) {
	play(t, func(o *Options) { o.Sink = bomb{} }, func(s *stage) {
		ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
		done := s.handle(ann, to1000)
		phone.say(Answered{})
		s.settle()
		phone.leaves(NormalClearing)
		wantOutcome(t, <-done, NormalClearing, "leg-1000", FaultNone)
	})
}

func TestDialThatReturnsAfterTheCallIsHungUp(t *testing.T) {
	play(t, nil, func(s *stage) {
		s.dialer.slow = 3 * time.Second
		phone, ann := newLeg("sip", "1000"), s.callee("tg", "@ann")
		done := s.handle(phone, toAnn)
		phone.leaves(NormalClearing)
		wantOutcome(t, <-done, NormalClearing, "leg-1000", FaultNone)
		wantHungUp(t, ann, NormalClearing)
	})
}

func TestOptionsAreChecked(t *testing.T) {
	for _, o := range []Options{
		{Dialers: map[string]Dialer{"": bomb{}}}, {Dialers: map[string]Dialer{"tg": nil}}, {RingTimeout: -1},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}

func TestManyCallsAtOnce(t *testing.T) {
	play(t, nil, func(s *stage) {
		var done []<-chan Outcome
		for i := range 50 {
			user := fmt.Sprint(2000 + i)
			phone := s.callee("sip", user)
			phone.say(Ringing{}, Answered{})
			done = append(done, s.handle(newLeg("tg", "@u"+user), Address{"sip", user}))
		}
		for _, leg := range s.dialer.legs {
			leg.(*fakeLeg).leaves(NormalClearing)
		}
		for _, d := range done {
			if out := <-d; out.Cause != NormalClearing || !out.Times.Answered() {
				t.Errorf("%s: %s", out.Call, out.Cause)
			}
		}
	})
}
