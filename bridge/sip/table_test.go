package sip

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"

	"switchgram/bridge/sip/sdp"
)

var (
	nat    = netip.MustParseAddr("203.0.113.9") // whence far ends signal
	spokes = netip.MustParseAddrPort("203.0.113.9:40000")
)

// crowd is a table with its dialogs, and a clock.
type crowd struct {
	*table
	counts strays
	now    time.Time
	seq    map[netip.AddrPort]uint16
}

func newCrowd() *crowd {
	c := &crowd{now: time.Unix(1000, 0), seq: map[netip.AddrPort]uint16{}}
	c.table = newTable(&c.counts)
	return c
}

// member is a dialog whose far end has announced that address; none: it has not described itself yet.
func (c *crowd) member(announced string) *sound {
	s := &sound{signals: nat, emit: func(Event) {}}
	c.join(s)
	if announced != "" {
		c.describe(s, announced)
	}
	return s
}

func (c *crowd) describe(s *sound, announced string) (alone bool) {
	addr := netip.MustParseAddrPort(announced)
	f := sdp.Format{Codec: sdp.PCMU, ClockRate: 8000}
	s.format.Store(&f)
	s.agreed.Store(&terms{Terms: sdp.Terms{Format: f, Payloads: []sdp.Payload{{Codec: sdp.PCMU, Clock: 8000}}, Direction: sdp.SendRecv, Addr: addr}, since: c.now})
	return c.announce(s, addr, netip.AddrPortFrom(addr.Addr(), addr.Port()+1), c.now)
}

// hear has a packet come after a while, and tells who got it.
func (c *crowd) hear(from netip.AddrPort, after time.Duration) *sound {
	c.now = c.now.Add(after)
	s := c.speaker(from, c.now)
	if s != nil {
		b := []byte{2 << 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 'x'}
		c.seq[from]++
		binary.BigEndian.PutUint16(b[2:], c.seq[from])
		s.arrived(b, from, c.now)
	}
	return s
}

// stream has packets come for a time, and tells who got the last of them.
func (c *crowd) stream(from netip.AddrPort, lasts time.Duration) (last *sound) {
	for range lasts / (20 * time.Millisecond) {
		last = c.hear(from, 20*time.Millisecond)
	}
	return last
}

func TestSoundGoesToTheCallThatAnnouncedItsAddress(t *testing.T) {
	c := newCrowd()
	ann, bob := c.member(home.String()), c.member("192.0.2.1:4002")
	for from, want := range map[string]*sound{home.String(): ann, "192.0.2.1:4002": bob, "192.0.2.1:4004": nil, "192.0.2.7:4000": nil} {
		if got := c.hear(netip.MustParseAddrPort(from), 0); got != want {
			t.Errorf("%s: %p, want %p", from, got, want)
		}
	}
	if got := c.reporter(netip.MustParseAddrPort("192.0.2.1:4003")); got != bob {
		t.Errorf("report of bob's far end: %p", got)
	}
	if got := c.counts.count(); got != (Strays{Unknown: 2}) {
		t.Errorf("counted %+v", got)
	}
}

func TestAddressOfTwoCallsIsNobodysUntilOneOfThemEnds(t *testing.T) {
	c := newCrowd()
	first := c.member(home.String())
	if c.stream(home, time.Second) != first {
		t.Fatal("the first call is not heard")
	}
	second := c.member("")
	if c.describe(second, home.String()) {
		t.Error("nobody is told")
	}
	if got := c.stream(home, time.Minute); got != nil {
		t.Errorf("one of two was heard")
	}
	c.leave(first, c.now)
	if got := c.stream(home, time.Second); got != second {
		t.Errorf("the other is not heard when the first has ended")
	}
	if got := c.counts.count().Ambiguous; got != 3000 {
		t.Errorf("counted %d", got)
	}
}

func TestFarEndBehindNATIsHeardWhenNoOtherCallIsSilent(t *testing.T) {
	c := newCrowd()
	talking, natted := c.member(home.String()), c.member("10.0.0.5:4000")
	var got *sound
	for range 250 {
		c.hear(home, 0)
		got = c.hear(spokes, 20*time.Millisecond)
	}
	if got != natted || natted.heard.Load() == 0 || talking.heard.Load() != 250 {
		t.Errorf("heard %d packets of it", natted.heard.Load())
	}
}

func TestTwoFarEndsBehindNATAreNotMistakenForEachOther(t *testing.T) {
	c := newCrowd()
	c.member("10.0.0.5:4000")
	c.member("10.0.0.6:4000")
	if c.stream(spokes, 30*time.Second) != nil || c.counts.count().Ambiguous == 0 {
		t.Error("one of two silent calls got it")
	}
}

func TestSourceThatCouldBeOfAnEndedCallStaysNobodys(t *testing.T) {
	c := newCrowd()
	ended, silent := c.member("10.0.0.5:4000"), c.member("10.0.0.6:4000")
	c.stream(spokes, 5*time.Second) // of one of the two
	c.leave(ended, c.now)
	if c.stream(spokes, time.Minute) != nil || silent.heard.Load() != 0 {
		t.Error("it was given to the other")
	}
}

func TestCallThatMovesWithoutAWordIsNotHeardInASilentOne(t *testing.T) {
	c := newCrowd()
	moving, parked := c.member("203.0.113.9:4000"), c.member("203.0.113.9:4002")
	c.now = c.now.Add(time.Minute)
	c.stream(netip.MustParseAddrPort("203.0.113.9:4000"), time.Second)
	if c.stream(spokes, time.Minute) != nil || parked.heard.Load() != 0 || moving.heard.Load() != 50 {
		t.Errorf("heard %d packets where nobody speaks", parked.heard.Load())
	}
}

func TestStrangerDoesNotGetTheSoundOfASilentCall(t *testing.T) {
	c := newCrowd()
	parked := c.member(home.String())
	if got := c.stream(thief, time.Minute); got != nil || parked.to.Load() != nil {
		t.Error("it did")
	}
}

func TestRestOfAnEndedCallIsNotHeardInAnother(t *testing.T) {
	for _, announced := range []string{"203.0.113.9:40000", "10.0.0.5:4000"} { // as it is, or behind NAT
		c := newCrowd()
		ended := c.member(announced)
		c.stream(spokes, 5*time.Second)
		if ended.heard.Load() == 0 {
			t.Fatal("never heard")
		}
		silent := c.member("10.0.0.6:4000")
		c.leave(ended, c.now)
		if c.stream(spokes, time.Minute) != nil || silent.heard.Load() != 0 {
			t.Errorf("%s: heard in another call", announced)
		}
		c.now = c.now.Add(newcomerQuiet)
		if c.stream(spokes, 5*time.Second) != silent {
			t.Errorf("%s: after a pause it is still nobody's", announced)
		}
	}
}

func TestLatePacketsOfAMovedFarEndAreStillItsOwn(t *testing.T) {
	c := newCrowd()
	moved := c.member(home.String())
	c.member("10.0.0.6:4000")
	c.describe(moved, "192.0.2.1:4010")
	if c.hear(home, 0) != moved || c.hear(netip.MustParseAddrPort("192.0.2.1:4010"), 0) != moved {
		t.Error("not heard")
	}
}

func TestAddressWhereAnotherCallIsHeardCannotBeClaimed(t *testing.T) {
	c := newCrowd()
	natted := c.member("10.0.0.5:4000")
	if c.stream(spokes, 5*time.Second) != natted {
		t.Fatal("not heard behind NAT")
	}
	claimer := c.member("")
	if c.describe(claimer, spokes.String()) || c.hear(spokes, time.Second) != nil {
		t.Error("the claim was believed")
	}
	c.leave(claimer, c.now)
	if c.hear(spokes, time.Second) != natted {
		t.Error("the claim outlives the call")
	}
}

func TestStrangersFillNoMemory(t *testing.T) {
	c := newCrowd()
	known := c.member(home.String())
	for i := range 100_000 {
		c.hear(netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 51, byte(i >> 8), byte(i)}), 4000), time.Millisecond)
	}
	if len(c.newcomers) > maxNewcomers || c.hear(home, 0) != known {
		t.Errorf("remembers %d", len(c.newcomers))
	}
}

// party is a far end of the property below: what it truly does, whatever it says.
type party struct {
	*sound
	speaks netip.AddrPort
	gone   time.Time // zero: the call lives
}

// Whatever far ends announce, wherever they really send from, whenever they move and go: no packet reaches the call of another.
func TestNoCallEverGetsTheSoundOfAnother(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newCrowd()
		var all []*party
		fresh := uint16(1000)
		somewhere := func() netip.AddrPort {
			fresh++
			return netip.AddrPortFrom(nat, fresh)
		}
		pick := func(t *rapid.T) *party {
			if len(all) == 0 {
				t.Skip("nobody there")
			}
			return all[rapid.IntRange(0, len(all)-1).Draw(t, "who")]
		}
		t.Repeat(map[string]func(*rapid.T){
			"call": func(t *rapid.T) { all = append(all, &party{sound: c.member(""), speaks: somewhere()}) },
			"describe": func(t *rapid.T) {
				p, at := pick(t), "10.0.0.5:4000"
				if rapid.Bool().Draw(t, "truly") {
					at = p.speaks.String()
				}
				if p.gone.IsZero() {
					c.describe(p.sound, at)
				}
			},
			"move": func(t *rapid.T) { pick(t).speaks = somewhere() },
			"end": func(t *rapid.T) {
				if p := pick(t); p.gone.IsZero() {
					p.gone = c.now
					c.leave(p.sound, c.now)
				}
			},
			"wait": func(t *rapid.T) {
				c.now = c.now.Add(time.Duration(rapid.IntRange(0, 5000).Draw(t, "ms")) * time.Millisecond)
			},
			"speak": func(t *rapid.T) {
				p := pick(t)
				for range rapid.IntRange(1, 30).Draw(t, "packets") {
					if !p.gone.IsZero() && c.now.Sub(p.gone) > 5*time.Second {
						return
					}
					if got := c.hear(p.speaks, 200*time.Millisecond); got != nil && got != p.sound {
						t.Fatalf("%s is heard in another call", p.speaks)
					}
				}
			},
		})
	})
}
