package load

import (
	"testing"
	"time"

	"github.com/pion/rtp"
)

func TestWhoReadsASocketHasATurn(t *testing.T) {
	turn, err := newTurn()
	if err != nil {
		t.Fatal(err)
	}
	defer turn.close()
	a, b := wires(t)
	read := make(chan struct{}, 1)
	b.OnRTP(func(*rtp.Packet) { read <- struct{}{} })
	if err := a.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2}, Payload: []byte("hello")}); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); time.Since(began) < time.Minute; {
		turn.sleep(slot)
		turn.give()
		select {
		case <-read:
			return
		default:
		}
	}
	t.Error("nothing was read")
}

func TestASleepIsAsLongAsItIsMeantToBe(t *testing.T) {
	var turn *turn
	for range 20 { // a signal may end it earlier
		began := time.Now()
		if turn.sleep(5 * time.Millisecond); time.Since(began) >= 5*time.Millisecond {
			return
		}
	}
	t.Error("no sleep was long enough")
}
