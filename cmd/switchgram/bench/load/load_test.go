package load

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"

	"switchgram/bridge/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// running lets a load run for the test.
func running(t *testing.T) *Load {
	t.Helper()
	l := New()
	background(t, l.Run)
	background(t, l.Alone)
	return l
}

// background runs something until the end of the test.
func background(t *testing.T, run func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// wires are two ends of a call that nothing is in between of.
func wires(t *testing.T) (a, b *Socket) {
	t.Helper()
	a, b = socket(t), socket(t)
	a.Connect(b.Addr())
	b.Connect(a.Addr())
	return a, b
}

func socket(t *testing.T) *Socket {
	t.Helper()
	s, err := Listen()
	if err != nil {
		t.Fatal(err)
	}
	background(t, s.Run)
	return s
}

func await(t *testing.T, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(time.Minute):
		t.Fatal("nothing came")
	}
}

func measure(t *testing.T, l *Load) Figures {
	t.Helper()
	f, err := l.Measure(t.Context(), 400*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestNothingIsLostOnAWire(t *testing.T) {
	for name, s := range map[string]Sound{
		"with stamps":          Stamped(1),
		"by their timestamps":  Spoken(media.PCMU, [][]byte{make([]byte, 160)}),
		"by those of 48000 Hz": Spoken(media.Opus, [][]byte{[]byte(media.OpusSilence)}),
	} {
		t.Run(name, func(t *testing.T) {
			l := running(t)
			a, b := wires(t)
			x, y := l.Join(a, s), l.Join(b, s)
			defer x.Leave()
			defer y.Leave()
			await(t, x.Heard())
			await(t, y.Heard())
			if f := measure(t, l); f.Lost > 0 || f.Packets < 20 {
				t.Errorf("%+v: want 40 packets, none lost", f)
			}
		})
	}
}

func TestWhatNeverComesIsLost(t *testing.T) {
	for name, s := range map[string]Sound{"with stamps": Stamped(1), "by their timestamps": Spoken(media.PCMA, [][]byte{make([]byte, 160)})} {
		t.Run(name, func(t *testing.T) {
			l := running(t)
			a, _ := wires(t)
			defer l.Join(a, s).Leave()
			if f := measure(t, l); f.Packets != 0 || f.Lost < 10 {
				t.Errorf("%+v: want 20 lost", f)
			}
		})
	}
}

func TestThreeFramesInAPacketCountAsThree(t *testing.T) {
	l := running(t)
	a, _ := wires(t)
	defer l.Join(a, Stamped(3)).Leave()
	if f := measure(t, l); f.Lost%3 != 0 || f.Lost < 9 {
		t.Errorf("%+v: want 18 or 21 lost", f)
	}
}

func TestWhoHasLeftSendsNothing(t *testing.T) {
	l := running(t)
	a, b := wires(t)
	x, y := l.Join(a, Stamped(1)), l.Join(b, Stamped(1))
	await(t, x.Heard())
	await(t, y.Heard())
	x.Leave()
	y.Leave()
	x.Leave()
	if f := measure(t, l); f.Packets+f.Lost != 0 {
		t.Errorf("%+v", f)
	}
}

func TestPacketsAreSpreadOverTheFrame(t *testing.T) {
	l := New()
	a, _ := wires(t)
	for range 2 * perFrame {
		l.Join(a, Stamped(1))
	}
	for k, all := range l.slots {
		if len(all) != 2 {
			t.Fatalf("slot %d has %d talkers, want 2", k, len(all))
		}
	}
}
