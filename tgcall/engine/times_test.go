package engine

import (
	"context"
	"testing"
	"time"
)

func TestTimesOfACallThatSucceeds(t *testing.T) {
	c := newCall(t, Config{Version: "13.0.0", P2P: true}, weather{})
	if got := c.caller.engine.Times(); got != (Times{}) {
		t.Errorf("before the call: %+v", got)
	}
	before := time.Now()
	c.run()
	c.established()
	for _, s := range []*side{c.caller, c.callee} {
		got := s.engine.Times()
		for name, order := range map[string][]time.Time{
			"ICE before DTLS before the sound": {before, got.ICE, got.DTLS, got.FirstSent, time.Now()},
			"signalling before ICE":            {before, got.SignallingReceived, got.ICE},
			"we speak before we hear sound":    {before, got.SignallingSent, got.FirstReceived, time.Now()},
		} {
			for i := range order[1:] {
				if order[i].IsZero() || order[i+1].Before(order[i]) {
					t.Errorf("%s, %s: %+v", s.name, name, got)
				}
			}
		}
		if again := s.engine.Times(); again != got {
			t.Errorf("%s: the times change from %+v to %+v", s.name, got, again)
		}
	}
}

func TestTimesOfACallNobodyAnswers(t *testing.T) {
	c := valid()
	c.Version, c.Outgoing = "8.0.0", true
	sending := make(chan struct{}, 100)
	c.Send = func(context.Context, []byte) error {
		sending <- struct{}{}
		return nil
	}
	s := newSide(t, "caller", c)
	s.run()
	<-sending
	<-sending // the first was taken
	if got := s.engine.Times(); got.SignallingSent.IsZero() || got != (Times{SignallingSent: got.SignallingSent}) {
		t.Errorf("%+v", got)
	}
}
