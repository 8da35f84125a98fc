package sip_test

import (
	"testing"
	"time"

	"switchgram/bridge/sip"
)

// TestBothEndsKnowWhatBecameOfTheirSound: over real sockets, with the intervals of RFC 3550 but a hundred times as fast.
func TestBothEndsKnowWhatBecameOfTheirSound(t *testing.T) {
	t.Parallel()
	caller := start(t, sip.Options{})
	answerer, calls := callee(t, sip.Options{})
	sip.Report(caller, 50*time.Millisecond)
	sip.Report(answerer, 50*time.Millisecond)
	out, in := pair(t, caller, sip.Invite{To: uri(answerer, "1000", "udp")}, calls)

	// when one of four packets is lost on the way there, and none back
	for _, seq := range []uint16{1, 2, 4} {
		must(t, out.WriteRTP(packet(seq, "sound")))
		must(t, in.WriteRTP(packet(seq/2+1, "sound")))
	}

	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	ctx := deadline(t)
	for {
		o, i := out.Stats(), in.Stats()
		if o.ReportedLost == 1 && o.RTT > 0 && i.RTT > 0 {
			if i.ReportedLost != 0 || i.Lost != 1 || o.Lost != 0 {
				t.Errorf("caller %+v\ncallee %+v", o, i)
			}
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("not told: caller %+v, callee %+v", o, i)
		}
	}
}
