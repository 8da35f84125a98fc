package bridge

import (
	"context"
	"testing"
	"time"
)

// impatiently connects to all for 30 seconds, and to some of them for less.
func impatiently(got *Result, patience map[Address]time.Duration, users ...string) script {
	return func(ctx context.Context, c *Call) (err error) {
		var to []Address
		for _, u := range users {
			to = append(to, Address{"sip", u})
		}
		*got, err = c.Connect(ctx, to, ConnectOptions{Timeout: 30 * time.Second, Patience: patience})
		return err
	}
}

func TestOneStopsRingingWhileTheOtherGoesOn(t *testing.T) {
	var got Result
	scripted(t, impatiently(&got, map[Address]time.Duration{to1000: 7 * time.Second}, "1000", "1001"), func(s *stage) {
		ann, short, long := newLeg("tg", "@ann"), s.callee("sip", "1000"), s.callee("sip", "1001")
		short.hangs = func(context.Context) error { short.say(Answered{}); return nil } // too late
		done := s.handle(ann, to1000)
		short.say(Ringing{})
		long.say(Ringing{})
		pass(6900 * time.Millisecond)
		wantHungUp(t, short)
		pass(200 * time.Millisecond)
		wantHungUp(t, short, NoAnswer)
		pass(10 * time.Second)
		wantHungUp(t, long)
		long.say(Answered{})
		s.settle()
		long.leaves(NormalClearing)
		wantOutcome(t, <-done, NormalClearing, "leg-1001", FaultNone)
		if !got.Answered || got.To != (Address{"sip", "1001"}) {
			t.Errorf("the attempt's result is %+v", got)
		}
		if first, second := s.dialer.options["1000"].Timeout, s.dialer.options["1001"].Timeout; first != 7*time.Second || second != 30*time.Second {
			t.Errorf("dialled for %s and %s", first, second)
		}
	})
}

func TestAttemptIsOverWhenNobodyIsPatientAnyLonger(t *testing.T) {
	var got Result
	patience := map[Address]time.Duration{to1000: 5 * time.Second, {"sip", "1001"}: 9 * time.Second}
	scripted(t, impatiently(&got, patience, "1000", "1001"), func(s *stage) {
		ann, rings, silent := newLeg("tg", "@ann"), s.callee("sip", "1000"), s.callee("sip", "1001")
		began := time.Now()
		done := s.handle(ann, to1000)
		rings.say(Ringing{})
		wantOutcome(t, <-done, NoAnswer, "leg-1000", FaultNone)
		wantHungUp(t, rings, NoAnswer)
		wantHungUp(t, silent, NoUserResponse)
		if took := time.Since(began); took != 9*time.Second {
			t.Errorf("it rang for %s", took)
		}
	})
}

func TestWhoHasTakenTheCallIsNotTooLate(t *testing.T) {
	var got Result
	scripted(t, impatiently(&got, map[Address]time.Duration{to1000: 5 * time.Second}, "1000"), func(s *stage) {
		ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
		done := s.handle(ann, to1000)
		phone.say(Ringing{}, Accepted{})
		pass(6 * time.Second) // its media takes its time
		phone.say(Answered{})
		pass(6 * time.Second)
		phone.leaves(NormalClearing)
		wantOutcome(t, <-done, NormalClearing, "leg-1000", FaultNone)
	})
}

// The time of the attempt is all that counts where it is shorter.
func TestNobodyRingsLongerThanTheAttempt(t *testing.T) {
	var got Result
	scripted(t, impatiently(&got, map[Address]time.Duration{to1000: time.Hour}, "1000"), func(s *stage) {
		ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
		began := time.Now()
		done := s.handle(ann, to1000)
		phone.say(Ringing{})
		wantOutcome(t, <-done, NoAnswer, "", FaultNone)
		if took := time.Since(began); took != 30*time.Second {
			t.Errorf("it rang for %s", took)
		}
	})
}
