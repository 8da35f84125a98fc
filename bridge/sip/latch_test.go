package sip

import (
	"net/netip"
	"testing"
	"time"
)

var (
	home     = netip.MustParseAddrPort("192.0.2.1:4000")
	homePort = netip.MustParseAddrPort("192.0.2.1:5555")
	thief    = netip.MustParseAddrPort("198.51.100.66:4000")
)

// send gives the latch n packets in a row, 20 ms apart, and returns how many it took.
func send(l *latch, from netip.AddrPort, ssrc uint32, seq uint16, n int, at *time.Time) (taken int) {
	for i := range n {
		*at = at.Add(20 * time.Millisecond)
		if ok, _ := l.admit(from, ssrc, seq+uint16(i), *at); ok {
			taken++
		}
	}
	return taken
}

// newLatch waits for sound of home.
func newLatch() (*latch, *time.Time) {
	at := time.Unix(1000, 0)
	l := &latch{}
	l.retarget(home, at)
	return l, &at
}

func TestSoundOfTheSignalledAddressIsTakenAtOnce(t *testing.T) {
	for _, from := range []netip.AddrPort{home, homePort} {
		l, at := newLatch()
		if n := send(l, from, 1, 1, 5, at); n != 5 || l.source != from {
			t.Errorf("took %d of 5 from %s", n, l.source)
		}
	}
}

func TestThiefIsNotHeardWhileTheFarEndSpeaks(t *testing.T) {
	l, at := newLatch()
	for i := range uint16(500) {
		send(l, home, 1, i, 1, at)
		if n := send(l, thief, 2, i, 1, at); n != 0 {
			t.Fatalf("thief heard after %d packets", i)
		}
	}
}

func TestStrangerIsHeardAfterSilenceAndOnlyUntilTheFarEndSpeaks(t *testing.T) {
	l, at := newLatch()
	if n := send(l, thief, 2, 1, 50, at); n != 0 {
		t.Errorf("took %d in the first second", n)
	}
	if n := send(l, thief, 2, 51, 100, at); n == 0 {
		t.Error("a far end behind NAT is never heard")
	}
	if n := send(l, home, 1, 1, 60, at); n < 5 {
		t.Errorf("the signalled address took its place back for %d of 60", n)
	}
}

// FreeSWITCH moves its sound to another port (uuid_media, a re-INVITE), and a packet from the old one comes late.
func TestLatePacketOfTheOldPortDoesNotSilenceTheNewOne(t *testing.T) {
	l, at := newLatch()
	if n := send(l, homePort, 1, 100, 1, at); n != 1 {
		t.Fatal("the far end's address is not taken")
	}
	if n := send(l, home, 2, 1, 10, at); n != 10 || l.source != home {
		t.Errorf("took %d of 10 from the port of the description", n)
	}
}

func TestAnotherPortIsNotHeardWhileTheSignalledOneSpeaks(t *testing.T) {
	l, at := newLatch()
	for i := range uint16(500) {
		send(l, home, 1, i, 1, at)
		if n := send(l, homePort, 2, i, 1, at); n != 0 {
			t.Fatalf("heard after %d packets", i)
		}
	}
}

func TestGuessedPacketsWithoutOrderAreNotFollowed(t *testing.T) {
	l, at := newLatch()
	*at = at.Add(time.Minute)
	for i := range uint32(100) {
		if n := send(l, thief, i, uint16(i*77), 1, at); n != 0 {
			t.Fatal("followed")
		}
	}
}

func TestStrangersAreFollowedAFewTimesOnly(t *testing.T) {
	l, at := newLatch()
	moves := 0
	for i := range 40 {
		*at = at.Add(time.Minute)
		from := netip.AddrPortFrom(thief.Addr(), uint16(10000+i))
		if send(l, from, uint32(i), 1, 5, at) > 0 {
			moves++
		}
	}
	if moves != latchMoves {
		t.Errorf("followed %d times", moves)
	}
}

func TestNewDescriptionStartsAnewAndTheSameDoesNot(t *testing.T) {
	l, at := newLatch()
	send(l, homePort, 1, 1, 1, at)
	l.retarget(home, *at)
	if l.source != homePort {
		t.Error("lost its source by a hold")
	}
	l.retarget(thief, *at)
	if send(l, thief, 9, 1, 1, at) != 1 {
		t.Error("does not follow the far end's new address")
	}
}
