package bridge_test

import (
	"context"
	"fmt"

	"github.com/pion/rtp"

	"switchgram/bridge"
	"switchgram/bridge/media"
)

// doorbell is the smallest leg there is: it has called, and hears nothing.
type doorbell struct{ events chan bridge.LegEvent }

func (doorbell) ID() bridge.LegID                 { return "doorbell" }
func (doorbell) Address() bridge.Address          { return bridge.Address{Scheme: "sip", User: "door"} }
func (doorbell) Party() bridge.Party              { return bridge.Party{Number: "door"} }
func (d doorbell) Events() <-chan bridge.LegEvent { return d.events }
func (doorbell) Answer(context.Context) error     { return nil }
func (doorbell) Media() media.Stream              { return nothing{} }
func (d doorbell) Hangup(_ context.Context, c bridge.Cause) error {
	d.events <- bridge.Ended{Cause: c}
	close(d.events)
	return nil
}

type nothing struct{}

func (nothing) Format() media.Format       { return media.Format{} }
func (nothing) OnRTP(func(*rtp.Packet))    {}
func (nothing) WriteRTP(*rtp.Packet) error { return nil }
func (nothing) Stats() media.Stats         { return media.Stats{} }

// nobody cannot be called.
type nobody struct{}

func (nobody) Dial(context.Context, bridge.Address, bridge.DialOptions) (bridge.Leg, error) {
	return nil, &bridge.EndedError{Cause: bridge.SubscriberAbsent}
}

func Example() {
	b, err := bridge.New(bridge.Options{Dialers: map[string]bridge.Dialer{"tg": nobody{}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	caller := doorbell{events: make(chan bridge.LegEvent, 4)}
	outcome := b.Handle(context.Background(), caller, bridge.Address{Scheme: "tg", User: "@ann"})
	fmt.Println(outcome.Cause, outcome.Cause.SIPStatus(), outcome.Fault)
	// Output: SUBSCRIBER_ABSENT 480 callee
}
