package bridge

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
)

var (
	to1000 = Address{"sip", "1000"}
	toAnn  = Address{"tg", "@ann"}
)

func TestTelegramCallerRingsAnExtensionAndTalks(t *testing.T) {
	play(t, nil, func(s *stage) {
		ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
		ann.answers = func(ctx context.Context) error { pass(3 * time.Second); return nil } // key exchange

		done := s.handle(ann, to1000)
		pass(time.Second)
		phone.say(Ringing{})
		pass(4 * time.Second)
		phone.say(Answered{})
		pass(3*time.Second + 10*time.Second)
		phone.leaves(NormalClearing)
		out := <-done

		wantOutcome(t, out, NormalClearing, "leg-1000", FaultNone)
		wantHungUp(t, ann, NormalClearing)
		wantHungUp(t, phone)
		if !ann.answered || out.Times.Talk() != 10*time.Second || out.Path != "relay opus" {
			t.Errorf("answered %t, talked %s by %q", ann.answered, out.Times.Talk(), out.Path)
		}
		if got := out.Times.Media.Sub(out.Times.Started); got != 5*time.Second {
			t.Errorf("media with the callee ran after %s", got)
		}
		if len(out.Legs) != 2 || out.Legs[1].Stats.Received != 7 || out.Legs[1].Description.Protocol != "fake" || !out.Legs[1].Remote {
			t.Errorf("legs: %+v", out.Legs)
		}
		want := []EventKind{CallIncoming, CallRinging, CallAccepted, CallAnswered, CallEnded}
		if got := s.sink.kinds(); !slices.Equal(got, want) {
			t.Errorf("published %v, want %v", got, want)
		}
		if two := s.sink.events[3].Talkers; len(two) != 2 || two[0].Leg != "leg-@ann" || two[1].Leg != "leg-1000" || two[0].Description.Protocol != "fake" {
			t.Errorf("they who talk: %+v", two)
		}
		if o := s.dialer.options["1000"]; o.Line != "main" || o.From.Number != "@ann" || o.Caller.ClockRate != 48000 || o.Timeout != time.Minute {
			t.Errorf("dialled with %+v", o)
		}
	})
}

func TestSIPCallerHearsRingingAndIsAnsweredOnlyWhenTelegramsMediaRuns(t *testing.T) {
	play(t, nil, func(s *stage) {
		phone, ann := newLeg("sip", "1000"), s.callee("tg", "@ann")
		done := s.handle(phone, toAnn)

		ann.say(Ringing{}, Ringing{}, EarlyMedia{})
		s.settle()
		if phone.rings != 1 {
			t.Errorf("the caller was told %d times that it rings", phone.rings)
		}
		ann.say(Accepted{})
		pass(8 * time.Second)
		if phone.answered {
			t.Error("the caller was answered while Telegram's media did not run")
		}
		ann.say(Answered{})
		s.settle()
		if !phone.answered {
			t.Error("the caller was not answered")
		}
		phone.leaves(NormalClearing)

		wantOutcome(t, <-done, NormalClearing, "leg-1000", FaultNone)
		wantHungUp(t, ann, NormalClearing)
	})
}

func TestCalleeRefusesAndTheCallerHearsWhy(t *testing.T) {
	for _, cause := range []Cause{UserBusy, CallRejected, UnallocatedNumber} {
		play(t, nil, func(s *stage) {
			ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
			done := s.handle(ann, to1000)
			phone.leaves(cause)
			wantOutcome(t, <-done, cause, "leg-1000", faultOf(cause, "sip"))
			wantHungUp(t, ann, cause)
		})
	}
}

func TestNobodyAnswers(t *testing.T) {
	play(t, nil, func(s *stage) {
		ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
		done := s.handle(ann, to1000)
		phone.say(Ringing{})
		start := time.Now()
		wantOutcome(t, <-done, NoAnswer, "", FaultNone)
		if got := time.Since(start); got != time.Minute {
			t.Errorf("it rang for %s", got)
		}
		wantHungUp(t, ann, NoAnswer)
		wantHungUp(t, phone, NoAnswer)
	})
}

func TestCalleeIsNeverReached(t *testing.T) {
	play(t, nil, func(s *stage) {
		ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
		wantOutcome(t, <-s.handle(ann, to1000), NoUserResponse, "", FaultNone)
		wantHungUp(t, phone, NoUserResponse)
	})
}

func TestCallerGivesUpInEachState(t *testing.T) {
	for name, reach := range map[string]func(s *stage, caller, callee *fakeLeg){
		"while dialling":       func(s *stage, _, _ *fakeLeg) { s.dialer.stuck = true },
		"while calling":        func(*stage, *fakeLeg, *fakeLeg) {},
		"while it rings":       func(_ *stage, _, callee *fakeLeg) { callee.say(Ringing{}) },
		"once accepted":        func(_ *stage, _, callee *fakeLeg) { callee.say(Accepted{}) },
		"once talking":         func(_ *stage, _, callee *fakeLeg) { callee.say(Answered{}) },
		"while being answered": answeringSlowly,
	} {
		t.Run(name, func(t *testing.T) {
			play(t, nil, func(s *stage) {
				caller, callee := newLeg("tg", "@ann"), s.callee("sip", "1000")
				reach(s, caller, callee)
				done := s.handle(caller, to1000)
				caller.leaves(NormalClearing)
				wantOutcome(t, <-done, NormalClearing, "leg-@ann", FaultNone)
				wantHungUp(t, caller)
				if !s.dialer.stuck {
					wantHungUp(t, callee, NormalClearing)
				}
			})
		})
	}
}

func answeringSlowly(_ *stage, caller, callee *fakeLeg) {
	callee.say(Answered{})
	caller.answers = func(ctx context.Context) error {
		<-ctx.Done()
		return context.Cause(ctx)
	}
}

func TestCalleeDiesInEachState(t *testing.T) {
	for name, events := range map[string][]LegEvent{
		"calling": nil, "ringing": {Ringing{}}, "accepted": {Accepted{}}, "talking": {Answered{}},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, nil, func(s *stage) {
				phone, ann := newLeg("sip", "1000"), s.callee("tg", "@ann")
				done := s.handle(phone, toAnn)
				ann.say(events...)
				s.settle()
				ann.end(Ended{Cause: NormalTemporaryFailure, Err: errBroken})
				out := <-done
				wantOutcome(t, out, NormalTemporaryFailure, "leg-@ann", FaultTelegram)
				wantHungUp(t, phone, NormalTemporaryFailure)
				if !errors.Is(out.Err, errBroken) {
					t.Errorf("the outcome says %v", out.Err)
				}
			})
		})
	}
}

func TestMediaOfTheCallerDiesInACall(t *testing.T) {
	play(t, nil, func(s *stage) {
		ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
		done := s.handle(ann, to1000)
		phone.say(Answered{})
		s.settle()
		ann.end(Ended{Cause: NormalTemporaryFailure, Err: errBroken})
		wantOutcome(t, <-done, NormalTemporaryFailure, "leg-@ann", FaultTelegram)
		wantHungUp(t, phone, NormalTemporaryFailure)
	})
}

func TestKeyExchangeFailsAfterTheExtensionAnswered(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want Cause
	}{
		"media never ran":               {errBroken, NormalTemporaryFailure},
		"another device took the call":  {refusal{cause: LoseRace}, LoseRace},
		"nothing came before the limit": {context.DeadlineExceeded, NormalTemporaryFailure},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, nil, func(s *stage) {
				ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
				ann.answers = func(context.Context) error { return c.err }
				done := s.handle(ann, to1000)
				phone.say(Answered{})
				wantOutcome(t, <-done, c.want, "leg-@ann", faultOf(c.want, "tg"))
				wantHungUp(t, phone, c.want)
				wantHungUp(t, ann, c.want)
			})
		})
	}
}

func TestAnswerThatNeverReturnsIsCutShort(t *testing.T) {
	play(t, nil, func(s *stage) {
		ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
		ann.answers = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		done := s.handle(ann, to1000)
		phone.say(Answered{})
		start := time.Now()
		wantOutcome(t, <-done, NormalTemporaryFailure, "leg-@ann", FaultTelegram)
		if got := time.Since(start); got != 45*time.Second {
			t.Errorf("it took %s", got)
		}
	})
}

func TestAcceptedCalleeWhoseMediaNeverRuns(t *testing.T) {
	play(t, nil, func(s *stage) {
		phone, ann := newLeg("sip", "1000"), s.callee("tg", "@ann")
		done := s.handle(phone, toAnn)
		ann.say(Ringing{}, Accepted{})
		wantOutcome(t, <-done, NormalTemporaryFailure, "leg-@ann", FaultTelegram)
		wantHungUp(t, ann, NormalTemporaryFailure)
		wantHungUp(t, phone, NormalTemporaryFailure)
	})
}

func TestHangupsCross(t *testing.T) {
	play(t, nil, func(s *stage) {
		ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
		done := s.handle(ann, to1000)
		phone.say(Answered{})
		s.settle()
		ann.leaves(NormalClearing)
		phone.leaves(NormalClearing)
		if out := <-done; out.Cause != NormalClearing || out.EndedBy == "" {
			t.Errorf("ended with %s by %q", out.Cause, out.EndedBy)
		}
	})
}

func TestCallerCancelsWhileTheCalleeAnswers(t *testing.T) {
	play(t, nil, func(s *stage) {
		phone, ann := newLeg("sip", "1000"), s.callee("tg", "@ann")
		done := s.handle(phone, toAnn)
		ann.hangs = func(context.Context) error { ann.say(Accepted{}, Answered{}); return nil } // the answer was on its way
		phone.leaves(NormalClearing)
		wantOutcome(t, <-done, NormalClearing, "leg-1000", FaultNone)
		wantHungUp(t, ann, NormalClearing)
	})
}

func TestLegThatDoesNotEndIsGivenUp(t *testing.T) {
	play(t, nil, func(s *stage) {
		ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
		phone.deaf = true
		done := s.handle(ann, to1000)
		phone.say(Answered{})
		s.settle()
		ann.leaves(NormalClearing)
		out := <-done
		wantOutcome(t, out, NormalClearing, "leg-@ann", FaultNone)
		if !errors.Is(out.Legs[1].Err, errLost) {
			t.Errorf("the leg's error is %v", out.Legs[1].Err)
		}
	})
}

func TestHangupThatNeverReturnsIsCutShort(t *testing.T) {
	play(t, nil, func(s *stage) {
		ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
		phone.hangs = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		done := s.handle(ann, to1000)
		start := time.Now()
		ann.leaves(NormalClearing)
		wantOutcome(t, <-done, NormalClearing, "leg-@ann", FaultNone)
		if got := time.Since(start); got != 10*time.Second {
			t.Errorf("it took %s", got)
		}
	})
}

func TestLegThatClosesItsEventsWithoutAWord(t *testing.T) {
	play(t, nil, func(s *stage) {
		ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
		done := s.handle(ann, to1000)
		phone.say(Answered{})
		s.settle()
		close(phone.events)
		out := <-done
		wantOutcome(t, out, NormalTemporaryFailure, "leg-1000", FaultFreeSWITCH)
		if !errors.Is(out.Err, errUnsaid) {
			t.Errorf("the outcome says %v", out.Err)
		}
	})
}

func TestDialFails(t *testing.T) {
	for name, c := range map[string]struct {
		to    Address
		err   error
		want  Cause
		fault Fault
	}{
		"privacy":        {toAnn, refusal{cause: CallRejected}, CallRejected, FaultNone},
		"unknown person": {toAnn, refusal{cause: UnallocatedNumber}, UnallocatedNumber, FaultCaller},
		"no network":     {toAnn, errBroken, NormalTemporaryFailure, FaultTelegram},
		"no such scheme": {Address{"fax", "1"}, nil, NoRouteDestination, FaultCaller},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, nil, func(s *stage) {
				phone := newLeg("sip", "1000")
				s.dialer.failure[c.to.User] = c.err
				wantOutcome(t, <-s.handle(phone, c.to), c.want, "", c.fault)
				wantHungUp(t, phone, c.want)
			})
		})
	}
}

func TestFloodWaitReachesTheCallerAsRetryAfter(t *testing.T) {
	play(t, nil, func(s *stage) {
		phone := refuserLeg{newLeg("sip", "1000")}
		s.dialer.failure["@ann"] = refusal{cause: SwitchCongestion, wait: 90 * time.Second}
		wantOutcome(t, <-s.handle(phone, toAnn), SwitchCongestion, "", FaultTelegram)
		if phone.wait != 90*time.Second {
			t.Errorf("the caller was told to wait %s", phone.wait)
		}
	})
}

func TestContextOfTheCallEnds(t *testing.T) {
	play(t, nil, func(s *stage) {
		ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
		ctx, cancel := context.WithCancelCause(s.t.Context())
		done := s.handleIn(ctx, ann, to1000)
		phone.say(Answered{})
		s.settle()
		cancel(&EndedError{Cause: DestinationOutOfOrder})
		wantOutcome(t, <-done, DestinationOutOfOrder, "", FaultUs)
		wantHungUp(t, ann, DestinationOutOfOrder)
		wantHungUp(t, phone, DestinationOutOfOrder)
	})
}

func TestHoldIsToldAndTheCallGoesOn(t *testing.T) {
	play(t, nil, func(s *stage) {
		ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
		done := s.handle(ann, to1000)
		phone.say(Answered{}, Held{On: true}, Muted{On: true}, Digit{Key: '5'}, FormatChanged{}, Held{})
		s.settle()
		phone.leaves(NormalClearing)
		<-done
		want := []EventKind{CallIncoming, CallAccepted, CallHeld, CallResumed, CallDigit, CallAnswered, CallEnded}
		got := s.sink.kinds()
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("published %v", got)
		}
	})
}

// Protocols give their handlers a context that ends with the leg. How the leg ended says more than that.
func TestContextThatEndsWithTheLegDoesNotHideWhyItEnded(t *testing.T) {
	play(t, nil, func(s *stage) {
		ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
		ctx, cancel := context.WithCancel(s.t.Context())
		done := s.handleIn(ctx, ann, to1000)
		phone.say(Ringing{})
		cancel()
		pass(100 * time.Millisecond)
		ann.leaves(LoseRace)
		wantOutcome(t, <-done, LoseRace, "leg-@ann", FaultNone)
		wantHungUp(t, phone, LoseRace)
	})
}

func TestContextEndsAndTheLegDoesNot(t *testing.T) {
	play(t, nil, func(s *stage) {
		ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
		ctx, cancel := context.WithCancel(s.t.Context())
		done := s.handleIn(ctx, ann, to1000)
		phone.say(Answered{})
		s.settle()
		cancel()
		wantOutcome(t, <-done, NormalClearing, "", FaultNone)
		wantHungUp(t, ann, NormalClearing)
		wantHungUp(t, phone, NormalClearing)
	})
}
