package signal

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// at is a moment of a test's own clock.
func at(d time.Duration) time.Time { return time.Unix(1000, 0).Add(d) }

func mustSend(t *testing.T, a *acked, now time.Time, text string) []chained {
	t.Helper()
	p, err := a.send(now, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return mustChain(t, p)
}

func mustChain(t *testing.T, p []byte) []chained {
	t.Helper()
	chain, err := parseChain(p)
	if err != nil {
		t.Fatal(err)
	}
	return chain
}

// shape describes a packet: E empty, A acknowledgement, or a message's text.
func shape(chain []chained) string {
	var parts []string
	for _, m := range chain {
		switch m.kind {
		case typeEmpty:
			parts = append(parts, "E")
		case typeAck:
			parts = append(parts, "A")
		default:
			parts = append(parts, string(m.body))
		}
	}
	return strings.Join(parts, " ")
}

func wantShape(t *testing.T, what string, chain []chained, want string) {
	t.Helper()
	if got := shape(chain); got != want {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func TestANewMessageRepeatsTheUnacknowledgedOnes(t *testing.T) {
	a := newAcked()
	wantShape(t, "first", mustSend(t, a, at(0), "one"), "one")
	wantShape(t, "second", mustSend(t, a, at(0), "two"), "E one two")
	wantShape(t, "third", mustSend(t, a, at(0), "three"), "E one two three")
	if a.counter != 5 {
		t.Errorf("counter %d after three messages behind two empty ones, want 5", a.counter)
	}
}

func TestAnUnacknowledgedMessageIsRepeatedAfterFiveSeconds(t *testing.T) {
	a := newAcked()
	mustSend(t, a, at(0), "one")
	if got := a.deadline(); got != at(maxResend) {
		t.Fatalf("repeats at %v, want %v", got, at(maxResend))
	}
	if p := a.tick(at(maxResend - 1)); p != nil {
		t.Errorf("repeated too soon: %x", p)
	}
	wantShape(t, "after 5 s", mustChain(t, a.tick(at(maxResend))), "E one")
	wantShape(t, "after 10 s", mustChain(t, a.tick(at(2*maxResend))), "E one")
}

func TestAnAcknowledgedMessageIsNotRepeated(t *testing.T) {
	ours, theirs := newAcked(), newAcked()
	p, _ := ours.send(at(0), []byte("one"))
	if _, err := theirs.receive(at(0), p, 9); err != nil {
		t.Fatal(err)
	}
	ack := theirs.tick(at(ackSoon))
	wantShape(t, "acknowledgement", mustChain(t, ack), "E A")
	if _, err := ours.receive(at(ackSoon), ack, 9); err != nil {
		t.Fatal(err)
	}
	if p := ours.tick(at(maxResend)); p != nil {
		t.Errorf("repeated: %x", p)
	}
	if got := ours.deadline(); !got.IsZero() {
		t.Errorf("timer still runs until %v", got)
	}
}

func TestAReplyCarriesTheAcknowledgement(t *testing.T) {
	a := newAcked()
	if _, err := a.receive(at(0), appendCustom(nil, 1|flagAck, []byte("hello")), 9); err != nil {
		t.Fatal(err)
	}
	wantShape(t, "reply", mustSend(t, a, at(time.Millisecond), "reply"), "reply A")
	if p := a.tick(at(ackSoon)); p != nil {
		t.Errorf("acknowledged twice: %x", p)
	}
}

func TestARepetitionIsAcknowledgedLateAndNotDelivered(t *testing.T) {
	a := newAcked()
	message := appendCustom(nil, 1|flagAck, []byte("hello"))
	if _, err := a.receive(at(0), message, 9); err != nil {
		t.Fatal(err)
	}
	a.tick(at(ackSoon))
	again := append(appendHead(nil, 2, typeEmpty), message...)
	bodies, err := a.receive(at(time.Second), again, 9)
	if err != nil || len(bodies) != 0 {
		t.Errorf("delivered %q, %v", bodies, err)
	}
	if got, want := a.deadline(), at(time.Second+ackLate); got != want {
		t.Errorf("acknowledges at %v, want %v", got, want)
	}
}

func TestAPacketThatFindsNoRoomCountsAsLost(t *testing.T) {
	a := newAcked()
	p := appendCustom(appendCustom(nil, 1|flagAck, []byte("one")), 2|flagAck, []byte("two"))
	if _, err := a.receive(at(0), p, 1); !errors.Is(err, ErrFull) {
		t.Fatalf("error %v, want %v", err, ErrFull)
	}
	bodies, err := a.receive(at(0), p, 2)
	if err != nil || len(bodies) != 2 {
		t.Errorf("the same packet later: %q, %v", bodies, err)
	}
}

func TestAPacketIsNeverLongerThanTheOtherSideTakes(t *testing.T) {
	a := newAcked()
	text := strings.Repeat("x", 5000)
	for range 5 {
		p, err := a.send(at(0), []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if len(p)+msgKeySize > maxAckedPacket {
			t.Fatalf("packet of %d bytes", len(p)+msgKeySize)
		}
	}
}

func TestSendingStopsWhenNothingIsEverAcknowledged(t *testing.T) {
	a := newAcked()
	for range maxUnacked {
		if _, err := a.send(at(0), []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.send(at(0), []byte("x")); !errors.Is(err, ErrFull) {
		t.Errorf("error %v, want %v", err, ErrFull)
	}
}
