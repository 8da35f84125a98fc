package bridge

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestCallerHearsRingingBeforeAnybodyIsDialled(t *testing.T) {
	var late error
	control := func(ctx context.Context, c *Call) error {
		for range 2 { // it is told once
			if err := c.Ring(ctx); err != nil {
				return err
			}
		}
		pass(time.Second)
		if err := c.Answer(ctx); err != nil {
			return err
		}
		err := c.Ring(ctx) // too late to be told, and no harm
		_ = c.Hangup(ctx, UserBusy)
		late = c.Ring(context.Background())
		return err
	}
	scripted(t, control, func(s *stage) {
		phone := newLeg("sip", "1000")
		done := s.handle(phone, toAnn)
		if phone.rings != 1 {
			t.Errorf("the telephone was told of ringing %d times", phone.rings)
		}
		wantOutcome(t, <-done, UserBusy, "", FaultNone)
		if ended := (*EndedError)(nil); !errors.As(late, &ended) {
			t.Errorf("after the end: %v", late)
		}
	})
}

func TestWhoConnectsIsToldWhenTheTwoMeet(t *testing.T) {
	met := 0
	control := func(ctx context.Context, c *Call) error {
		_, err := c.Connect(ctx, []Address{to1000}, ConnectOptions{
			ID: "a-uuid", Show: map[string]string{"link": "https://crm.example/7"}, Met: func() { met++ },
		})
		return err
	}
	scripted(t, control, func(s *stage) {
		ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
		done := s.handle(ann, to1000)
		phone.say(Ringing{})
		s.settle()
		if met != 0 {
			t.Error("they met while it rang")
		}
		if o := s.dialer.options["1000"]; o.ID != "a-uuid" || o.Show["link"] == "" {
			t.Errorf("dialled with %+v", o)
		}
		phone.say(Answered{})
		s.settle()
		phone.leaves(NormalClearing)
		<-done
		if met != 1 {
			t.Errorf("they met %d times", met)
		}
	})
}
