package bridge

import (
	"context"
	"testing"
	"time"

	"switchgram/bridge/media"
	"switchgram/bridge/room"
	toner "switchgram/bridge/sound"
)

// withMusic is a stage whose music on hold is a tone of 900 Hz.
func withMusic(o *Options) {
	o.HoldMusic = func() room.Source { return toner.NewTone(900, 0.3) }
}

func TestWhoIsHeldBySilenceHearsMusic(t *testing.T) {
	play(t, withMusic, func(s *stage) {
		ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
		atAnn := hears(t, ann, media.Opus)
		done := s.handle(ann, to1000)
		phone.say(Answered{})
		pass(3 * time.Second)
		if atAnn.hears(900) {
			t.Error("music, and nobody holds")
		}
		// when: the telephone holds, and sends nothing any longer
		phone.sound.stop(In)
		phone.say(Held{On: true})
		pass(4 * time.Second)
		if !atAnn.hears(900) {
			t.Errorf("held, and hears %v", atAnn.Measure(500*time.Millisecond))
		}
		// and takes back
		phone.sound.resume(In)
		phone.say(Held{})
		pass(time.Second)
		if atAnn.hears(900) {
			t.Error("music goes on after the hold")
		}
		phone.leaves(NormalClearing)
		<-done
		atAnn.stop()
	})
}

func TestASwitchThatHoldsWithItsOwnMusicIsHeard(t *testing.T) {
	play(t, withMusic, func(s *stage) {
		ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
		atAnn := hears(t, ann, media.Opus)
		done := s.handle(ann, to1000)
		phone.say(Answered{}, Held{On: true})
		pass(5 * time.Second) // its packets come
		if atAnn.hears(900) {
			t.Error("our music on top of the switch's")
		}
		// when: its music ends
		phone.sound.stop(In)
		pass(3 * time.Second)
		if !atAnn.hears(900) {
			t.Error("no music though the switch's has ended")
		}
		phone.leaves(NormalClearing)
		<-done
		atAnn.stop()
	})
}

func TestNobodyHearsMusicWhoCanTalkWithAnother(t *testing.T) {
	play(t, withMusic, func(s *stage) {
		ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
		atAnn := hears(t, ann, media.Opus)
		done := s.handle(ann, to1000)
		phone.say(Answered{})
		guest := newLeg("sip", "1001")
		left := s.join(context.Background(), guest, Talk)
		phone.sound.stop(In)
		phone.say(Held{On: true})
		pass(4 * time.Second)
		if atAnn.hears(900) {
			t.Error("music in a conference of which one holds")
		}
		guest.leaves(NormalClearing)
		<-left
		pass(3 * time.Second)
		if !atAnn.hears(900) {
			t.Error("no music for who is left alone")
		}
		phone.leaves(NormalClearing)
		<-done
		atAnn.stop()
	})
}

// withRinging is a stage whose telephones ring with a tone of 700 Hz.
func withRinging(o *Options) {
	o.Ringback = func(string) room.Source { return toner.NewTone(700, 0.3) }
}

func TestWhoIsTransferredHearsThatItRings(t *testing.T) {
	play(t, func(o *Options) { withMusic(o); withRinging(o) }, func(s *stage) {
		// given ann, whom a telephone holds and transfers
		ann, reception, office := newLeg("tg", "@ann"), s.referrer("1000"), s.callee("sip", "1001")
		atAnn := hears(t, ann, media.Opus)
		done := s.converse(ann, reception)
		reception.sound.stop(In)
		reception.say(Held{On: true}, TransferAsked{To: to1001})
		pass(3 * time.Second)
		if !atAnn.hears(900) {
			t.Errorf("held, and hears %v", atAnn.Measure(500*time.Millisecond))
		}

		// when it rings there, also after the telephone has gone
		office.say(Ringing{})
		pass(2 * time.Second)
		if !atAnn.hears(700) {
			t.Errorf("it rings, and ann hears %v", atAnn.Measure(500*time.Millisecond))
		}
		reception.leaves(NormalClearing)
		pass(2 * time.Second)
		if !atAnn.hears(700) {
			t.Errorf("it rings still, and ann hears %v", atAnn.Measure(500*time.Millisecond))
		}

		// then that ends with the answer
		office.say(Answered{})
		pass(time.Second)
		if atAnn.hears(700) {
			t.Error("it rings on after the answer")
		}
		ann.leaves(NormalClearing)
		<-done
		atAnn.stop()
	})
}

func TestNobodyHearsRingingWhoStillTalks(t *testing.T) {
	play(t, withRinging, func(s *stage) {
		ann, reception, office := newLeg("tg", "@ann"), s.referrer("1000"), s.callee("sip", "1001")
		atAnn := hears(t, ann, media.Opus)
		done := s.converse(ann, reception)
		reception.say(TransferAsked{To: to1001})
		s.settle()
		office.say(Ringing{})
		pass(3 * time.Second) // the telephone's packets come
		if atAnn.hears(700) {
			t.Error("ringing on top of the talk")
		}
		ann.leaves(NormalClearing)
		<-done
		atAnn.stop()
	})
}

func TestFirstOfTwoHearsThatTheSecondRings(t *testing.T) {
	play(t, withRinging, func(s *stage) {
		phone, ann := s.callee("sip", "1000"), s.callee("tg", "@ann")
		atPhone := hears(t, phone, media.Opus)
		done := make(chan Outcome, 1)
		go func() { done <- s.Originate(s.t.Context(), Origin{Line: "main", First: to1000, Second: toAnn}) }()
		s.settle()
		phone.say(Answered{})
		pass(2 * time.Second)
		if atPhone.hears(700) {
			t.Error("ringing before it rings")
		}
		ann.say(Ringing{})
		pass(2 * time.Second)
		if !atPhone.hears(700) {
			t.Errorf("it rings, and the first hears %v", atPhone.Measure(500*time.Millisecond))
		}
		ann.say(Answered{})
		pass(time.Second)
		if atPhone.hears(700) {
			t.Error("it rings on after the answer")
		}
		phone.leaves(NormalClearing)
		<-done
		atPhone.stop()
	})
}
