package bridge

import (
	"slices"
	"testing"
	"time"

	"switchgram/bridge/media"
)

// browserLeg hears what is sent before it is answered.
type browserLeg struct{ *fakeLeg }

func (browserLeg) HearsEarly() bool { return true }

func TestABrowserHearsRingingUntilMediaRuns(t *testing.T) {
	play(t, withRinging, func(s *stage) {
		browser, ann := browserLeg{newLeg("verto", "eve")}, s.callee("tg", "@ann")
		atBrowser := hears(t, browser.fakeLeg, media.Opus)
		done := s.handle(browser, toAnn)
		pass(2 * time.Second)
		if atBrowser.hears(700) {
			t.Error("ringing, and nobody's telephone rings")
		}
		ann.say(Ringing{})
		pass(5 * time.Second)
		if !atBrowser.hears(700) {
			t.Errorf("it rings, and the browser hears %v", atBrowser.Measure(500*time.Millisecond))
		}
		ann.say(Accepted{}) // keys are exchanged
		pass(2 * time.Second)
		if !atBrowser.hears(700) {
			t.Error("silence from when the person takes the call")
		}
		ann.say(Answered{})
		pass(time.Second)
		s.settle()
		if atBrowser.hears(700) || !browser.answered {
			t.Error("it rings on after the answer")
		}
		ann.leaves(NormalClearing)
		wantOutcome(t, <-done, NormalClearing, "leg-@ann", FaultNone)
		atBrowser.stop()
		if k := s.sink.kinds(); slices.Contains(k, CallSilent) {
			t.Errorf("who was not answered was missed: %v", k)
		}
	})
}

func TestWhoMakesAToneOfHisOwnIsSentNone(t *testing.T) {
	play(t, withRinging, func(s *stage) {
		phone, ann := newLeg("sip", "1000"), s.callee("tg", "@ann")
		atPhone := hears(t, phone, media.Opus)
		done := s.handle(phone, toAnn)
		ann.say(Ringing{})
		pass(3 * time.Second)
		s.settle()
		if phone.rings != 1 || atPhone.hears(700) {
			t.Error("a telephone that was told that it rings is sent a tone, too")
		}
		phone.leaves(NormalClearing)
		<-done
		atPhone.stop()
	})
}

func TestABrowserHearsTheFarEndInPlaceOfRinging(t *testing.T) {
	for name, first := range map[string]LegEvent{"at once": EarlyMedia{}, "after ringing": Ringing{}} {
		t.Run(name, func(t *testing.T) {
			play(t, withRinging, func(s *stage) {
				browser, desk := browserLeg{newLeg("verto", "eve")}, s.callee("sip", "1000")
				atBrowser := hears(t, browser.fakeLeg, media.Opus)
				done := s.handle(browser, to1000)
				desk.say(first)
				pass(time.Second)
				desk.say(EarlyMedia{}, EarlyMedia{})
				pass(3 * time.Second)
				if st := s.legNamed(desk.id); st.Codec == "" || st.State != LegRinging {
					t.Errorf("the far end's sound is not heard: %+v", st)
				}
				if atBrowser.hears(700) {
					t.Error("ringing on top of what the far end plays")
				}
				desk.leaves(UserBusy)
				wantOutcome(t, <-done, UserBusy, "leg-1000", FaultNone)
				atBrowser.stop()
			})
		})
	}
}

func TestABrowserThatLeavesWhileItRingsLeavesNothing(t *testing.T) {
	play(t, withRinging, func(s *stage) {
		browser, ann := browserLeg{newLeg("verto", "eve")}, s.callee("tg", "@ann")
		atBrowser := hears(t, browser.fakeLeg, media.Opus)
		done := s.handle(browser, toAnn)
		ann.say(Ringing{})
		pass(2 * time.Second)
		browser.leaves(NormalClearing)
		wantOutcome(t, <-done, NormalClearing, "leg-eve", FaultNone)
		atBrowser.stop()
		wantHungUp(t, ann, NormalClearing)
	})
}
