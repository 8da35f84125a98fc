package engine

import "testing"

var versions = []string{"13.0.0", "12.0.0", "9.0.0", "8.0.0", "7.0.0"}

func TestBothHearEachOther(t *testing.T) {
	for _, v := range versions {
		t.Run(v, func(t *testing.T) {
			t.Parallel()
			c := newCall(t, Config{Version: v, P2P: true}, weather{})
			c.run()
			c.established()
			c.caller.awaitEvent(PairChanged{"host", "host"})
		})
	}
}
