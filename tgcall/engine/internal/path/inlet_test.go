package path

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"
)

func TestWhatIsPutInIsRead(t *testing.T) {
	i := newInlet(socket(t))
	from := &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 9}
	for range 3 * maxPut { // more than wait
		i.put([]byte("made up"), from)
	}
	buf := make([]byte, 100)
	for range maxPut {
		if n, who, err := i.ReadFrom(buf); err != nil || string(buf[:n]) != "made up" || who.String() != from.String() {
			t.Fatalf("%q from %v, %v", buf[:n], who, err)
		}
	}
	if _, err := socket(t).WriteTo([]byte("real"), i.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	if n, _, err := i.ReadFrom(buf); err != nil || string(buf[:n]) != "real" {
		t.Errorf("%q, %v", buf[:n], err)
	}
}

// TestDeadlineOfSomebodyElseEndsReading: the agent waits for STUN servers so, and ends its candidates.
func TestDeadlineOfSomebodyElseEndsReading(t *testing.T) {
	i := newInlet(socket(t))
	i.put([]byte("made up"), &net.UDPAddr{})
	buf := make([]byte, 100)
	if _, _, err := i.ReadFrom(buf); err != nil {
		t.Fatal(err)
	}
	if !i.sleepAgain() {
		t.Error("the deadline of put is not known")
	}
	if err := i.SetReadDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := i.ReadFrom(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v", err)
	}
}
