package bridge

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
)

// referrerLeg is told how its transfers go.
type referrerLeg struct {
	*fakeLeg
	user string
	told []told // read when nothing happens
}

type told struct {
	progress TransferProgress
	cause    Cause
}

func (l *referrerLeg) User() string { return l.user }

func (l *referrerLeg) Referred(_ context.Context, p TransferProgress, c Cause) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = append(l.told, told{p, c})
	return nil
}

// referrer prepares a leg to be dialled that will ask for a transfer.
func (s *stage) referrer(user string) *referrerLeg {
	l := &referrerLeg{fakeLeg: newLeg("sip", user)}
	s.dialer.legs[user] = l
	return l
}

// to1001 is whom calls are transferred to.
var to1001 = Address{"sip", "1001"}

func wantTold(t *testing.T, l *referrerLeg, want ...told) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Equal(l.told, want) {
		t.Errorf("%s was told %v, want %v", l.id, l.told, want)
	}
}

// converse has ann, of Telegram, talk with the callee, who may pass her on.
func (s *stage) converse(ann *fakeLeg, callee interface{ say(...LegEvent) }) <-chan Outcome {
	done := s.handle(ann, to1000)
	callee.say(Answered{})
	s.settle()
	return done
}

func TestCalleeTransfersTheCall(t *testing.T) {
	play(t, nil, func(s *stage) {
		// given two who talk
		ann, reception, office := newLeg("tg", "@ann"), s.referrer("1000"), s.callee("sip", "1001")
		done := s.converse(ann, reception)

		// when one asks to be replaced, and whom it names rings
		reception.say(TransferAsked{To: to1001})
		s.settle()
		office.say(Ringing{})
		s.settle()

		// then both talk on meanwhile, and the new one sees who calls
		wantTold(t, reception, told{TransferRings, 0})
		wantHungUp(t, reception.fakeLeg)
		if from := s.dialer.options["1001"].From; from != ann.Party() {
			t.Errorf("called by %+v, want ann", from)
		}

		// and when it answers, the old one is told so, and hung up unless it does that by itself, and the call goes on
		office.say(Answered{})
		s.settle()
		wantTold(t, reception, told{TransferRings, 0}, told{TransferDone, 0})
		wantHungUp(t, reception.fakeLeg) // by itself, if it likes
		pass(parting)
		s.settle()
		wantHungUp(t, reception.fakeLeg, NormalClearing)
		wantHungUp(t, ann)
		pass(time.Minute)

		office.leaves(NormalClearing)
		wantOutcome(t, <-done, NormalClearing, office.id, FaultNone)
		wantHungUp(t, ann, NormalClearing)
		i := slices.IndexFunc(s.sink.events, func(ev Event) bool { return ev.Kind == CallTransferred })
		if i < 0 || s.sink.events[i].Leg != office.id || s.sink.events[i].Instead != reception.id {
			t.Errorf("events %v", s.sink.kinds())
		}
	})
}

func TestWhoTransfersAtOnceWaitsForTheCaller(t *testing.T) {
	play(t, nil, func(s *stage) {
		// given a caller who takes a second to be answered
		ann, reception, office := newLeg("tg", "@ann"), s.referrer("1000"), s.callee("sip", "1001")
		ann.answers = func(context.Context) error { pass(time.Second); return nil }
		done := s.converse(ann, reception)

		// when the callee asks to be replaced meanwhile, then it is when she is there
		reception.say(TransferAsked{To: to1001})
		s.settle()
		wantTold(t, reception)
		pass(time.Second)
		s.settle()
		office.say(Answered{})
		s.settle()
		wantTold(t, reception, told{TransferDone, 0})
		ann.leaves(NormalClearing)
		wantOutcome(t, <-done, NormalClearing, ann.id, FaultNone)
	})
}

func TestCallerTransfersTheCall(t *testing.T) {
	play(t, nil, func(s *stage) {
		// given a telephone that has called ann
		reception, ann, office := &referrerLeg{fakeLeg: newLeg("sip", "1000")}, s.callee("tg", "@ann"), s.callee("sip", "1001")
		done := s.handle(reception, toAnn)
		ann.say(Answered{})
		s.settle()

		// when it passes her on
		reception.say(TransferAsked{To: to1001})
		s.settle()
		office.say(Answered{})
		s.settle()

		// then she talks with somebody else
		wantTold(t, reception, told{TransferDone, 0})
		pass(parting)
		s.settle()
		wantHungUp(t, reception.fakeLeg, NormalClearing)
		wantHungUp(t, ann)
		ann.leaves(NormalClearing)
		wantOutcome(t, <-done, NormalClearing, ann.id, FaultNone)
		wantHungUp(t, office, NormalClearing)
	})
}

func TestCallGoesOnWithoutTheTelephoneThatHasTransferredIt(t *testing.T) {
	play(t, nil, func(s *stage) {
		// given a telephone that has called ann, in a context that ends with its leg
		reception, ann, office := &referrerLeg{fakeLeg: newLeg("sip", "1000")}, s.callee("tg", "@ann"), s.callee("sip", "1001")
		ctx, gone := context.WithCancel(context.Background())
		done := s.handleIn(ctx, reception, toAnn)
		ann.say(Answered{})
		s.settle()

		// when it passes her on, and has gone
		reception.say(TransferAsked{To: to1001})
		s.settle()
		office.say(Answered{})
		s.settle()
		reception.leaves(NormalClearing)
		gone()

		// then she talks with somebody else for as long as they like
		pass(time.Minute)
		wantHungUp(t, ann)
		office.leaves(NormalClearing)
		wantOutcome(t, <-done, NormalClearing, office.id, FaultNone)
	})
}

func TestOperatorTransfersTheCall(t *testing.T) {
	play(t, nil, func(s *stage) {
		// given ann, who talks with somebody
		ann, reception, bob := newLeg("tg", "@ann"), s.referrer("1000"), s.callee("tg", "@bob")
		done := s.converse(ann, reception)

		// when an operator has bob take that one's place, and he answers
		must := func(err error) {
			if err != nil {
				t.Error(err)
			}
		}
		must(s.Transfer(s.t.Context(), reception.id, Address{"tg", "@bob"}))
		s.settle()
		if err := s.Transfer(s.t.Context(), reception.id, to1001); !errors.Is(err, ErrVerb) {
			t.Errorf("a second one meanwhile: %v", err)
		}
		bob.say(Ringing{}, Answered{})
		s.settle()

		// then she talks with him, and nobody was told of what nobody there has asked for
		wantTold(t, reception)
		wantHungUp(t, reception.fakeLeg, NormalClearing)
		wantHungUp(t, ann)
		bob.leaves(NormalClearing)
		wantOutcome(t, <-done, NormalClearing, bob.id, FaultNone)
		if err := s.Transfer(s.t.Context(), reception.id, to1001); !errors.Is(err, ErrNoLeg) {
			t.Errorf("after the end: %v", err)
		}
	})
}

func TestFailedTransferLeavesTheCallAsItWas(t *testing.T) {
	for name, tt := range map[string]struct {
		fails func(*stage, *fakeLeg)
		want  Cause
	}{
		"busy":        {func(s *stage, office *fakeLeg) { office.leaves(UserBusy) }, UserBusy},
		"cannot dial": {func(s *stage, office *fakeLeg) { office.leaves(UnallocatedNumber) }, UnallocatedNumber},
		"nobody answers": {func(s *stage, office *fakeLeg) {
			office.say(Accepted{})
			pass(61 * time.Second)
		}, NormalTemporaryFailure},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, nil, func(s *stage) {
				ann, reception, office := newLeg("tg", "@ann"), s.referrer("1000"), s.callee("sip", "1001")
				done := s.converse(ann, reception)
				reception.say(TransferAsked{To: to1001})
				s.settle()
				tt.fails(s, office)
				s.settle()
				wantTold(t, reception, told{TransferFailed, tt.want})
				wantHungUp(t, reception.fakeLeg)

				// and it may be tried again
				again := s.callee("sip", "1001")
				reception.say(TransferAsked{To: to1001})
				s.settle()
				again.say(Answered{})
				s.settle()
				pass(parting)
				s.settle()
				wantHungUp(t, reception.fakeLeg, NormalClearing)
				ann.leaves(NormalClearing)
				wantOutcome(t, <-done, NormalClearing, ann.id, FaultNone)
			})
		})
	}
}

func TestWhoTransfersMayLeaveAtOnce(t *testing.T) {
	for name, tt := range map[string]struct {
		answers bool
		want    Cause
	}{"and is answered": {true, NormalClearing}, "and nobody is there": {false, NoAnswer}} {
		t.Run(name, func(t *testing.T) {
			play(t, nil, func(s *stage) {
				ann, reception, office := newLeg("tg", "@ann"), s.referrer("1000"), s.callee("sip", "1001")
				done := s.converse(ann, reception)
				reception.say(TransferAsked{To: to1001})
				s.settle()
				reception.leaves(NormalClearing)
				s.settle()
				wantHungUp(t, ann)

				if !tt.answers {
					office.leaves(NoAnswer)
					wantOutcome(t, <-done, tt.want, "", FaultNone)
					wantHungUp(t, ann, tt.want)
					return
				}
				office.say(Answered{})
				s.settle()
				wantHungUp(t, ann)
				office.leaves(NormalClearing)
				wantOutcome(t, <-done, tt.want, office.id, FaultNone)
			})
		})
	}
}

func TestWhoIsTransferredMayLeaveMeanwhile(t *testing.T) {
	play(t, nil, func(s *stage) {
		ann, reception, office := newLeg("tg", "@ann"), s.referrer("1000"), s.callee("sip", "1001")
		done := s.converse(ann, reception)
		reception.say(TransferAsked{To: to1001})
		s.settle()
		ann.leaves(NormalClearing)
		wantOutcome(t, <-done, NormalClearing, ann.id, FaultNone)
		wantHungUp(t, office, NormalClearing)
	})
}

// strict is a Gate that lets nobody be called on behalf of far ends, and says who asked.
type strict struct {
	open
	asked []string
}

func (g *strict) Follow(_ context.Context, line, user string, to Address) error {
	g.asked = append(g.asked, line+" "+user+" "+to.String())
	return refusal{cause: OutgoingCallBarred}
}

func TestTransferGoesWhereTheLineMayCall(t *testing.T) {
	gate := &strict{}
	play(t, func(o *Options) { o.Gate = gate }, func(s *stage) {
		ann, reception := newLeg("tg", "@ann"), s.referrer("1000")
		reception.user = "bob"
		done := s.converse(ann, reception)
		reception.say(TransferAsked{To: to1001})
		s.settle()
		wantTold(t, reception, told{TransferFailed, OutgoingCallBarred})
		if want := []string{"main bob sip:1001"}; !slices.Equal(gate.asked, want) {
			t.Errorf("asked %v, want %v", gate.asked, want)
		}
		reception.leaves(NormalClearing)
		<-done
	})
}

func TestAttendedTransferElsewhereReplacesACallThere(t *testing.T) {
	play(t, nil, func(s *stage) {
		ann, reception := newLeg("tg", "@ann"), s.referrer("1000")
		office := s.callee("sip", "1001")
		done := s.converse(ann, reception)
		reception.say(TransferAsked{To: to1001, Replaces: "abc;to-tag=1;from-tag=2", Leg: "nobody's"})
		s.settle()
		if got := s.dialer.options["1001"].Replaces; got != "abc;to-tag=1;from-tag=2" {
			t.Errorf("replaces %q", got)
		}
		office.say(Answered{})
		s.settle()
		ann.leaves(NormalClearing)
		<-done
	})
}

func TestAttendedTransferBetweenTwoCalls(t *testing.T) {
	play(t, nil, func(s *stage) {
		// given a telephone that talks with ann, and in another call with bob
		ann, bob := newLeg("tg", "@ann"), newLeg("tg", "@bob")
		first, second := s.referrer("1000"), s.referrer("1001")
		one := s.converse(ann, first)
		two := s.handle(bob, to1001)
		second.say(Answered{})
		s.settle()

		// when it connects the two
		first.say(TransferAsked{To: toAnn, Replaces: "x", Leg: second.id})
		s.settle()

		// then both of its calls have ended, and the two talk
		wantTold(t, first, told{TransferDone, 0})
		pass(parting)
		s.settle()
		wantHungUp(t, first.fakeLeg, NormalClearing)
		wantHungUp(t, second.fakeLeg, NormalClearing)
		wantHungUp(t, ann)
		wantHungUp(t, bob)
		bob.leaves(NormalClearing)
		wantOutcome(t, <-two, NormalClearing, bob.id, FaultNone)
		wantHungUp(t, ann, NormalClearing)
		<-one
	})
}

func TestLegTakesAnothersPlace(t *testing.T) {
	play(t, nil, func(s *stage) {
		// given two who talk
		ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
		done := s.converse(ann, phone)

		// when a leg comes for the callee's place
		other := newLeg("sip", "1002")
		replaced := make(chan error, 1)
		go func() { replaced <- s.Replace(s.t.Context(), phone.id, other) }()
		s.settle()

		// then it has it
		wantHungUp(t, phone, NormalClearing)
		wantHungUp(t, ann)
		ann.leaves(NormalClearing)
		wantOutcome(t, <-done, NormalClearing, ann.id, FaultNone)
		if err := <-replaced; err != nil {
			t.Errorf("replaced: %v", err)
		}
		wantHungUp(t, other, NormalClearing)
	})
}

func TestNobodysPlaceCannotBeTaken(t *testing.T) {
	play(t, nil, func(s *stage) {
		ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
		done := s.converse(ann, phone)
		another := newLeg("sip", "1002")
		another.line = "other"
		bobs := &referrerLeg{fakeLeg: newLeg("sip", "1003"), user: "bob"}
		for _, tt := range []struct {
			leg  Leg
			fake *fakeLeg
			old  LegID
		}{{another, another, phone.id}, {bobs, bobs.fakeLeg, phone.id}} {
			if err := s.Replace(s.t.Context(), tt.old, tt.leg); !errors.Is(err, ErrNoLeg) {
				t.Errorf("got %v", err)
			}
			wantHungUp(t, tt.fake, CallRejected)
		}
		late := newLeg("sip", "1004")
		if err := s.Replace(s.t.Context(), "nobody", late); !errors.Is(err, ErrNoLeg) {
			t.Errorf("got %v", err)
		}
		wantHungUp(t, phone)
		ann.leaves(NormalClearing)
		<-done
	})
}
