package lan

import (
	"math/rand/v2"
	"testing"
	"time"
)

// newLinks is a network of two hosts without devices.
func newLinks() (l *LAN, ann, bob *Host) {
	return &LAN{dice: rand.New(rand.NewPCG(1, 0)), links: map[way]*link{}}, &Host{name: "ann"}, &Host{name: "bob"}
}

func TestLossIsTheShareAskedFor(t *testing.T) {
	l, ann, bob := newLinks()
	l.SetWay(ann, bob, Weather{Loss: 0.1})
	there, back := 0, 0
	for range 10000 {
		if _, lost := l.draw(ann, bob, time.Now()); lost {
			there++
		}
		if _, lost := l.draw(bob, ann, time.Now()); lost {
			back++
		}
	}
	if there < 900 || there > 1100 || back != 0 {
		t.Errorf("%d of 10000 lost there, %d back; want about 1000 and 0", there, back)
	}
	if n := l.Carried(ann, bob); n != uint64(10000-there) {
		t.Errorf("%d carried of 10000, %d lost", n, there)
	}
}

func TestJitterOvertakesUnlessOrderIsKept(t *testing.T) {
	for name, inOrder := range map[string]bool{"overtaking": false, "in order": true} {
		t.Run(name, func(t *testing.T) {
			l, ann, bob := newLinks()
			l.SetWay(ann, bob, Weather{Delay: 10 * time.Millisecond, Jitter: 60 * time.Millisecond, InOrder: inOrder})
			now := time.Now()
			var last time.Time
			overtaken := 0
			for range 1000 {
				due, _ := l.draw(ann, bob, now)
				if d := due.Sub(now); d < 10*time.Millisecond || d > 70*time.Millisecond {
					t.Fatalf("due after %v", d)
				}
				if due.Before(last) {
					overtaken++
				}
				last = due
				now = now.Add(20 * time.Millisecond)
			}
			if inOrder != (overtaken == 0) {
				t.Errorf("%d of 1000 overtake the one before", overtaken)
			}
		})
	}
}

func FuzzDestination(f *testing.F) {
	f.Add([]byte{0: 0x45, 16: 10, 17: 77, 19: 1})
	f.Add([]byte{0: 0x60, 24: 0xfd, 39: 1})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, packet []byte) {
		if a, ok := destination(packet); ok != a.IsValid() {
			t.Errorf("%v, %t", a, ok)
		}
	})
}
