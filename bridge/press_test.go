package bridge

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/media"
	"switchgram/bridge/room/codec"
	"switchgram/bridge/room/dtmf"
)

// sent is digits that a leg was told to send.
type sent struct {
	digits string
	each   time.Duration
}

// keyLeg is a leg that takes digits, one after another, and says how it likes them.
type keyLeg struct {
	*fakeLeg
	keys   Keys
	fails  error
	stream *ears // nil: silence

	turn sync.Mutex
	mu   sync.Mutex
	all  []sent
}

func newKeyLeg(scheme, user string) *keyLeg { return &keyLeg{fakeLeg: newLeg(scheme, user)} }

func (l *keyLeg) Keys() Keys { return l.keys }

func (l *keyLeg) SendDTMF(ctx context.Context, digits string, each time.Duration) error {
	l.turn.Lock()
	defer l.turn.Unlock()
	if l.fails != nil {
		return l.fails
	}
	select {
	case <-time.After(each * time.Duration(len(digits))):
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, sent{digits, each})
	return nil
}

func (l *keyLeg) Media() media.Stream {
	if l.stream != nil {
		return l.stream
	}
	return l.fakeLeg.Media()
}

func (l *keyLeg) got() []sent {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.all)
}

func (l *keyLeg) wantSent(t *testing.T, want ...sent) {
	t.Helper()
	if got := l.got(); !slices.Equal(got, want) {
		t.Errorf("%s was sent %v, want %v", l.id, got, want)
	}
}

// toneLeg is a leg whose protocol has no digits, as Telegram's.
type toneLeg struct {
	*fakeLeg
	keys   Keys
	stream *ears
}

func (l toneLeg) Keys() Keys          { return l.keys }
func (l toneLeg) Media() media.Stream { return l.stream }

// ears is a stream of G.711 whose far end looks for digits in what it hears.
type ears struct {
	sound
	dtmfType uint8

	mu       sync.Mutex
	decoder  codec.Decoder
	detector *dtmf.Detector
	heard    []byte
	says     func(*rtp.Packet)
}

func newEars(t *testing.T) *ears {
	t.Helper()
	d, err := codec.NewDecoder(media.PCMU, dtmf.Rate)
	if err != nil {
		t.Fatal(err)
	}
	return &ears{decoder: d, detector: dtmf.NewDetector()}
}

func (e *ears) Format() media.Format {
	return media.Format{Codec: media.PCMU, ClockRate: 8000, Channels: 1, PTime: 20 * time.Millisecond, DTMFPayloadType: e.dtmfType}
}

func (e *ears) OnRTP(f func(*rtp.Packet)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.says = f
}

func (e *ears) WriteRTP(p *rtp.Packet) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	pcm := make([]int16, codec.MaxSamples)
	n, err := e.decoder.Decode(p.Payload, pcm)
	e.heard = append(e.heard, e.detector.Write(pcm[:n])...)
	return err
}

func (e *ears) wantHeard(t *testing.T, want string) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	if string(e.heard) != want {
		t.Errorf("heard %q, want %q", e.heard, want)
	}
}

// presses plays tones to us, as a telephone without any other way does.
func (e *ears) presses(t *testing.T, digits string) {
	t.Helper()
	tones, err := dtmf.New(digits, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	enc, err := codec.NewEncoder(media.PCMU, dtmf.Rate)
	if err != nil {
		t.Fatal(err)
	}
	pcm, payload := make([]int16, 160), make([]byte, codec.MaxPacket)
	p := &rtp.Packet{}
	for quiet := 0; quiet < 10; {
		if n := tones.Fill(pcm, dtmf.Rate); n < len(pcm) {
			clear(pcm[n:])
			quiet++
		}
		n, err := enc.Encode(pcm, payload)
		if err != nil {
			t.Fatal(err)
		}
		p.SequenceNumber++
		p.Timestamp += 160
		p.Payload = payload[:n]
		e.mu.Lock()
		says := e.says
		e.mu.Unlock()
		says(p)
		pass(20 * time.Millisecond)
	}
}

func TestWhoHasNoDigitsGetsTonesOnlyIfItsLineWantsThem(t *testing.T) {
	for want, tones := range map[string]bool{"": false, "5#": true} {
		play(t, nil, func(s *stage) {
			caller, callee := newKeyLeg("sip", "1001"), toneLeg{newLeg("tg", "@ann"), Keys{Tones: tones}, newEars(t)}
			s.dialer.legs["@ann"] = callee
			done := s.handle(caller, Address{"tg", "@ann"})
			callee.say(Answered{})
			s.settle()
			caller.types("5#")
			pass(time.Second)
			callee.stream.wantHeard(t, want)
			caller.leaves(NormalClearing)
			<-done
		})
	}
}

func TestControllerPlaysTonesToWhoHasNoDigits(t *testing.T) {
	scripted(t, func(ctx context.Context, c *Call) error {
		if err := c.Answer(ctx); err != nil {
			return err
		}
		return c.SendDigits(ctx, "", "42*")
	}, func(s *stage) {
		caller := toneLeg{newLeg("tg", "@ann"), Keys{}, newEars(t)}
		wantOutcome(t, <-s.handle(caller, to1000), NormalClearing, "", FaultNone)
		caller.stream.wantHeard(t, "42*")
	})
}

func TestTelephoneThatTakesNoDigitsHearsTones(t *testing.T) {
	play(t, nil, func(s *stage) {
		caller, callee := newKeyLeg("sip", "1001"), newKeyLeg("sip", "1000")
		callee.fails, callee.stream = ErrNoDigits, newEars(t)
		s.dialer.legs["1000"] = callee
		done := s.handle(caller, to1000)
		callee.say(Answered{})
		s.settle()
		caller.types("19")
		pass(time.Second)
		callee.stream.wantHeard(t, "19")
		caller.leaves(NormalClearing)
		<-done
	})
}

func TestTonesOfATelephoneAreDigitsIfItsLineListens(t *testing.T) {
	for name, c := range map[string]struct {
		listen   bool
		dtmfType uint8
		says     bool // digits otherwise, too
		want     []sent
	}{
		"as a rule not":                       {false, 0, false, nil},
		"if asked":                            {true, 0, false, []sent{{"4", keyLength}, {"2", keyLength}}},
		"not beside telephone-events":         {true, 101, false, nil},
		"not beside digits told in signaling": {true, 0, true, []sent{{"9", keyLength}}},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, nil, func(s *stage) {
				caller, callee := newKeyLeg("sip", "1001"), newKeyLeg("sip", "1000")
				caller.keys.Listen, caller.stream = c.listen, newEars(t)
				caller.stream.dtmfType = c.dtmfType
				s.dialer.legs["1000"] = callee
				done := s.handle(caller, to1000)
				callee.say(Answered{})
				s.settle()
				if c.says {
					caller.types("9")
					s.settle()
				}
				caller.stream.presses(t, "42")
				callee.wantSent(t, c.want...)
				caller.leaves(NormalClearing)
				<-done
			})
		})
	}
}
