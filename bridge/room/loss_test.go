package room

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"switchgram/bridge/media"
)

func TestLossIsExpectedAsItIsToldOrSeen(t *testing.T) {
	for name, c := range map[string]struct {
		counts []media.Stats // every two seconds
		want   float64
	}{
		"nothing is known":        {[]media.Stats{{}, {Sent: 100, Received: 100}}, 0},
		"the far end reports":     {[]media.Stats{{Sent: 100}, {Sent: 200, ReportedLost: 5}}, 0.05},
		"it comes with losses":    {[]media.Stats{{Received: 100}, {Received: 190, Lost: 10}}, 0.1},
		"hardly any":              {[]media.Stats{{Sent: 1000}, {Sent: 2000, ReportedLost: 5}}, 0},
		"it was, a moment ago":    {[]media.Stats{{Sent: 100, ReportedLost: 8}, {Sent: 200, ReportedLost: 8}}, 0.04},
		"it was, long ago":        {[]media.Stats{{Sent: 100, ReportedLost: 8}, {}, {}, {}, {}}, 0},
		"what was late came back": {[]media.Stats{{}, {Received: 100, Lost: 5}, {Received: 205, Lost: 0}}, 5.0 / 105 / 2},
		"counts begin anew":       {[]media.Stats{{Sent: 100, ReportedLost: 90}, {Sent: 10, ReportedLost: 1}, {}, {}, {}, {}, {}, {}}, 0},
	} {
		var m lossMeter
		got := 0.0
		for _, counts := range c.counts {
			got = m.look(counts)
		}
		if math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: %.4f, want %.4f", name, got, c.want)
		}
	}
}

// A lossy phone reports that it loses packets.
type lossy struct {
	*phone
	share float64
}

func (l lossy) Stats() media.Stats {
	n := uint64(time.Since(time.Unix(946684800, 0)) / ptime) // since a bubble's beginning
	return media.Stats{Sent: n, ReportedLost: uint64(l.share * float64(n))}
}

// TestWhoLosesPacketsIsToldTwice: a far end that reports losses gets packets that repeat those before them, and one that reports none does not.
func TestWhoLosesPacketsIsToldTwice(t *testing.T) {
	for share, want := range map[float64]bool{0: false, 0.05: true} {
		synctest.Test(t, func(t *testing.T) {
			ann, bob := newPhone(media.G722), newPhone(media.Opus)
			r := New(Options{})
			defer r.Close()
			sa := r.Add(ann, Talk)
			r.Add(lossy{bob, share}, Talk)
			v := newTalker(t, media.G722, 800, ptime)
			for range 250 {
				ann.say(v.packet(), ptime)
			}
			if sa.Stats().Path != "transcode opus>G722" {
				t.Errorf("path %s", sa.Stats().Path)
			}
			heard := bob.takes()
			if got := repeats(t, heard[len(heard)-20:]); got != want {
				t.Errorf("%.0f %% are lost; packets repeat others: %t", 100*share, got)
			}
		})
	}
}

// repeats tells whether most packets have in them what was said before: RFC 6716 §4.2.4, of one mono SILK frame of 20 ms. Those of CELT have not.
func repeats(t *testing.T, heard []packet) bool {
	t.Helper()
	n := 0
	for _, p := range heard {
		toc := media.OpusTOC(p.payload[0])
		if toc&3 != 0 {
			t.Fatalf("a packet of another kind: %#x", p.payload[0])
		}
		if toc>>3 < 16 && p.payload[1]&0x40 != 0 { // after the flag of voice activity comes that of LBRR
			n++
		}
	}
	return n > len(heard)/2
}
