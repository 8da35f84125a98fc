package bridge

import (
	"context"
	"fmt"
	"testing"
)

// switchboard is a dialer with several telephones at each address.
type switchboard struct{ telephones []*fakeLeg }

func (s switchboard) Forks(Address) int { return len(s.telephones) }

func (s switchboard) Dial(_ context.Context, _ Address, o DialOptions) (Leg, error) {
	if o.Fork >= len(s.telephones) {
		return nil, fmt.Errorf("no telephone %d", o.Fork)
	}
	return s.telephones[o.Fork], nil
}

func TestEveryTelephoneOfAnAddressRings(t *testing.T) {
	desk, hall := newLeg("sip", "desk"), newLeg("sip", "hall")
	play(t, nil, func(s *stage) {
		desk.events, hall.events = make(chan LegEvent, 16), make(chan LegEvent, 16) // of this bubble
		s.opt.Dialers["sip"] = switchboard{[]*fakeLeg{desk, hall}}
		ann := newLeg("tg", "@ann")
		done := s.handle(ann, to1000)
		desk.say(Ringing{})
		hall.say(Ringing{})
		s.settle()
		hall.say(Answered{})
		s.settle()
		wantHungUp(t, desk, LoseRace)
		hall.leaves(NormalClearing)
		wantOutcome(t, <-done, NormalClearing, hall.id, FaultNone)
	})
}

func TestAddressWithoutATelephoneIsDialledOnce(t *testing.T) {
	play(t, func(o *Options) { o.Dialers["sip"] = switchboard{} }, func(s *stage) {
		out := <-s.handle(newLeg("tg", "@ann"), to1000)
		if len(out.Legs) != 2 || out.Legs[1].Err == nil {
			t.Errorf("legs %+v", out.Legs)
		}
	})
}
