package bridge

import (
	"context"
	"errors"
	"testing"
	"time"
)

// consult lets ann talk with extension 1000, which then calls 1001 by a call of its own.
func (s *stage) consult() (ann, phone, second, colleague *fakeLeg, first, other <-chan Outcome) {
	c := s.talk()
	ann, phone, first = c.caller, c.callee, c.done
	pass(time.Second)
	second, colleague = newLeg("sip", "1000-again"), s.callee("sip", "1001")
	other = s.handle(second, Address{"sip", "1001"})
	colleague.say(Answered{})
	s.settle()
	return ann, phone, second, colleague, first, other
}

func TestAnAttendedTransferJoinsTwoCalls(t *testing.T) {
	play(t, nil, func(s *stage) {
		ann, phone, second, colleague, first, other := s.consult()
		to := s.Calls()[1].ID
		// when: ann is moved to the colleague's call, and the extension hangs up there
		if err := s.Move(context.Background(), "leg-@ann", to); err != nil {
			t.Fatal(err)
		}
		s.settle()
		wantHungUp(t, phone, NormalClearing)
		second.leaves(NormalClearing)
		pass(time.Minute)
		// then: ann and the colleague talk
		calls := s.Calls()
		if len(calls) != 1 || calls[0].ID != to || calls[0].State != CallTalking || len(calls[0].Legs) != 2 || calls[0].Legs[1].ID != "leg-@ann" {
			t.Fatalf("calls: %+v", calls)
		}
		select {
		case <-first:
			t.Error("the first Handle has returned, though the leg that it was given lives")
		default:
		}
		wantHungUp(t, ann)
		wantHungUp(t, colleague)
		// and each hears of the end of the other
		ann.leaves(NormalClearing)
		out := <-other
		wantOutcome(t, out, NormalClearing, "leg-@ann", FaultNone)
		wantHungUp(t, colleague, NormalClearing)
		if l := out.Legs[2]; l.ID != "leg-@ann" || !l.Joined || l.Moved || !l.Remote {
			t.Errorf("ann in the second call: %+v", l)
		}
		if l := (<-first).Legs[0]; !l.Moved || l.Remote || l.Stats.Received == 0 {
			t.Errorf("ann in the first call: %+v", l)
		}
	})
}

func TestWhatHappensToALegOnItsWayIsNotLost(t *testing.T) {
	play(t, nil, func(s *stage) {
		ann, _, second, _, first, other := s.consult()
		ann.say(Muted{On: true}, Held{On: true}, Held{}, Muted{})
		ann.leaves(NormalClearing)
		err := s.Move(context.Background(), "leg-@ann", s.Calls()[1].ID)
		if err != nil && !errors.Is(err, ErrNoLeg) {
			t.Errorf("moved with %v", err)
		}
		<-first
		second.leaves(NormalClearing)
		<-other
	})
}

func TestALegOfAScriptMovesAndTheScriptGoesOn(t *testing.T) {
	went := make(chan Result, 1)
	scripted(t, func(ctx context.Context, c *Call) error {
		r, err := c.Connect(ctx, []Address{c.To()}, ConnectOptions{})
		went <- r
		if c.To() == to1000 {
			<-ctx.Done()
		}
		return err
	}, func(s *stage) {
		ann, phone, second, colleague, first, other := s.consult()
		if err := s.Move(context.Background(), "leg-1000", s.Calls()[1].ID); err != nil {
			t.Fatal(err)
		}
		if r := <-went; !r.Answered || r.Leg != "leg-1000" {
			t.Errorf("the conversation ended with %+v", r)
		}
		wantHungUp(t, phone)
		wantHungUp(t, ann)
		ann.leaves(NormalClearing)
		second.leaves(NormalClearing)
		s.settle()
		colleague.leaves(NormalClearing)
		<-other
		<-first
		wantHungUp(t, phone, NormalClearing)
	})
}

func TestALegIsNotMovedWhereItCannotGo(t *testing.T) {
	play(t, nil, func(s *stage) {
		ann, phone, second, _, first, other := s.consult()
		own := s.Calls()[0].ID
		for to, want := range map[CallID]error{"none": ErrNoCall, own: ErrVerb} {
			if err := s.Move(context.Background(), "leg-@ann", to); !errors.Is(err, want) {
				t.Errorf("to %q: %v, want %v", to, err, want)
			}
		}
		wantHungUp(t, ann)
		wantHungUp(t, phone)
		ann.leaves(NormalClearing)
		second.leaves(NormalClearing)
		<-first
		<-other
	})
}

func TestALegMovedTwiceIsWaitedForByAll(t *testing.T) {
	play(t, nil, func(s *stage) {
		ann, _, second, _, first, other := s.consult()
		pass(time.Second)
		third, last := newLeg("tg", "@eve"), s.callee("sip", "1002")
		done := s.handle(third, Address{"sip", "1002"})
		last.say(Answered{})
		s.settle()
		calls := s.Calls()
		for _, to := range calls[1:] {
			if err := s.Move(context.Background(), "leg-@ann", to.ID); err != nil {
				t.Fatal(err)
			}
			s.settle()
		}
		second.leaves(NormalClearing)
		third.leaves(NormalClearing)
		s.settle()
		last.leaves(NormalClearing)
		wantOutcome(t, <-done, NormalClearing, "leg-1002", FaultNone)
		wantHungUp(t, ann, NormalClearing)
		<-first
		<-other
	})
}
