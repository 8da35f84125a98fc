package bridge

import (
	"context"
	"errors"
	"math"
	"testing"
)

// legNamed is how a leg of the only call stands.
func (s *stage) legNamed(id LegID) LegStatus {
	s.settle()
	for _, l := range s.Calls()[0].Legs {
		if l.ID == id {
			return l
		}
	}
	s.t.Fatalf("no leg %s", id)
	panic("unreachable")
}

func TestWhoHasJoinedMutesHimselfByAKeyAndNobodyElseDoes(t *testing.T) {
	play(t, nil, func(s *stage) {
		c := s.talk()
		guest := newLeg("sip", "1099")
		s.join(context.Background(), guest, Talk)
		for i, key := range "0500" {
			guest.say(Digit{Key: key})
			if got, want := s.legNamed(guest.id).Silenced, i < 2 || i == 3; got != want {
				t.Errorf("after %d keys the guest is silenced: %t", i+1, got)
			}
		}
		c.caller.say(Digit{Key: '0'})
		c.callee.say(Digit{Key: '0'})
		if s.legNamed(c.caller.id).Silenced || s.legNamed(c.callee.id).Silenced {
			t.Error("a key that caller or callee pressed for the other has muted them")
		}
		c.callee.leaves(NormalClearing)
		c.caller.leaves(NormalClearing)
		<-c.done
	})
}

func TestWhoSteersACallChangesHowALegTakesPart(t *testing.T) {
	play(t, nil, func(s *stage) {
		c, ctx := s.talk(), context.Background()
		for _, err := range []error{s.Silence(ctx, c.caller.id, true), s.Deafen(ctx, c.caller.id, true), s.SetVolume(ctx, c.callee.id, -6)} {
			if err != nil {
				t.Error(err)
			}
		}
		if l := s.legNamed(c.caller.id); !l.Silenced || !l.Deaf || l.Volume != 0 || l.Codec != "opus@48000" {
			t.Errorf("the caller stands so: %+v", l)
		}
		if l := s.legNamed(c.callee.id); l.Silenced || l.Deaf || l.Volume != -6 {
			t.Errorf("the callee stands so: %+v", l)
		}
		if err := errors.Join(s.Silence(ctx, c.caller.id, false), s.Deafen(ctx, c.caller.id, false)); err != nil {
			t.Error(err)
		}
		if l := s.legNamed(c.caller.id); l.Silenced || l.Deaf {
			t.Errorf("the caller still stands so: %+v", l)
		}
		for _, db := range []float64{21, -21, math.NaN(), math.Inf(1)} {
			if s.SetVolume(ctx, c.caller.id, db) == nil {
				t.Errorf("%g dB were taken", db)
			}
		}
		if err := s.Silence(ctx, "leg-nobody", true); !errors.Is(err, ErrNoLeg) {
			t.Errorf("nobody was muted: %v", err)
		}
		c.callee.leaves(NormalClearing)
		<-c.done
		if err := s.Deafen(ctx, c.caller.id, true); !errors.Is(err, ErrNoLeg) {
			t.Errorf("whose call has ended was deafened: %v", err)
		}
	})
}
