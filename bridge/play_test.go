package bridge

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/media"
	"switchgram/bridge/room"
	"switchgram/bridge/room/roomtest"
	toner "switchgram/bridge/sound"
)

// An ear is the far end of a leg's wire, which listens.
type ear struct {
	*toner.Listener
	stop func()
}

// hears puts a wire under a leg and listens at its far end.
func hears(t *testing.T, l *fakeLeg, c media.Codec) *ear {
	t.Helper()
	f := media.Format{Codec: c, ClockRate: 8000, Channels: 1, PTime: 20 * time.Millisecond}
	if c == media.Opus {
		f.ClockRate, f.Channels = media.OpusRate, 2
	}
	end, at := roomtest.Wire(f, 3*time.Millisecond)
	l.wire = at
	e := &ear{Listener: toner.NewListener(end, toner.ListenerOptions{})}
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() {
		if err := e.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	e.stop = func() {
		pass(50 * time.Millisecond) // what is on the wire
		cancel()
		run.Wait()
	}
	return e
}

func (e *ear) hears(hz float64) bool {
	h := e.Measure(500 * time.Millisecond)
	return math.Abs(h.Hz-hz) < 2 && h.Share > 0.9
}

// beep is a tone of a second.
type beep struct {
	*toner.Tone
	left int // tenths of a second
}

func (b *beep) Fill(pcm []int16, rate int) int {
	if b.left -= len(pcm) * 10000 / rate; b.left <= 0 {
		return 0
	}
	return b.Tone.Fill(pcm, rate)
}

func newBeep(hz float64) *beep { return &beep{Tone: toner.NewTone(hz, 0.3), left: 10000} }

func TestASoundIsHeardByWhomItIsPlayedTo(t *testing.T) {
	for to, want := range map[Hearers][2]bool{TheCaller: {true, false}, TheCallee: {false, true}, Everybody: {true, true}} {
		calls := make(chan *Call, 1)
		scripted(t, func(ctx context.Context, c *Call) error {
			calls <- c
			_, err := c.Connect(ctx, []Address{to1000}, ConnectOptions{})
			return err
		}, func(s *stage) {
			ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
			atAnn, atPhone := hears(t, ann, media.Opus), hears(t, phone, media.PCMA)
			done := s.handle(ann, to1000)
			phone.say(Answered{})
			s.settle()
			played, began := make(chan error, 1), time.Now()
			c := <-calls
			go func() { played <- c.Play(context.Background(), Sound{Source: newBeep(700), To: to}) }()
			pass(800 * time.Millisecond)
			if got := [2]bool{atAnn.hears(700), atPhone.hears(700)}; got != want {
				t.Errorf("played to %d: heard by caller and callee %v, want %v", to, got, want)
			}
			if err := <-played; err != nil || time.Since(began) < 950*time.Millisecond {
				t.Errorf("played with %v, for %v", err, time.Since(began))
			}
			ann.leaves(NormalClearing)
			<-done
			atAnn.stop()
			atPhone.stop()
		})
	}
}

func TestNobodyIsPlayedToBeforeTheAnswer(t *testing.T) {
	var played [3]error
	scripted(t, func(ctx context.Context, c *Call) error {
		for to := range played {
			played[to] = c.Play(ctx, Sound{Source: newBeep(700), To: Hearers(to)})
		}
		if err := c.Play(ctx, Sound{}); !errors.Is(err, ErrNoSound) {
			t.Errorf("nothing was played: %v", err)
		}
		return nil
	}, func(s *stage) {
		ann := newLeg("tg", "@ann")
		<-s.handle(ann, to1000)
		if ann.answered || slices.ContainsFunc(played[:], func(err error) bool { return !errors.Is(err, ErrVerb) }) {
			t.Errorf("answered %t; played with %v", ann.answered, played)
		}
	})
}

// TestACallerHearsRingingWhileOthersAreCalled: Play goes with Connect, and is stopped by its context.
func TestACallerHearsRingingWhileOthersAreCalled(t *testing.T) {
	ringing, err := toner.NewSignal(toner.Ringback, "de")
	if err != nil {
		t.Fatal(err)
	}
	played := make(chan error, 1)
	scripted(t, func(ctx context.Context, c *Call) error {
		if err := c.Answer(ctx); err != nil {
			return err
		}
		tone, stop := context.WithCancel(ctx)
		go func() { played <- c.Play(tone, Sound{Source: ringing}) }()
		defer stop()
		_, err := c.Connect(ctx, []Address{to1000}, ConnectOptions{Timeout: 10 * time.Second})
		return err
	}, func(s *stage) {
		ann, phone := newLeg("tg", "@ann"), s.callee("sip", "1000")
		atAnn := hears(t, ann, media.Opus)
		done := s.handle(ann, to1000)
		phone.say(Ringing{})
		pass(900 * time.Millisecond)
		if !atAnn.hears(425) {
			t.Errorf("heard %v", atAnn.Measure(500*time.Millisecond))
		}
		wantOutcome(t, <-done, NoAnswer, "", FaultNone)
		if err := <-played; err == nil {
			t.Error("an endless sound came to its end")
		}
		atAnn.stop()
	})
}

func TestASoundEndsWithWhoHearsIt(t *testing.T) {
	calls := make(chan *Call, 1)
	scripted(t, func(ctx context.Context, c *Call) error {
		calls <- c
		_, err := c.Connect(ctx, []Address{to1000}, ConnectOptions{})
		<-ctx.Done()
		return err
	}, func(s *stage) {
		two := s.talk()
		ann, phone, done := two.caller, two.callee, two.done
		c, played := <-calls, make(chan error, 2)
		for _, to := range []Hearers{TheCallee, TheCaller} {
			go func() { played <- c.Play(context.Background(), Sound{Source: toner.Silence{}, To: to, Under: true}) }()
			s.settle()
		}
		phone.leaves(NormalClearing)
		if err := <-played; !errors.Is(err, ErrUnheard) {
			t.Errorf("the callee left, and it was played with %v", err)
		}
		ann.leaves(NormalClearing)
		var ended *EndedError
		if err := <-played; !errors.As(err, &ended) && !errors.Is(err, ErrUnheard) {
			t.Errorf("the call ended, and it was played with %v", err)
		}
		<-done
	})
}

// A mine is a stream that panics once it is armed.
type mine struct {
	sound
	armed atomic.Bool
}

func (m *mine) WriteRTP(*rtp.Packet) error {
	if m.armed.Load() {
		panic("no such codebook")
	}
	return nil
}

func TestAPanicInTheSoundOfACallEndsThatCallOnly(t *testing.T) {
	play(t, nil, func(s *stage) {
		ann, trap := newLeg("tg", "@ann"), &mine{}
		ann.wire = trap
		phone := s.callee("sip", "1000")
		done := s.handle(ann, to1000)
		phone.say(Answered{})
		eve, other := newLeg("tg", "@eve"), s.callee("sip", "1001")
		second := s.handle(eve, Address{"sip", "1001"})
		other.say(Answered{})
		s.settle()

		trap.armed.Store(true)
		out := <-done

		wantOutcome(t, out, NormalTemporaryFailure, "", FaultUs)
		if !errors.Is(out.Err, room.ErrPanic) || !errors.Is(out.Legs[0].Err, room.ErrPanic) {
			t.Errorf("the outcome says %v; the leg %v", out.Err, out.Legs[0].Err)
		}
		wantHungUp(t, phone, NormalTemporaryFailure)
		wantHungUp(t, other)
		eve.leaves(NormalClearing)
		wantOutcome(t, <-second, NormalClearing, "leg-@eve", FaultNone)
	})
}

func TestAPanicInTheSoundOfAGuestSendsTheGuestAway(t *testing.T) {
	play(t, nil, func(s *stage) {
		c := s.talk()
		ann, phone, done := c.caller, c.callee, c.done
		guest, trap := newLeg("sip", "1099"), &mine{}
		guest.wire = trap
		left := s.join(context.Background(), guest, Talk)
		trap.armed.Store(true)
		if err := <-left; err != nil {
			t.Error(err)
		}
		wantHungUp(t, guest, NormalTemporaryFailure)
		wantHungUp(t, phone)
		ann.leaves(NormalClearing)
		wantOutcome(t, <-done, NormalClearing, "leg-@ann", FaultNone)
	})
}
