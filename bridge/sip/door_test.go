package sip

import (
	"net"
	"net/netip"
	"testing"
	"time"
)

// openTestDoor is a door on loopback that accepts as sipgo does.
func openTestDoor(t *testing.T, allow ...netip.Prefix) (d *door, accepted <-chan net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d = newDoor(l, newGate(allow))
	conns := make(chan net.Conn, 2*maxGuests)
	go func() { // ends with the listener
		defer close(conns)
		for {
			conn, err := d.Accept()
			if err != nil {
				return
			}
			conns <- conn
		}
	}()
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		for conn := range conns {
			_ = conn.Close()
		}
	})
	return d, conns
}

// knock connects to the door, and returns both ends.
func knock(t *testing.T, d *door, accepted <-chan net.Conn) (theirs, ours net.Conn) {
	t.Helper()
	theirs, err := net.Dial("tcp4", d.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = theirs.Close() })
	ours = <-accepted
	t.Cleanup(func() { _ = ours.Close() })
	return theirs, ours
}

// wasSentAway tells whether the door has closed a connection.
func wasSentAway(t *testing.T, theirs net.Conn, within time.Duration) bool {
	t.Helper()
	if err := theirs.SetReadDeadline(time.Now().Add(within)); err != nil {
		t.Fatal(err)
	}
	_, err := theirs.Read(make([]byte, 1))
	timeout, ok := err.(net.Error)
	return !ok || !timeout.Timeout()
}

func TestStrangersDoNotFillTheHouse(t *testing.T) {
	// given as many strangers as there may be, the first of whom turns out to know a password
	d, accepted := openTestDoor(t)
	var conns []net.Conn
	for range maxGuests {
		theirs, _ := knock(t, d, accepted)
		conns = append(conns, theirs)
	}
	d.know(addrOf(conns[0].LocalAddr()))

	// when two more come
	knock(t, d, accepted)
	knock(t, d, accepted)

	// then who has been there longest of the others must leave, and nobody else
	for i, want := range []bool{false, true, false} {
		if got := wasSentAway(t, conns[i], map[bool]time.Duration{true: 20 * time.Second, false: 50 * time.Millisecond}[want]); got != want {
			t.Errorf("connection %d sent away: %v", i, got)
		}
	}
}

func TestAcquaintancesAreNotCounted(t *testing.T) {
	d, accepted := openTestDoor(t, netip.MustParsePrefix("127.0.0.0/8"))
	first, _ := knock(t, d, accepted)
	for range maxGuests + 1 {
		knock(t, d, accepted)
	}
	if len(d.guests) > 0 || wasSentAway(t, first, 50*time.Millisecond) {
		t.Errorf("%d guests", len(d.guests))
	}
}

func TestGuestWhoLeavesMakesRoom(t *testing.T) {
	d, accepted := openTestDoor(t)
	_, ours := knock(t, d, accepted)
	if err := ours.Close(); err != nil {
		t.Fatal(err)
	}
	if len(d.guests) > 0 {
		t.Errorf("%d guests", len(d.guests))
	}
}
