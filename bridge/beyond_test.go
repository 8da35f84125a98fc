package bridge

import (
	"context"
	"errors"
	"slices"
	"testing"
)

// through connects the caller with a switch that carries on with the call, and hands the call to the test.
func through(calls chan<- *Call) script {
	return func(ctx context.Context, c *Call) error {
		calls <- c
		_, err := c.Connect(ctx, []Address{to1000}, ConnectOptions{Beyond: true})
		return err
	}
}

func TestACallThatASwitchTakesIsAnsweredByWhoIsBeyondIt(t *testing.T) {
	calls := make(chan *Call, 1)
	scripted(t, through(calls), func(s *stage) {
		ann, pbx := newLeg("tg", "@ann"), s.callee("sip", "1000")
		done := s.handle(ann, to1000)
		call := <-calls
		pbx.say(Accepted{}, Answered{})
		s.settle()
		if kinds := s.sink.kinds(); slices.Contains(kinds, CallAnswered) || slices.Contains(kinds, CallAccepted) {
			t.Errorf("a switch has answered: %v", kinds)
		}

		if err := call.Met(context.Background(), Address{"sip", "204"}); err != nil {
			t.Error(err)
		}

		s.settle()
		at := slices.Index(s.sink.kinds(), CallAnswered)
		if at < 0 {
			t.Fatalf("events %v", s.sink.kinds())
		}
		if ev := s.sink.events[at]; ev.Address.User != "204" || ev.Leg != "leg-1000" || ev.Talkers[1].Address.User != "204" {
			t.Errorf("answered by %+v", ev)
		}
		pbx.leaves(NormalClearing)
		if out := <-done; !out.Times.Answered() || out.Cause != NormalClearing {
			t.Errorf("ended %+v", out)
		}
		s.wantMissed(t, false)
	})
}

func TestACallerIsMetBeforeTheSwitchAnswers(t *testing.T) {
	calls := make(chan *Call, 1)
	scripted(t, through(calls), func(s *stage) {
		ann, pbx := newLeg("tg", "@ann"), s.callee("sip", "1000")
		done := s.handle(ann, to1000)
		call := <-calls
		s.settle()
		if err := call.Met(context.Background(), Address{"sip", "204"}); err != nil {
			t.Error(err)
		}
		s.settle()
		if slices.Contains(s.sink.kinds(), CallAnswered) {
			t.Error("answered before the caller was")
		}
		pbx.say(Answered{})
		s.settle()
		pbx.leaves(NormalClearing)
		if out := <-done; !out.Times.Answered() {
			t.Errorf("ended %+v", out)
		}
	})
}

func TestACallThatOnlyASwitchHasTakenIsMissed(t *testing.T) {
	calls := make(chan *Call, 1)
	scripted(t, through(calls), func(s *stage) {
		ann, pbx := newLeg("tg", "@ann"), s.callee("sip", "1000")
		done := s.handle(ann, to1000)
		call := <-calls
		pbx.say(Answered{})
		s.settle()
		pbx.leaves(NoAnswer)
		if out := <-done; out.Times.Answered() || out.Cause != NoAnswer {
			t.Errorf("ended %+v", out)
		}
		s.settle()
		if !slices.Contains(s.sink.kinds(), CallMissed) {
			t.Errorf("not missed: %v", s.sink.kinds())
		}
		if err := call.Met(context.Background(), to1000); err == nil {
			t.Error("somebody was met after the end")
		}
	})
}

func TestOnlyASwitchHasSomebodyBeyondIt(t *testing.T) {
	met := make(chan error, 2)
	scripted(t, func(ctx context.Context, c *Call) error {
		met <- c.Met(ctx, to1000)
		_, err := c.Connect(ctx, []Address{to1000}, ConnectOptions{Met: func() {
			go func() { met <- c.Met(ctx, to1000) }()
		}})
		return err
	}, func(s *stage) {
		ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
		done := s.handle(ann, to1000)
		phone.say(Answered{})
		for range 2 {
			if err := <-met; !errors.Is(err, ErrVerb) {
				t.Error(err)
			}
		}
		ann.leaves(NormalClearing)
		<-done
	})
}
