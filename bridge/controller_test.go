package bridge

import (
	"context"
	"errors"
	"testing"
	"time"
)

// script is a controller made of a function.
type script func(ctx context.Context, c *Call) error

func (s script) Control(ctx context.Context, c *Call) error { return s(ctx, c) }

// scripted is a stage whose calls are controlled by the function.
func scripted(t *testing.T, control script, test func(s *stage)) {
	t.Helper()
	play(t, func(o *Options) { o.Controllers = map[string]Controller{"main": control} }, test)
}

func connectAll(users ...string) script {
	return func(ctx context.Context, c *Call) error {
		var to []Address
		for _, u := range users {
			to = append(to, Address{"sip", u})
		}
		_, err := c.Connect(ctx, to, ConnectOptions{})
		return err
	}
}

func TestAllAreRungAndTheFirstToAnswerWins(t *testing.T) {
	scripted(t, connectAll("1000", "1001", "1002"), func(s *stage) {
		ann := newLeg("tg", "@ann")
		first, second, third := s.callee("sip", "1000"), s.callee("sip", "1001"), s.callee("sip", "1002")
		done := s.handle(ann, to1000)
		first.say(Ringing{})
		second.say(Ringing{})
		third.leaves(UserBusy)
		s.settle()
		second.say(Answered{})
		s.settle()
		wantHungUp(t, first, LoseRace)
		wantHungUp(t, second)
		ann.leaves(NormalClearing)
		wantOutcome(t, <-done, NormalClearing, "leg-@ann", FaultNone)
		wantHungUp(t, second, NormalClearing)
	})
}

func TestLoserWhoAnsweredTooLateIsStillALoser(t *testing.T) {
	scripted(t, connectAll("1000", "1001"), func(s *stage) {
		ann, first, second := newLeg("tg", "@ann"), s.callee("sip", "1000"), s.callee("sip", "1001")
		second.hangs = func(context.Context) error { second.say(Answered{}); return nil }
		done := s.handle(ann, to1000)
		first.say(Answered{})
		s.settle()
		wantHungUp(t, second, LoseRace)
		first.leaves(NormalClearing)
		wantOutcome(t, <-done, NormalClearing, "leg-1000", FaultNone)
	})
}

func TestOfSeveralRefusalsTheMostTellingCounts(t *testing.T) {
	scripted(t, connectAll("1000", "1001", "1002"), func(s *stage) {
		ann := newLeg("tg", "@ann")
		s.dialer.failure["1000"] = errBroken
		busy, away := s.callee("sip", "1001"), s.callee("sip", "1002")
		done := s.handle(ann, to1000)
		busy.leaves(UserBusy)
		away.leaves(NoUserResponse)
		wantOutcome(t, <-done, UserBusy, "leg-1001", FaultNone)
	})
}

func TestSecondAttemptAfterABusyExtension(t *testing.T) {
	var first Result
	control := func(ctx context.Context, c *Call) (err error) {
		if first, err = c.Connect(ctx, []Address{to1000}, ConnectOptions{}); err != nil {
			return err
		}
		_, err = c.Connect(ctx, []Address{{"sip", "1001"}}, ConnectOptions{From: Party{Phone: "+4930"}})
		return err
	}
	scripted(t, control, func(s *stage) {
		ann, busy, other := newLeg("tg", "@ann"), s.callee("sip", "1000"), s.callee("sip", "1001")
		done := s.handle(ann, to1000)
		busy.say(Redirected{To: []Address{{"sip", "1009"}}})
		busy.leaves(UserBusy)
		s.settle()
		other.say(Answered{})
		s.settle()
		other.leaves(NormalClearing)
		wantOutcome(t, <-done, NormalClearing, "leg-1001", FaultNone)
		if first.Cause != UserBusy || first.Leg != "leg-1000" || first.Answered || len(first.Redirect) != 1 {
			t.Errorf("the first attempt's result is %+v", first)
		}
		if from := s.dialer.options["1001"].From; from.Phone != "+4930" {
			t.Errorf("the second attempt showed %+v", from)
		}
	})
}

func TestConnectTimesOutOnItsOwnTerms(t *testing.T) {
	control := func(ctx context.Context, c *Call) error {
		_, err := c.Connect(ctx, []Address{to1000}, ConnectOptions{Timeout: 7 * time.Second})
		return err
	}
	scripted(t, control, func(s *stage) {
		ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
		done := s.handle(ann, to1000)
		phone.say(Ringing{})
		start := time.Now()
		wantOutcome(t, <-done, NoAnswer, "", FaultNone)
		if got := time.Since(start); got != 7*time.Second {
			t.Errorf("it rang for %s", got)
		}
	})
}

func TestControllerStopsWaitingAndTheCalleeIsHungUp(t *testing.T) {
	for name, events := range map[string][]LegEvent{"ringing": {Ringing{}}, "accepted": {Accepted{}}, "talking": {Answered{}}} {
		t.Run(name, func(t *testing.T) {
			var connectErr error
			control := func(ctx context.Context, c *Call) error {
				short, cancel := context.WithTimeout(ctx, 5*time.Second)
				defer cancel()
				_, connectErr = c.Connect(short, []Address{to1000}, ConnectOptions{})
				pass(time.Second)
				return c.Hangup(ctx, CallRejected)
			}
			scripted(t, control, func(s *stage) {
				ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
				done := s.handle(ann, to1000)
				phone.say(events...)
				wantOutcome(t, <-done, CallRejected, "", FaultNone)
				wantHungUp(t, phone, NormalClearing)
				wantHungUp(t, ann, CallRejected)
				if !errors.Is(connectErr, context.DeadlineExceeded) {
					t.Errorf("Connect returned %v", connectErr)
				}
			})
		})
	}
}

func TestAnsweringWithoutConnecting(t *testing.T) {
	control := func(ctx context.Context, c *Call) error {
		for range 2 { // the second finds it done
			if err := c.Answer(ctx); err != nil {
				return err
			}
		}
		_, err := c.Connect(ctx, []Address{to1000}, ConnectOptions{})
		return err
	}
	scripted(t, control, func(s *stage) {
		ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
		done := s.handle(ann, to1000)
		if !ann.answered {
			t.Error("the caller was not answered")
		}
		phone.say(Answered{})
		s.settle()
		phone.leaves(NormalClearing)
		if out := <-done; !out.Times.Answered() {
			t.Error("they never talked")
		}
	})
}

func TestVerbsThatDoNotGoTogetherAreRefused(t *testing.T) {
	var second, answer, none error
	control := func(ctx context.Context, c *Call) error {
		asked := make(chan struct{})
		go func() {
			defer close(asked)
			pass(time.Second)
			_, second = c.Connect(ctx, []Address{to1000}, ConnectOptions{})
			answer = c.Answer(ctx)
			_, none = c.Connect(ctx, nil, ConnectOptions{})
		}()
		_, err := c.Connect(ctx, []Address{to1000}, ConnectOptions{})
		<-asked
		return err
	}
	scripted(t, control, func(s *stage) {
		phone := s.callee("sip", "1000")
		done := s.handle(newLeg("tg", "@ann"), to1000)
		pass(2 * time.Second)
		phone.leaves(UserBusy)
		<-done
		if !errors.Is(second, ErrVerb) || !errors.Is(answer, ErrVerb) || !errors.Is(none, ErrNoTarget) {
			t.Errorf("refused with %v, %v, %v", second, answer, none)
		}
	})
}

func TestVerbsAfterTheEndSayWhyItEnded(t *testing.T) {
	var errs []error
	var kept *Call
	control := func(ctx context.Context, c *Call) error {
		kept = c
		<-ctx.Done()
		_, err := c.Connect(context.WithoutCancel(ctx), []Address{to1000}, ConnectOptions{})
		errs = append(errs, context.Cause(ctx), err)
		return err
	}
	scripted(t, control, func(s *stage) {
		ann := newLeg("tg", "@ann")
		done := s.handle(ann, to1000)
		ann.leaves(NormalClearing)
		out := <-done
		wantOutcome(t, out, NormalClearing, "leg-@ann", FaultNone)
		if out.Err != nil {
			t.Errorf("the outcome says %v", out.Err)
		}
		errs = append(errs, kept.Answer(context.Background()))
		for _, err := range errs {
			var ended *EndedError
			if !errors.As(err, &ended) || ended.Cause != NormalClearing {
				t.Errorf("got %v", err)
			}
		}
	})
}

func TestControllerFails(t *testing.T) {
	scripted(t, func(context.Context, *Call) error { return refusal{cause: NoRouteDestination} }, func(s *stage) {
		ann := newLeg("tg", "@ann")
		out := <-s.handle(ann, to1000)
		wantOutcome(t, out, NoRouteDestination, "", FaultCaller)
		wantHungUp(t, ann, NoRouteDestination)
		if out.Err == nil {
			t.Error("the outcome does not say what went wrong")
		}
	})
}

func TestControllerThatDoesNothingEndsTheCall(t *testing.T) {
	scripted(t, func(context.Context, *Call) error { return nil }, func(s *stage) {
		wantOutcome(t, <-s.handle(newLeg("tg", "@ann"), to1000), NormalClearing, "", FaultNone)
	})
}

func TestTwoPeopleTalkOnAfterTheirControllerHasGone(t *testing.T) {
	control := func(ctx context.Context, c *Call) error {
		go func() { _, _ = c.Connect(context.Background(), []Address{to1000}, ConnectOptions{}) }()
		pass(5 * time.Second)
		return nil
	}
	scripted(t, control, func(s *stage) {
		ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
		done := s.handle(ann, to1000)
		phone.say(Answered{})
		pass(time.Minute)
		wantHungUp(t, ann)
		phone.leaves(NormalClearing)
		wantOutcome(t, <-done, NormalClearing, "leg-1000", FaultNone)
	})
}
