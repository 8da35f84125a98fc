package engine

import "testing"

func TestSlowReaderMissesTheOldestEventsAndNotTheLatest(t *testing.T) {
	m := emitter{make(chan Event, eventQueue)}
	for range eventQueue {
		m.emit(StateChanged{Reconnecting})
	}
	m.emit(StateChanged{Established})
	close(m.events)
	var last Event
	n := 0
	for e := range m.events {
		last = e
		n++
	}
	if n != eventQueue || last != (StateChanged{Established}) {
		t.Errorf("%d events, the last %v", n, last)
	}
}

func TestStatesHaveTelegramsNames(t *testing.T) {
	names := []string{"WaitInit", "WaitInitAck", "Established", "Reconnecting", "Failed", "unknown"}
	for s, want := range names {
		if got := State(s).String(); got != want {
			t.Errorf("state %d is %q, want %q", s, got, want)
		}
	}
}
