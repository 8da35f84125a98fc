package bridge

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestDigitsOfPeople(t *testing.T) {
	for text, want := range map[string]string{
		"42#": "42#", " 1 2\t3\n": "123", "abcd*": "ABCD*", "": "", " ": "", "12e": "", "１２": "", "4-2": "", "+49": "", "4\x002": "",
	} {
		got, err := ParseDigits(text)
		if got != want || (err == nil) != (want != "") || err != nil && !errors.Is(err, ErrDigit) {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

func FuzzParseDigits(f *testing.F) {
	f.Add("42#")
	f.Add(" a * ")
	f.Fuzz(func(t *testing.T, text string) {
		digits, err := ParseDigits(text)
		if (err == nil) != (digits != "") || strings.Trim(digits, keys) != "" {
			t.Errorf("%q: %q, %v", text, digits, err)
		}
	})
}

// bothPress is a call of two who press keys.
func bothPress(s *stage) (caller, callee *keyLeg, done <-chan Outcome) {
	caller, callee = newKeyLeg("sip", "1001"), newKeyLeg("sip", "1000")
	s.dialer.legs["1000"] = callee
	done = s.handle(caller, to1000)
	callee.say(Answered{})
	s.settle()
	return caller, callee, done
}

func TestKeysReachTheOtherOnceInOrderAndAsLongAsTheyWere(t *testing.T) {
	var log bytes.Buffer
	write := func(o *Options) {
		o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	play(t, write, func(s *stage) {
		caller, callee, done := bothPress(s)
		caller.say(Digit{Key: '7', Duration: 150 * time.Millisecond}, Digit{Key: '7', Duration: time.Hour}, Digit{Key: '#'})
		callee.say(Digit{Key: 'D', Duration: 70 * time.Millisecond})
		pass(20 * time.Second)
		callee.wantSent(t, sent{"7", 150 * time.Millisecond}, sent{"7", longest}, sent{"#", shortest})
		caller.wantSent(t, sent{"D", 70 * time.Millisecond})
		var pressed []LegID
		for _, ev := range s.sink.events {
			if ev.Kind == CallDigit {
				pressed = append(pressed, ev.Leg)
			}
		}
		slices.Sort(pressed)
		if want := []LegID{"leg-1000", "leg-1001", "leg-1001", "leg-1001"}; !slices.Equal(pressed, want) {
			t.Errorf("pressed by %v", pressed)
		}
		caller.leaves(NormalClearing)
		<-done
	})
	if text := log.String(); !strings.Contains(text, "call.digit") || strings.Contains(text, "level=INFO msg=call.digit") {
		t.Errorf("the log says:\n%s", text)
	}
}

func TestFloodOfKeysIsBounded(t *testing.T) {
	play(t, nil, func(s *stage) {
		caller, callee, done := bothPress(s)
		for range 10_000 {
			caller.say(Digit{Key: '1', Duration: 200 * time.Millisecond})
		}
		pass(10 * time.Minute)
		if n := len(callee.got()); n < maxJobs || n > maxJobs+1 {
			t.Errorf("%d keys were passed on", n)
		}
		if n := len(s.sink.events); n > keysAtOnce+10 {
			t.Errorf("%d events were published", n)
		}
		caller.say(Digit{Key: '2'}) // and the next are heard again
		pass(time.Second)
		if all := callee.got(); all[len(all)-1].digits != "2" {
			t.Errorf("the last key was %v", all[len(all)-1])
		}
		caller.leaves(NormalClearing)
		<-done
	})
}

func TestKeyIsNotPassedOnToWhoHasLeft(t *testing.T) {
	play(t, nil, func(s *stage) {
		caller, callee, done := bothPress(s)
		caller.say(Digit{Key: '1', Duration: 8 * time.Second}, Digit{Key: '2'})
		s.settle()
		callee.leaves(NormalClearing)
		<-done
		callee.wantSent(t)
	})
}

// collecting runs a controller that answers and then collects, with the caller on the stage.
func collecting(t *testing.T, o CollectOptions, test func(s *stage, caller *keyLeg, got <-chan Collected)) {
	t.Helper()
	var got chan Collected // made in the bubble
	scripted(t, func(ctx context.Context, c *Call) error {
		if err := c.Answer(ctx); err != nil {
			return err
		}
		for {
			all, err := c.Collect(ctx, o)
			if err != nil {
				return err
			}
			select {
			case got <- all:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	}, func(s *stage) {
		got = make(chan Collected, 4)
		caller := newKeyLeg("tg", "@ann")
		done := s.handle(caller, to1000)
		test(s, caller, got)
		caller.leaves(NormalClearing)
		wantOutcome(t, <-done, NormalClearing, "leg-@ann", FaultNone)
	})
}

func (l *keyLeg) types(digits string) {
	for _, key := range digits {
		l.say(Digit{Key: key, Duration: keyLength})
	}
}

// slowlyAnswered is a caller whose device knows of the answer a second before the call does.
func slowlyAnswered() *keyLeg {
	caller := newKeyLeg("tg", "@ann")
	caller.answers = func(context.Context) error { pass(time.Second); return nil }
	return caller
}

func TestKeysPressedBeforeTheCallCountsAsAnsweredReachTheOther(t *testing.T) {
	play(t, nil, func(s *stage) {
		caller, callee := slowlyAnswered(), newKeyLeg("sip", "1000")
		s.dialer.legs["1000"] = callee
		done := s.handle(caller, to1000)
		callee.say(Answered{})
		s.settle()
		caller.types("42")
		callee.types("6")
		pass(2 * time.Second)
		caller.types("3")
		pass(time.Second)
		caller.wantSent(t, sent{"6", keyLength})
		callee.wantSent(t, sent{"4", keyLength}, sent{"2", keyLength}, sent{"3", keyLength})
		caller.leaves(NormalClearing)
		<-done
	})
}

func TestKeysPressedBeforeTheCallCountsAsAnsweredAreCollected(t *testing.T) {
	scripted(t, func(ctx context.Context, c *Call) error {
		if err := c.Answer(ctx); err != nil {
			return err
		}
		if all, err := c.Collect(ctx, CollectOptions{Max: 2}); err != nil || all.Digits != "12" {
			t.Errorf("collected %q, %v", all.Digits, err)
		}
		return nil
	}, func(s *stage) {
		caller := slowlyAnswered()
		done := s.handle(caller, to1000)
		s.settle()
		caller.types("12")
		<-done
	})
}

func TestDigitsAreCollectedUntilThereAreEnough(t *testing.T) {
	collecting(t, CollectOptions{Max: 3, Terminators: "#*"}, func(s *stage, caller *keyLeg, got <-chan Collected) {
		caller.types("123" + "4#" + "#" + "56*")
		s.settle()
		for _, want := range []Collected{{Digits: "123"}, {"4", '#'}, {"", '#'}, {"56", '*'}} {
			if all := <-got; all != want {
				t.Errorf("collected %q %q, want %q", all.Digits, all.Terminator, want.Digits)
			}
		}
	})
}

func TestDigitsAreCollectedWhileTheyCome(t *testing.T) {
	collecting(t, CollectOptions{FirstTimeout: 5 * time.Second, BetweenTimeout: 2 * time.Second}, func(s *stage, caller *keyLeg, got <-chan Collected) {
		start := time.Now()
		for range 4 {
			pass(1900 * time.Millisecond)
			caller.types("9")
		}
		if all := <-got; all.Digits != "9999" || time.Since(start) != 4*1900*time.Millisecond+2*time.Second {
			t.Errorf("collected %q after %s", all.Digits, time.Since(start))
		}
		start = time.Now()
		if all := <-got; all.Digits != "" || time.Since(start) != 5*time.Second {
			t.Errorf("collected %q after %s", all.Digits, time.Since(start))
		}
	})
}

func TestDigitsTypedAheadAreForgottenIfAsked(t *testing.T) {
	var collected chan Collected // made in the bubble
	scripted(t, func(ctx context.Context, c *Call) error {
		if err := c.Answer(ctx); err != nil {
			return err
		}
		impatient, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		if _, err := c.Collect(impatient, CollectOptions{Max: 5}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("gave up with %v", err)
		}
		for _, o := range []CollectOptions{{Max: 1}, {Max: 1, Flush: true}} { // what was typed before giving up is not lost
			all, err := c.Collect(ctx, o)
			if err != nil {
				return err
			}
			collected <- all
		}
		return nil
	}, func(s *stage) {
		collected = make(chan Collected, 2)
		caller := newKeyLeg("tg", "@ann")
		done := s.handle(caller, to1000)
		caller.types("12")
		pass(2 * time.Second)
		if all := <-collected; all.Digits != "1" {
			t.Errorf("collected %q", all.Digits)
		}
		caller.types("3")
		if all := <-collected; all.Digits != "3" {
			t.Errorf("after a flush collected %q", all.Digits)
		}
		<-done
	})
}

func TestNobodyCollectsFromWhoIsNotThere(t *testing.T) {
	scripted(t, func(ctx context.Context, c *Call) error {
		if _, err := c.Collect(ctx, CollectOptions{}); !errors.Is(err, ErrVerb) {
			t.Errorf("an unanswered caller: %v", err)
		}
		for _, o := range []CollectOptions{{Max: -1}, {Max: 65}, {Terminators: "x"}, {FirstTimeout: -1}, {BetweenTimeout: -1}} {
			if _, err := c.Collect(ctx, o); err == nil || errors.Is(err, ErrVerb) {
				t.Errorf("%+v: %v", o, err)
			}
		}
		return nil
	}, func(s *stage) { <-s.handle(newKeyLeg("tg", "@ann"), to1000) })
}

func TestControllerSendsDigits(t *testing.T) {
	var errs []error
	scripted(t, func(ctx context.Context, c *Call) error {
		say := func(ctx context.Context, leg LegID, digits string) {
			errs = append(errs, c.SendDigits(ctx, leg, digits))
		}
		say(ctx, "", "1")
		if err := c.Answer(ctx); err != nil {
			return err
		}
		say(ctx, "", "12 3#")
		say(ctx, "leg-1001", "4")
		say(ctx, "leg-nobody", "5")
		say(ctx, "", "12x")
		say(ctx, "", strings.Repeat("1", 65))
		short, cancel := context.WithTimeout(ctx, 150*time.Millisecond)
		defer cancel()
		say(short, "", "67")
		say(ctx, "", "8")
		return nil
	}, func(s *stage) {
		caller := newKeyLeg("sip", "1001")
		<-s.handle(caller, to1000)
		caller.wantSent(t, sent{"123#", keyLength}, sent{"4", keyLength}, sent{"8", keyLength})
	})
	want := []error{ErrVerb, nil, nil, ErrVerb, ErrDigit, ErrDigit, context.DeadlineExceeded, nil}
	for i, err := range errs {
		if !errors.Is(err, want[i]) || len(errs) != len(want) {
			t.Errorf("number %d: %v, want %v", i, err, want[i])
		}
		if err != nil && strings.ContainsAny(err.Error(), "12x5") && i == 4 {
			t.Errorf("the error shows digits: %v", err)
		}
	}
}
