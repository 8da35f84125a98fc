package engine

import (
	"testing"
	"time"

	"switchgram/tgcall/testnet/reflectors"
)

// given is how long a side waits for the other's reflector; at least so long, however busy the machine.
const given = 400 * time.Millisecond

func TestDirectPathWaitsForAReflectorThatThePeerMayYetName(t *testing.T) {
	server := newReflector(t, reflectors.Options{})
	tag, _ := newTags()
	ours := Config{Version: "9.0.0", P2P: true, Servers: []Server{at(server, tag, false)}, timing: timing{reflector: given}}
	browser := Config{Version: "9.0.0", P2P: true}

	c := newUnequalCall(t, ours, browser, weather{})
	c.run()
	c.established()

	times := c.caller.engine.Times()
	if waited := times.ICE.Sub(times.SignallingReceived); waited < given {
		t.Errorf("a path after %s, before the peer's reflector could have answered", waited)
	}
}

func TestDirectPathIsTakenOnceThePeerHasNamedItsReflector(t *testing.T) {
	server := newReflector(t, reflectors.Options{})
	c := newReflectedCall(t, Config{Version: "9.0.0", P2P: true, timing: timing{reflector: time.Hour}}, server, false)
	c.run()
	c.established()
}

func TestCallsWithoutAChoiceWaitForNothing(t *testing.T) {
	patient := Config{Version: "9.0.0", timing: timing{reflector: time.Hour}}
	t.Run("no reflector", func(t *testing.T) {
		direct := patient
		direct.P2P = true
		c := newCall(t, direct, weather{})
		c.run()
		c.established()
	})
	t.Run("no direct path", func(t *testing.T) {
		c := newReflectedCall(t, patient, newReflector(t, reflectors.Options{}), false)
		c.run()
		c.established()
	})
}
