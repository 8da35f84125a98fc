package bridge

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// join lets a leg join the call that was begun last, and returns what Join will.
func (s *stage) join(ctx context.Context, l Leg, as Role) <-chan error {
	all, left := s.Calls(), make(chan error, 1)
	go func() { left <- s.Join(ctx, all[len(all)-1].ID, l, as) }()
	synctest.Wait()
	return left
}

func TestASupervisorListensAndLeavesAndTheCallGoesOn(t *testing.T) {
	play(t, nil, func(s *stage) {
		c := s.talk()
		ann, phone, done := c.caller, c.callee, c.done
		boss := newLeg("sip", "1099")
		left := s.join(context.Background(), boss, Listen)
		if !boss.answered {
			t.Error("the supervisor was not answered")
		}
		pass(time.Minute)
		boss.leaves(NormalClearing)
		if err := <-left; err != nil {
			t.Error(err)
		}
		pass(time.Minute)
		wantHungUp(t, ann)
		wantHungUp(t, phone)
		phone.leaves(NormalClearing)
		out := <-done
		wantOutcome(t, out, NormalClearing, "leg-1000", FaultNone)
		if l := out.Legs[2]; l.ID != "leg-1099" || !l.Joined || l.Role != Listen || !l.Remote {
			t.Errorf("the supervisor's leg: %+v", l)
		}
		want := []EventKind{CallIncoming, CallRinging, CallAccepted, CallAnswered, CallJoined, CallLeft, CallEnded}
		if got := s.sink.kinds(); !slices.Equal(got, want) || s.sink.events[4].Role != "listen" || s.sink.events[4].Leg != "leg-1099" {
			t.Errorf("published %v, want %v", s.sink.events, want)
		}
		if out.Path != "relay opus" {
			t.Errorf("path %q", out.Path)
		}
	})
}

func TestTheCallGoesOnWhileTwoTalkWhoeverTheyAre(t *testing.T) {
	for name, c := range map[string]struct {
		as    Role
		first func(ann, phone, guest *fakeLeg) *fakeLeg // who hangs up
		goes  bool
	}{
		"the caller leaves":             {Talk, func(ann, _, _ *fakeLeg) *fakeLeg { return ann }, true},
		"the callee leaves":             {Talk, func(_, phone, _ *fakeLeg) *fakeLeg { return phone }, true},
		"the guest leaves":              {Talk, func(_, _, guest *fakeLeg) *fakeLeg { return guest }, true},
		"the caller leaves a listener":  {Listen, func(ann, _, _ *fakeLeg) *fakeLeg { return ann }, false},
		"the callee leaves a whisperer": {Whisper, func(_, phone, _ *fakeLeg) *fakeLeg { return phone }, false},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, nil, func(s *stage) {
				two := s.talk()
				ann, phone, done := two.caller, two.callee, two.done
				guest := newLeg("sip", "1099")
				left := s.join(context.Background(), guest, c.as)
				gone := c.first(ann, phone, guest)
				gone.leaves(NormalClearing)
				s.settle()
				if running := len(s.Calls()) == 1; running != c.goes {
					t.Fatalf("the call goes on: %t", running)
				}
				if c.goes { // then until one of the others leaves
					if st := s.Calls()[0]; st.State != CallTalking || len(st.Legs) != 2 {
						t.Errorf("it stands so: %+v", st)
					}
					pass(time.Minute)
					for _, l := range []*fakeLeg{guest, phone} {
						if l != gone {
							l.leaves(UserBusy)
							break
						}
					}
				}
				out := <-done
				if err := <-left; err != nil {
					t.Error(err)
				}
				if want := map[bool]Cause{true: UserBusy, false: NormalClearing}[c.goes]; out.Cause != want {
					t.Errorf("ended with %s, want %s", out.Cause, want)
				}
			})
		})
	}
}

func TestAScriptHearsThatTheCallerHasLeftOthersWhoTalkOn(t *testing.T) {
	results := make(chan Result, 1)
	var collected, again error
	scripted(t, func(ctx context.Context, c *Call) error {
		r, err := c.Connect(ctx, []Address{to1000}, ConnectOptions{})
		results <- r
		_, collected = c.Collect(ctx, CollectOptions{})
		_, again = c.Connect(ctx, []Address{to1000}, ConnectOptions{})
		return err
	}, func(s *stage) {
		c := s.talk()
		ann, phone, done := c.caller, c.callee, c.done
		guest := newLeg("sip", "1099")
		left := s.join(context.Background(), guest, Talk)
		ann.leaves(NormalClearing)
		if r := <-results; !r.Answered || r.Leg != "leg-@ann" {
			t.Errorf("the conversation ended with %+v", r)
		}
		s.settle()
		if !errors.Is(collected, ErrVerb) || !errors.Is(again, ErrVerb) {
			t.Errorf("without a caller: collect %v, connect %v", collected, again)
		}
		phone.leaves(NormalClearing)
		wantOutcome(t, <-done, NormalClearing, "leg-1000", FaultNone)
		wantHungUp(t, guest, NormalClearing)
		<-left
	})
}

func TestAGuestIsHungUpWithTheCall(t *testing.T) {
	play(t, nil, func(s *stage) {
		c := s.talk()
		ann, done := c.caller, c.done
		guest := newLeg("sip", "1099")
		left := s.join(context.Background(), guest, Listen)
		ann.leaves(NormalClearing)
		<-done
		if err := <-left; err != nil {
			t.Error(err)
		}
		wantHungUp(t, guest, NormalClearing)
	})
}

func TestAGuestWhoGivesUpIsHungUp(t *testing.T) {
	play(t, nil, func(s *stage) {
		c := s.talk()
		ann, done := c.caller, c.done
		ctx, cancel := context.WithCancelCause(context.Background())
		guest := newLeg("sip", "1099")
		left := s.join(ctx, guest, Listen)
		cancel(errBroken)
		if err := <-left; !errors.Is(err, errBroken) {
			t.Errorf("left with %v", err)
		}
		wantHungUp(t, guest, NormalClearing)
		ann.leaves(NormalClearing)
		<-done
	})
}

func TestAGuestWhoCannotBeAnsweredIsSentAway(t *testing.T) {
	play(t, nil, func(s *stage) {
		c := s.talk()
		ann, done := c.caller, c.done
		guest := newLeg("sip", "1099")
		guest.answers = func(context.Context) error { return refusal{cause: SwitchCongestion} }
		<-s.join(context.Background(), guest, Talk)
		wantHungUp(t, guest, SwitchCongestion)
		ann.leaves(NormalClearing)
		wantOutcome(t, <-done, NormalClearing, "leg-@ann", FaultNone)
	})
}

func TestNobodyJoinsACallThatIsNot(t *testing.T) {
	play(t, nil, func(s *stage) {
		guest := newLeg("sip", "1099")
		if err := s.Join(context.Background(), "none", guest, Talk); !errors.Is(err, ErrNoCall) {
			t.Errorf("joined with %v", err)
		}
		wantHungUp(t, guest, CauseOf(ErrNoCall))
		if err := s.Hangup(context.Background(), "none", UserBusy); !errors.Is(err, ErrNoCall) {
			t.Errorf("hung up with %v", err)
		}
		for _, err := range []error{
			s.HangupLeg(context.Background(), "none", UserBusy), s.Become(context.Background(), "none", Talk, ""), s.Move(context.Background(), "none", "none"),
		} {
			if !errors.Is(err, ErrNoLeg) {
				t.Errorf("error %v", err)
			}
		}
	})
}

func TestASupervisorGetsAnotherRole(t *testing.T) {
	play(t, nil, func(s *stage) {
		c := s.talk()
		ann, done := c.caller, c.done
		boss := newLeg("sip", "1099")
		left := s.join(context.Background(), boss, Listen)
		for _, as := range []Role{Whisper, Talk} {
			if err := s.Become(context.Background(), "leg-1099", as, ""); err != nil {
				t.Error(err)
			}
			if l := s.Calls()[0].Legs[2]; l.Role != as || !l.Joined || l.State != LegUp {
				t.Errorf("stands so: %+v", l)
			}
		}
		if err := s.Become(context.Background(), "leg-1000", Listen, ""); !errors.Is(err, ErrNoLeg) {
			t.Errorf("the callee's role was changed: %v", err)
		}
		ann.leaves(NormalClearing) // two who talk are left
		s.settle()
		if err := s.Become(context.Background(), "leg-1099", Listen, ""); err != nil {
			t.Error(err)
		}
		wantOutcome(t, <-done, NormalClearing, "", FaultNone)
		<-left
	})
}

func TestOneLegIsHungUpFromOutside(t *testing.T) {
	play(t, nil, func(s *stage) {
		c := s.talk()
		phone, done := c.callee, c.done
		boss := newLeg("sip", "1099")
		left := s.join(context.Background(), boss, Listen)
		if err := s.HangupLeg(context.Background(), "leg-1099", CallRejected); err != nil {
			t.Error(err)
		}
		if err := <-left; err != nil {
			t.Error(err)
		}
		wantHungUp(t, boss, CallRejected)
		wantHungUp(t, phone)
		if err := s.HangupLeg(context.Background(), "leg-1000", NormalClearing); err != nil {
			t.Error(err)
		}
		wantOutcome(t, <-done, NormalClearing, "leg-1000", FaultNone)
		wantHungUp(t, phone, NormalClearing)
	})
}
