package engine

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"switchgram/tgcall/signal"
)

func TestSignallingThatIsOverEndsTheRun(t *testing.T) {
	c := valid()
	c.Outgoing = true
	c.Send = func(context.Context, []byte) error { return fmt.Errorf("call is gone: %w", ErrSignalling) }
	s := newSide(t, "caller", c)
	s.run()
	s.awaitEnd(ErrSignalling)
	s.awaitState(Failed)
}

// TestBlobThatCannotBeSentIsLost: versions 8 and later send it again.
func TestBlobThatCannotBeSentIsLost(t *testing.T) {
	tried := make(chan struct{}, 100)
	c := valid()
	c.Version, c.Outgoing = "8.0.0", true
	c.Send = func(context.Context, []byte) error {
		tried <- struct{}{}
		return errors.New("network is down")
	}
	s := newSide(t, "caller", c)
	s.run()
	<-tried
	<-tried
	s.cancel()
	s.awaitEnd(nil)
}

func TestRunsOnce(t *testing.T) {
	s := newSide(t, "caller", valid())
	s.run()
	s.awaitEvent(StateChanged{WaitInit})
	if err := s.engine.Run(t.Context()); !errors.Is(err, errRunTwice) {
		t.Errorf("second Run: %v", err)
	}
}

func TestEventsEndWithTheRun(t *testing.T) {
	s := newSide(t, "caller", valid())
	s.run()
	s.awaitEvent(StateChanged{WaitInit})
	s.cancel()
	s.awaitEnd(nil)
	s.await("end of events", func() bool { return s.over })
	s.engine.Mute(true) // and everything else may still be called
	s.engine.Receive([]byte("late"))
	if err := s.engine.WriteRTP(sound(1)); !errors.Is(err, ErrMuted) && !errors.Is(err, ErrNotReady) {
		t.Errorf("%v", err)
	}
}

func TestEngineThatNeverRunsNeedsNoEnd(t *testing.T) {
	e, err := New(valid())
	if err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		e.Receive([]byte("nonsense that nobody reads"))
	}
	e.Mute(true)
	e.Mute(false)
	if s := e.Stats(); s != (Stats{}) {
		t.Errorf("%+v", s)
	}
}

// TestMessagesNobodySendsToUs: each costs nothing, but one that shows that the peer speaks another version ends the call.
func TestMessagesNobodySendsToUs(t *testing.T) {
	s := newSide(t, "callee", valid())
	s.run()
	for _, text := range []string{
		"", "{", `{"@type":"Holiday"}`, `{"@type":"InitialSetup"}`, `{"@type":"NegotiateChannels","exchangeId":"0","contents":[{"type":"audio","ssrc":"0"}]}`,
	} {
		s.engine.loop.deliver([]byte(text))
	}
	long := make([]byte, maxCredential+1)
	for i := range long {
		long[i] = 'a'
	}
	s.engine.loop.deliver(signal.Encode(signal.InitialSetup{
		Ufrag: string(long), Pwd: "p", Fingerprints: []signal.Fingerprint{{Hash: "sha-256", Fingerprint: "AA", Setup: "actpass"}},
	}))
	for n := range 1000 {
		s.engine.loop.deliver(signal.Encode(signal.Candidates{Candidates: []signal.Candidate{{SDPString: fmt.Sprint(n)}}}))
	}
	kept := make(chan int)
	s.engine.do(func() { kept <- len(s.engine.loop.early) })
	if n := <-kept; n != maxEarly {
		t.Errorf("%d candidates kept", n)
	}
	s.engine.loop.deliver([]byte(`{"@type":"offer","sdp":"v=0"}`))
	s.awaitEnd(ErrVersion)
}

func TestFingerprintThatCannotBeCheckedIsRefused(t *testing.T) {
	s := newSide(t, "callee", valid())
	s.run()
	s.engine.loop.deliver(signal.Encode(signal.InitialSetup{
		Ufrag: "u", Pwd: "p", Fingerprints: []signal.Fingerprint{{Hash: "md5", Fingerprint: "AA", Setup: "actpass"}},
	}))
	s.awaitEnd(ErrFingerprint)
}
