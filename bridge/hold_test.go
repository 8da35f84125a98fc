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
