package load

import (
	"testing"
	"time"

	"switchgram/bridge/media"
)

func TestQuantiles(t *testing.T) {
	var h histogram
	for i := range 100 {
		h.add(time.Duration(i+1) * time.Millisecond)
	}
	for share, want := range map[float64]time.Duration{0: time.Millisecond, 0.5: 51 * time.Millisecond, 0.99: 100 * time.Millisecond} {
		if got := h.quantile(share); got > want || got < want*31/32-time.Microsecond {
			t.Errorf("quantile %v is %v, want at most 1/32 below %v", share, got, want)
		}
	}
	if h.max() != 100*time.Millisecond {
		t.Errorf("max %v", h.max())
	}
}

func TestNobodyHasADelay(t *testing.T) {
	var h histogram
	if h.quantile(0.5) != 0 || h.max() != 0 {
		t.Error("an empty histogram has some")
	}
}

func TestBucketsAreContiguous(t *testing.T) {
	for us := range uint64(1 << 20) {
		b := bucketOf(us)
		if low := lowest(b); low > us || us-low > us/fine {
			t.Fatalf("%d µs are in bucket %d, from %d", us, b, low)
		}
		if us > 0 && b != bucketOf(us-1) && b != bucketOf(us-1)+1 {
			t.Fatalf("no bucket before that of %d", us)
		}
	}
	if bucketOf(1<<62) != buckets-1 {
		t.Error("what is too long has no bucket")
	}
}

func TestDelayIsAgainstTheEarliestOfTheStream(t *testing.T) {
	c, h := newClock(phoneStep, 100*time.Millisecond), histogram{}
	for i, late := range []time.Duration{3, 1, 4, 1, 5} {
		c.tick(0xffffff00+uint32(i)*phoneStep, time.Second+time.Duration(i)*frame+late*time.Millisecond)
	}
	received, lost := c.count(&h)
	if received != 5 || lost != 0 || h.max() != 4*time.Millisecond || h.quantile(0) != 0 {
		t.Errorf("received %d, lost %d, latest %v after the earliest", received, lost, h.max())
	}
}

func TestHolesAreLost(t *testing.T) {
	c, h := newClock(opusStep, 200*time.Millisecond), histogram{}
	for _, i := range []int{0, 1, 5, 4, 9} {
		c.tick(uint32(i)*opusStep, time.Duration(i)*frame)
	}
	if received, lost := c.count(&h); received != 5 || lost != 5 {
		t.Errorf("received %d, lost %d, want 5 of 10", received, lost)
	}
}

func TestAStreamIsCountedToTheEndOfItsWindow(t *testing.T) {
	c, h := newClock(opusStep, 100*time.Millisecond), histogram{}
	if !c.runs() {
		t.Error("it is over before it has begun")
	}
	for i := range uint32(7) {
		if over := !c.runs(); over != (i >= 5) {
			t.Errorf("after %d packets of 20 ms it is over: %v", i, over)
		}
		c.tick(i*opusStep, time.Hour) // however late
	}
	if received, lost := c.count(&h); received != 5 || lost != 0 {
		t.Errorf("received %d, lost %d, want 5 of 5", received, lost)
	}
}

func TestAStampSurvivesTheCutOfALongPacket(t *testing.T) {
	s, at := Stamped(3), 0
	var p media.OpusPacket
	if err := p.Parse(s.next(&at, 42*time.Second)); err != nil {
		t.Fatal(err)
	}
	packets, each := p.Cut(frame)
	if packets != 3 || p.Duration() != 3*frame {
		t.Fatalf("%d packets of %v", packets, p.Duration())
	}
	for i := range packets {
		one := p.AppendFrames(nil, i*each, each)
		if sent, ok := readStamp(one); !ok || sent != 42*time.Second || len(one) != stampedFrame {
			t.Errorf("frame %d: %v %v, %d bytes", i, sent, ok, len(one))
		}
	}
}

func TestOtherPacketsHaveNoStamp(t *testing.T) {
	for _, payload := range []string{"", "\x78", media.OpusSilence, string(make([]byte, 80))} {
		if _, ok := readStamp([]byte(payload)); ok {
			t.Errorf("%q has one", payload)
		}
	}
}
