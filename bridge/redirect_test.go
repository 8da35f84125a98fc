package bridge

import (
	"fmt"
	"slices"
	"testing"
)

// redirects has a leg say that others should be called, as a telephone that is diverted.
func redirects(l *fakeLeg, to ...Address) {
	l.say(Redirected{To: to})
	l.leaves(NumberChanged)
}

func TestDivertedCallRingsWhereItIsDivertedTo(t *testing.T) {
	play(t, nil, func(s *stage) {
		ann, phone, other := newLeg("tg", "@ann"), s.callee("sip", "1000"), s.callee("sip", "1001")
		done := s.handle(ann, to1000)
		redirects(phone, to1001)
		s.settle()
		other.say(Answered{})
		s.settle()
		if !ann.answered {
			t.Error("ann was not answered")
		}
		other.leaves(NormalClearing)
		wantOutcome(t, <-done, NormalClearing, other.id, FaultNone)
	})
}

func TestDiversionsGoNoFurtherThanFive(t *testing.T) {
	play(t, nil, func(s *stage) {
		ann := newLeg("tg", "@ann")
		var legs []*fakeLeg
		for i := range 7 {
			legs = append(legs, s.callee("sip", fmt.Sprint(1000+i)))
		}
		done := s.handle(ann, to1000)
		for i, l := range legs {
			redirects(l, Address{"sip", fmt.Sprint(1001 + i)})
			s.settle()
		}
		wantOutcome(t, <-done, NumberChanged, legs[0].id, FaultCaller)
		if _, dialled := s.dialer.options["1006"]; dialled {
			t.Error("sent on six times")
		}
	})
}

func TestDiversionInACircleEnds(t *testing.T) {
	play(t, nil, func(s *stage) {
		ann, phone, other := newLeg("tg", "@ann"), s.callee("sip", "1000"), s.callee("sip", "1001")
		done := s.handle(ann, to1000)
		redirects(phone, to1000, to1001)
		s.settle()
		redirects(other, to1000, to1001)
		wantOutcome(t, <-done, NumberChanged, phone.id, FaultCaller)
	})
}

func TestDiversionGoesWhereTheLineMayCall(t *testing.T) {
	gate := &strict{}
	play(t, func(o *Options) { o.Gate = gate }, func(s *stage) {
		ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
		done := s.handle(ann, to1000)
		redirects(phone, to1001, Address{"tg", "+1900"})
		wantOutcome(t, <-done, NumberChanged, phone.id, FaultCaller)
		if want := []string{"main  sip:1001", "main  tg:+1900"}; !slices.Equal(gate.asked, want) {
			t.Errorf("asked %q", gate.asked)
		}
	})
}

func TestDiversionOfOneOfSeveralRingsBesideTheOthers(t *testing.T) {
	scripted(t, connectAll("1000", "1001"), func(s *stage) {
		ann, busy, phone, other := newLeg("tg", "@ann"), s.callee("sip", "1000"), s.callee("sip", "1001"), s.callee("sip", "1002")
		done := s.handle(ann, to1000)
		redirects(phone, Address{"sip", "1002"})
		s.settle()
		busy.leaves(UserBusy)
		s.settle()
		other.say(Answered{})
		s.settle()
		ann.leaves(NormalClearing)
		wantOutcome(t, <-done, NormalClearing, ann.id, FaultNone)
		wantHungUp(t, other, NormalClearing)
	})
}

func TestTransferToADivertedTelephone(t *testing.T) {
	play(t, nil, func(s *stage) {
		ann, reception, office, other := newLeg("tg", "@ann"), s.referrer("1000"), s.callee("sip", "1001"), s.callee("sip", "1002")
		done := s.converse(ann, reception)
		reception.say(TransferAsked{To: to1001})
		s.settle()
		redirects(office, Address{"sip", "1002"})
		s.settle()
		other.say(Answered{})
		s.settle()
		wantTold(t, reception, told{TransferDone, 0})
		ann.leaves(NormalClearing)
		wantOutcome(t, <-done, NormalClearing, ann.id, FaultNone)
	})
}

func TestOriginateRingsWhereTheFirstIsDivertedTo(t *testing.T) {
	play(t, nil, func(s *stage) {
		phone, other, ann := s.callee("sip", "1000"), s.callee("sip", "1001"), s.callee("tg", "@ann")
		done := make(chan Outcome, 1)
		go func() { done <- s.Originate(s.t.Context(), Origin{Line: "main", First: to1000, Second: toAnn}) }()
		s.settle()
		redirects(phone, to1001)
		s.settle()
		other.say(Answered{})
		s.settle()
		ann.say(Answered{})
		s.settle()
		ann.leaves(NormalClearing)
		wantOutcome(t, <-done, NormalClearing, ann.id, FaultNone)
		wantHungUp(t, other, NormalClearing)
	})
}

func TestOriginateEndsWhereTheDiversionMayNotGo(t *testing.T) {
	gate := &strict{}
	play(t, func(o *Options) { o.Gate = gate }, func(s *stage) {
		phone := s.callee("sip", "1000")
		redirects(phone, to1001)
		out := s.Originate(s.t.Context(), Origin{Line: "main", First: to1000, Second: toAnn})
		wantOutcome(t, out, NumberChanged, phone.id, FaultCaller)
		if want := []string{"main  sip:1001"}; !slices.Equal(gate.asked, want) {
			t.Errorf("asked %q", gate.asked)
		}
	})
}

// TestWhomWeHungUpIsNotReplaced: that it has named others is nothing to us any longer.
func TestWhomWeHungUpIsNotReplaced(t *testing.T) {
	s := newState(true)
	for _, in := range []input{admitted{}, dialled{leg: 0}, happened{0, Redirected{To: []Address{to1000}}}, dropAsked{leg: 0, cause: CallRejected}} {
		s, _ = step(s, in)
	}
	if s.phase != ending || s.following > 0 {
		t.Errorf("the call goes on: %s", describeState(s))
	}
}
