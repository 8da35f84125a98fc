package leg

import (
	"testing"

	"switchgram/bridge"
)

func TestEndIsToldEvenWhenNobodyReads(t *testing.T) {
	f := newFeed()
	from := make(chan int)
	events := translate(&f, from, func(i int) bridge.LegEvent {
		switch {
		case i == 0:
			return bridge.Ended{Cause: bridge.NormalClearing}
		case i%2 == 0:
			return nil
		default:
			return bridge.Muted{On: true}
		}
	})
	for i := range 1000 {
		from <- i + 1
	}
	from <- 0
	close(from)
	var told []bridge.LegEvent
	for ev := range events {
		told = append(told, ev)
	}
	if len(told) != maxEvents || told[len(told)-1] != (bridge.Ended{Cause: bridge.NormalClearing}) {
		t.Errorf("%d events, the last %v", len(told), told[len(told)-1])
	}
	if again := translate(&f, from, nil); again != events {
		t.Error("asking twice gives two channels")
	}
}
