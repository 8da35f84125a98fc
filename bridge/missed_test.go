package bridge

import (
	"context"
	"slices"
	"testing"
	"time"
)

// wantMissed checks whether a call was missed, that this was said once, just before its end, and with how it ended.
func (s *stage) wantMissed(t *testing.T, want bool) {
	t.Helper()
	s.settle()
	kinds := s.sink.kinds()
	at := slices.Index(kinds, CallMissed)
	if !want {
		if at >= 0 {
			t.Errorf("missed: %v", kinds)
		}
		return
	}
	if at < 0 || at != len(kinds)-2 || kinds[at+1] != CallEnded {
		t.Fatalf("events %v; want call.missed just before the end", kinds)
	}
	missed, ended := s.sink.events[at], s.sink.events[at+1]
	if missed.Outcome == nil || missed.Cause != ended.Cause || missed.Call != ended.Call || missed.Caller.Number != "ann" {
		t.Errorf("missed %+v, ended %+v", missed, ended)
	}
}

var extension = Address{"sip", "1000"}

func TestEveryWayToMissACall(t *testing.T) {
	for name, call := range map[string]func(s *stage, ann *fakeLeg){
		"nobody answers": func(s *stage, ann *fakeLeg) {
			s.callee("sip", "1000").say(Ringing{})
			s.handle(ann, extension)
			pass(2 * time.Minute)
		},
		"the callee is busy": func(s *stage, ann *fakeLeg) {
			phone := s.callee("sip", "1000")
			s.handle(ann, extension)
			phone.leaves(UserBusy)
		},
		"the callee declines": func(s *stage, ann *fakeLeg) {
			phone := s.callee("sip", "1000")
			phone.say(Ringing{})
			s.handle(ann, extension)
			phone.leaves(CallRejected)
		},
		"the callee is not registered": func(s *stage, ann *fakeLeg) {
			s.dialer.failure["1000"] = refusal{cause: SubscriberAbsent}
			s.handle(ann, extension)
		},
		"the caller gives up while it rings": func(s *stage, ann *fakeLeg) {
			s.callee("sip", "1000").say(Ringing{})
			s.handle(ann, extension)
			ann.leaves(NormalClearing)
		},
		"the caller gives up while the callee sends sound, unanswered": func(s *stage, ann *fakeLeg) {
			s.callee("sip", "1000").say(EarlyMedia{})
			s.handle(ann, extension)
			ann.leaves(NormalClearing)
		},
		"the caller gives up at once": func(s *stage, ann *fakeLeg) {
			s.callee("sip", "1000")
			ann.leaves(NormalClearing)
			s.handle(ann, extension)
		},
		"somebody took it, and the caller's media never ran": func(s *stage, ann *fakeLeg) {
			ann.answers = func(context.Context) error { return refusal{cause: NormalTemporaryFailure} }
			s.callee("sip", "1000").say(Accepted{}, Answered{})
			s.handle(ann, extension)
		},
		"the program is shutting down": func(s *stage, ann *fakeLeg) {
			_ = s.Shutdown(context.Background())
			s.handle(ann, extension)
		},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, nil, func(s *stage) {
				call(s, newLeg("tg", "ann"))
				s.wantMissed(t, true)
			})
		})
	}
}

// menu answers, and lets the caller listen to it.
func menu(ctx context.Context, c *Call) error {
	if err := c.Answer(ctx); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func TestACallThatOnlyAMenuAnsweredIsMissedUnlessSomebodyJoinsToTalk(t *testing.T) {
	for as, missed := range map[Role]bool{Talk: false, Listen: true} {
		scripted(t, menu, func(s *stage) {
			ann, guest := newLeg("tg", "ann"), newLeg("sip", "1099")
			done := s.handle(ann, extension)
			left := s.join(context.Background(), guest, as)
			ann.leaves(NormalClearing)
			guest.leaves(NormalClearing)
			<-done
			<-left
			s.wantMissed(t, missed)
		})
	}
}

func TestACallThatTheLineHasNoRoomForIsMissed(t *testing.T) {
	play(t, func(o *Options) { o.Gate = &doorman{} }, func(s *stage) {
		s.handle(newLeg("tg", "ann"), extension)
		s.wantMissed(t, true)
	})
}

func TestACallThatTheSecondAgentTakesIsNotMissed(t *testing.T) {
	inTurn := func(ctx context.Context, c *Call) error {
		_, _ = c.Connect(ctx, []Address{extension}, ConnectOptions{Timeout: time.Second})
		_, err := c.Connect(ctx, []Address{{"sip", "1001"}}, ConnectOptions{})
		return err
	}
	scripted(t, inTurn, func(s *stage) {
		s.callee("sip", "1000").say(Ringing{})
		s.callee("sip", "1001").say(Ringing{}, Accepted{}, Answered{})
		ann := newLeg("tg", "ann")
		done := s.handle(ann, extension)
		pass(2 * time.Second)
		ann.leaves(NormalClearing)
		<-done
		s.wantMissed(t, false)
	})
}

func TestACallThatCameWhileTheLineWasAwayIsMissed(t *testing.T) {
	at := time.Date(2026, 8, 1, 9, 0, 0, 0, time.UTC)
	r := NewMissed("away-1", "sales", Address{"tg", "@ann"}, Party{Username: "ann", FirstName: "Ann"}, extension, at).Report()
	if r.Kind != CallMissed || r.Direction != Inward || r.Caller.Name != "Ann" || r.Times == nil || !r.Times.Started.Equal(at) || r.Cause == "" {
		t.Errorf("reported as %+v", r)
	}
}

func TestCallsThatAreNotMissed(t *testing.T) {
	for name, call := range map[string]func(s *stage, ann *fakeLeg){
		"they talked": func(s *stage, ann *fakeLeg) {
			s.callee("sip", "1000").say(Answered{})
			s.handle(ann, extension)
			ann.leaves(NormalClearing)
		},
		"another device of the account took it": func(s *stage, ann *fakeLeg) {
			s.callee("sip", "1000").say(Ringing{})
			s.handle(ann, extension)
			ann.leaves(LoseRace)
		},
		"we called, and nobody answered": func(s *stage, ann *fakeLeg) {
			s.dialer.failure["ann"] = refusal{cause: NoAnswer}
			go s.Originate(context.Background(), Origin{Line: "main", First: Address{"tg", "ann"}, Second: extension})
		},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, nil, func(s *stage) {
				call(s, newLeg("tg", "ann"))
				s.settle()
				s.wantMissed(t, false)
			})
		})
	}
}
