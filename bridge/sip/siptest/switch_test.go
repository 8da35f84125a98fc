package siptest

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	ua "switchgram/bridge/sip"
	"switchgram/bridge/sip/sdp"
)

// patience is a safety net and measures nothing.
const patience = 30 * time.Second

func patient(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func testLog(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// world is a switch with users 1000, 1001 and telegram, and what it said of calls that ended.
type world struct {
	*Switch
	ended chan Call
}

func newWorld(t *testing.T, o Options) *world {
	t.Helper()
	w := &world{ended: make(chan Call, 10)}
	o.Users = map[string]string{"1000": "secret", "1001": "secret", "telegram": "secret"}
	o.Ended = func(c Call) { w.ended <- c }
	o.Log = testLog(t)
	var err error
	if w.Switch, err = Start(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

// phone switches a telephone on, for the length of the test.
func (w *world) phone(t *testing.T, o PhoneOptions) *Phone {
	t.Helper()
	o.Password, o.Log = "secret", testLog(t)
	p, err := w.Phone(patient(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// end is how the switch's next call ended.
func (w *world) end(t *testing.T) Call {
	t.Helper()
	select {
	case c := <-w.ended:
		return c
	case <-patient(t).Done():
		t.Fatal("no call ended")
		return Call{}
	}
}

// line is a call that a test places, with its events one after another.
type line struct{ *ua.Dialog }

func (p *Phone) line(t *testing.T, number string, headers ...ua.Header) line {
	t.Helper()
	d, err := p.Dial(patient(t), number, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return line{d}
}

// until returns the next event of type E.
func until[E ua.Event](t *testing.T, l line) E {
	t.Helper()
	ctx := patient(t)
	for {
		select {
		case ev, open := <-l.Events():
			if e, ok := ev.(E); ok {
				return e
			}
			if !open {
				t.Fatalf("call over without %T", *new(E))
			}
		case <-ctx.Done():
			t.Fatalf("no %T", *new(E))
		}
	}
}

func (l line) hangup(t *testing.T) {
	t.Helper()
	if err := l.Hangup(patient(t), ua.Hangup{}); err != nil {
		t.Errorf("hang up: %v", err)
	}
	until[ua.Ended](t, l)
}

// exchange sends numbered packets until one comes back through the far end.
func exchange(t *testing.T, s Stream) {
	t.Helper()
	back := make(chan struct{})
	var once sync.Once
	s.OnRTP(func(p *rtp.Packet) {
		if slices.Equal(p.Payload, []byte("switchgram")) {
			once.Do(func() { close(back) })
		}
	})
	defer s.OnRTP(nil)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	ctx := patient(t)
	for p := (rtp.Packet{Payload: []byte("switchgram")}); ; p.SequenceNumber, p.Timestamp = p.SequenceNumber+1, p.Timestamp+160 {
		_ = s.WriteRTP(&p)
		select {
		case <-back:
			return
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("nothing came back: %+v", s.Stats())
		}
	}
}

func TestRegistrationByEveryAlgorithmAndTransport(t *testing.T) {
	for _, algorithm := range []string{"MD5", "SHA-256"} {
		for _, transport := range []string{"udp", "tcp"} {
			t.Run(algorithm+" by "+transport, func(t *testing.T) {
				w := newWorld(t, Options{Algorithms: []string{algorithm}})
				p := w.phone(t, PhoneOptions{User: "1000", Transport: transport})
				if c, ok := w.Registered("1000"); !ok || c.transport() != map[string]string{"udp": "UDP", "tcp": "TCP"}[transport] {
					t.Errorf("contact %+v, %v", c, ok)
				}
				p.Close()
				if c, ok := w.Registered("1000"); ok {
					t.Errorf("still registered at %s", c.URI)
				}
			})
		}
	}
}

func TestWrongPasswordIsToldAtOnce(t *testing.T) {
	w := newWorld(t, Options{})
	for _, user := range []string{"1000", "nobody"} {
		_, err := w.Phone(patient(t), PhoneOptions{User: user, Password: "guess"})
		if !errors.Is(err, ua.ErrAuth) {
			t.Errorf("%s: %v, want %v", user, err, ua.ErrAuth)
		}
	}
}

func TestEchoSendsBackWhatItHears(t *testing.T) {
	for _, codec := range []sdp.Codec{sdp.Opus, sdp.G722, sdp.PCMU, sdp.PCMA} {
		t.Run(codec.String(), func(t *testing.T) {
			w := newWorld(t, Options{})
			l := w.phone(t, PhoneOptions{User: "1000", Codecs: []sdp.Codec{codec}}).line(t, "9196")
			until[ua.Answered](t, l)
			if got := l.Format().Codec; got != codec {
				t.Errorf("agreed on %v", got)
			}
			exchange(t, l)
			l.hangup(t)
			if c := w.end(t); !c.Answered || !c.ByCaller || c.Codec != codec {
				t.Errorf("the switch saw %+v", c)
			}
		})
	}
}

func TestToneIsHeardWithoutACodec(t *testing.T) {
	w := newWorld(t, Options{})
	l := w.phone(t, PhoneOptions{User: "1000"}).line(t, "9197")
	until[ua.Answered](t, l)
	if got := l.Format().Codec; got != sdp.PCMU {
		t.Errorf("agreed on %v", got)
	}
	heard := make(chan []byte, 1)
	l.OnRTP(func(p *rtp.Packet) {
		select {
		case heard <- slices.Clone(p.Payload):
		default:
		}
	})
	if got := <-heard; len(got) != 160 || !slices.Equal(got[:8], milliwattPCMU) {
		t.Errorf("heard %x", got)
	}
	l.hangup(t)
}

func TestExtensionsRefuse(t *testing.T) {
	extensions := []Extension{Busy("1"), Declining("2", time.Millisecond), Refusing("3", 503),
		{Number: "5", Status: 480, Q850: 19}, {Number: "6", Codecs: []sdp.Codec{sdp.G722}}}
	for _, tt := range []struct {
		number        string
		status, cause int
	}{{"1", 486, 17}, {"2", 603, 21}, {"3", 503, 41}, {"4", 404, 3}, {"5", 480, 19}, {"6", 488, 88}, {"1001", 480, 0}} {
		t.Run(tt.number, func(t *testing.T) {
			w := newWorld(t, Options{Extensions: extensions})
			p := w.phone(t, PhoneOptions{User: "1000", Codecs: []sdp.Codec{sdp.PCMU}})
			end, err := p.Call(patient(t), tt.number)
			if err != nil || !end.Remote || end.Status != tt.status || end.Cause != tt.cause {
				t.Errorf("ended: %v, %v; want %d with cause %d", end, err, tt.status, tt.cause)
			}
			if c := w.end(t); c.Answered || c.Status != tt.status {
				t.Errorf("the switch saw %+v", c)
			}
		})
	}
}

func TestNobodyPicksUpAndTheCallerGivesUp(t *testing.T) {
	w := newWorld(t, Options{Extensions: []Extension{NoAnswer("1")}})
	l := w.phone(t, PhoneOptions{User: "1000"}).line(t, "1")
	until[ua.Ringing](t, l)
	l.hangup(t)
	if c := w.end(t); c.Answered || !c.ByCaller || c.Status != 487 {
		t.Errorf("the switch saw %+v", c)
	}
}

func TestEarlyMediaIsHeardBeforeTheAnswer(t *testing.T) {
	w := newWorld(t, Options{Extensions: []Extension{EarlyMedia("1", Forever, EchoSound)}})
	l := w.phone(t, PhoneOptions{User: "1000"}).line(t, "1")
	until[ua.EarlyMedia](t, l)
	exchange(t, l)
	l.hangup(t)
}

func TestExtensionHearsDigitsAndHangsUp(t *testing.T) {
	keys := make(chan rune, 10)
	w := newWorld(t, Options{Extensions: []Extension{
		{Number: "1", Digit: func(k rune) { keys <- k }}, {Number: "2", Talk: time.Millisecond, Q850: 31}}})
	p := w.phone(t, PhoneOptions{User: "1000"})
	l := p.line(t, "1")
	until[ua.Answered](t, l)
	if err := l.SendDTMF(patient(t), "7#", 60*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if a, b := <-keys, <-keys; a != '7' || b != '#' {
		t.Errorf("heard %q %q", a, b)
	}
	l.hangup(t)

	if end, err := p.Call(patient(t), "2"); err != nil || !end.Remote || end.Cause != 31 {
		t.Errorf("ended: %v, %v; want by the switch with cause 31", end, err)
	}
}

// TestCallToATelegramPerson is what the bridge meets: transcripts of FreeSWITCH show the same.
func TestCallToATelegramPerson(t *testing.T) {
	w := newWorld(t, Options{})
	got := make(chan *ua.Dialog, 1)
	w.phone(t, PhoneOptions{User: "telegram", Sound: EchoSound, OnCall: func(d *ua.Dialog) int { got <- d; return 0 }})
	l := w.phone(t, PhoneOptions{User: "1000", Codecs: []sdp.Codec{sdp.PCMA}}).line(t, "tg+15551234567",
		ua.Header{Name: "X-Custom", Value: "from A"}, ua.Header{Name: "X-TG-Dial", Value: "forged"})
	until[ua.Answered](t, l)
	d := <-got

	for name, want := range map[string]string{"X-TG-Dial": "+15551234567", "X-Custom": "from A", "X-FS-Support": "update_display,send_info"} {
		if v := d.Header(name); v != want {
			t.Errorf("%s: %q, want %q", name, v, want)
		}
	}
	if d.RequestUser() != "telegram" || d.RemoteUser() != "1000" || d.RemoteName() != "Extension 1000" {
		t.Errorf("%s %q calls %s", d.RemoteUser(), d.RemoteName(), d.RequestUser())
	}
	if d.Format().Codec != sdp.PCMA { // though it would have preferred Opus: only the caller's codecs are offered
		t.Errorf("telegram speaks %v", d.Format())
	}
	exchange(t, l)

	if err := d.Hangup(patient(t), ua.Hangup{Q850: 17}); err != nil {
		t.Error(err)
	}
	if end := until[ua.Ended](t, l); !end.Remote || end.Cause != 17 {
		t.Errorf("the caller was told %v, want cause 17", end)
	}
	if c := w.end(t); c.To != "tg+15551234567" || c.ByCaller || c.Codec != sdp.PCMA {
		t.Errorf("the switch saw %+v", c)
	}
}

// TestCallsByTCP: a telephone registered by TCP is called by TCP.
func TestCallsByTCP(t *testing.T) {
	w := newWorld(t, Options{})
	w.phone(t, PhoneOptions{User: "telegram", Transport: "tcp", Sound: EchoSound})
	l := w.phone(t, PhoneOptions{User: "1000", Transport: "tcp"}).line(t, "tg1")
	until[ua.Answered](t, l)
	exchange(t, l)
	l.hangup(t)
	if c := w.end(t); !c.Answered || !c.ByCaller {
		t.Errorf("the switch saw %+v", c)
	}
}

// TestForcedCodecs: with otg the line is offered Opus whatever the caller speaks; where FreeSWITCH would transcode this switch refuses.
func TestForcedCodecs(t *testing.T) {
	for _, tt := range []struct {
		caller []sdp.Codec
		status int
	}{{[]sdp.Codec{sdp.PCMU, sdp.Opus}, 0}, {[]sdp.Codec{sdp.PCMU}, 488}} {
		w := newWorld(t, Options{})
		w.phone(t, PhoneOptions{User: "telegram", Sound: func(ctx context.Context, s Stream) {
			if s.Format().Codec != sdp.Opus {
				t.Errorf("telegram speaks %v", s.Format())
			}
		}})
		ctx, hangUp := context.WithCancel(patient(t))
		p := w.phone(t, PhoneOptions{User: "1000", Codecs: tt.caller, Sound: func(context.Context, Stream) { hangUp() }})
		end, err := p.Call(ctx, "otg1")
		if err != nil || end.Status != tt.status {
			t.Errorf("%v: ended %v, %v; want status %d", tt.caller, end, err, tt.status)
		}
	}
}

func TestRefusalsAreRelayed(t *testing.T) {
	w := newWorld(t, Options{})
	w.phone(t, PhoneOptions{User: "telegram", Status: 486})
	end, err := w.phone(t, PhoneOptions{User: "1000"}).Call(patient(t), "@ann")
	if err != nil || end.Status != 486 || end.Cause != 17 {
		t.Errorf("ended: %v, %v; want 486 with cause 17", end, err)
	}
}

func TestCancelIsRelayed(t *testing.T) {
	w := newWorld(t, Options{})
	ended := make(chan ua.Ended, 1)
	w.phone(t, PhoneOptions{User: "telegram", Ring: Forever, Event: func(ev ua.Event) {
		if e, ok := ev.(ua.Ended); ok {
			ended <- e
		}
	}})
	l := w.phone(t, PhoneOptions{User: "1000"}).line(t, "tg1")
	until[ua.Ringing](t, l)
	l.hangup(t)
	if e := <-ended; !e.Remote {
		t.Errorf("the telephone was told %v", e)
	}
}

func TestNobodyAnswersInTime(t *testing.T) {
	w := newWorld(t, Options{RingTime: 100 * time.Millisecond})
	w.phone(t, PhoneOptions{User: "telegram", Ring: Forever})
	end, err := w.phone(t, PhoneOptions{User: "1000"}).Call(patient(t), "tg1")
	if err != nil || end.Status != 480 || end.Cause != 19 {
		t.Errorf("ended: %v, %v; want 480 with cause 19", end, err)
	}
}

func TestDigitsPassThroughABridge(t *testing.T) {
	for _, codec := range []sdp.Codec{sdp.Opus, sdp.PCMU} {
		t.Run(codec.String(), func(t *testing.T) {
			w := newWorld(t, Options{})
			keys := make(chan rune, 10)
			w.phone(t, PhoneOptions{User: "telegram", Event: func(ev ua.Event) {
				if d, ok := ev.(ua.Digit); ok {
					keys <- d.Key
				}
			}})
			l := w.phone(t, PhoneOptions{User: "1000", Codecs: []sdp.Codec{codec}}).line(t, "tg1")
			until[ua.Answered](t, l)
			if err := l.SendDTMF(patient(t), "5", 100*time.Millisecond); err != nil {
				t.Fatal(err)
			}
			if k := <-keys; k != '5' {
				t.Errorf("heard %q", k)
			}
			l.hangup(t)
		})
	}
}

func TestSwitchHoldsATelephone(t *testing.T) {
	w := newWorld(t, Options{})
	events := make(chan ua.Event, 10)
	w.phone(t, PhoneOptions{User: "telegram", Sound: EchoSound, Event: func(ev ua.Event) {
		if h, ok := ev.(ua.Held); ok {
			events <- h
		}
	}})
	l := w.phone(t, PhoneOptions{User: "1000"}).line(t, "tg1")
	until[ua.Answered](t, l)
	exchange(t, l)
	for _, on := range []bool{true, false} {
		if err := w.Hold(patient(t), "telegram", on); err != nil {
			t.Fatal(err)
		}
		if ev := <-events; ev != (ua.Held{On: on}) {
			t.Errorf("told %+v", ev)
		}
	}
	exchange(t, l)
	if err := w.Hold(patient(t), "1001", true); err == nil {
		t.Error("held somebody without a call")
	}
	l.hangup(t)
}

func TestTelephoneHoldsTheSwitch(t *testing.T) {
	w := newWorld(t, Options{})
	l := w.phone(t, PhoneOptions{User: "1000"}).line(t, "9196")
	until[ua.Answered](t, l)
	exchange(t, l)
	for _, on := range []bool{true, false} {
		if err := l.Hold(patient(t), on); err != nil {
			t.Fatal(err)
		}
	}
	exchange(t, l)
	l.hangup(t)
}

func TestOriginateOffersEverything(t *testing.T) {
	w := newWorld(t, Options{})
	formats := make(chan sdp.Format, 1)
	w.phone(t, PhoneOptions{User: "telegram", Sound: func(_ context.Context, s Stream) { formats <- s.Format() }})
	ctx, hangUp := context.WithCancel(patient(t))
	done := make(chan error, 1)
	go func() {
		done <- w.Originate(ctx, "telegram", Extension{Number: "5551212", Name: "Bob", Sound: EchoSound})
	}()
	if f := <-formats; f.Codec != sdp.Opus || f.PayloadType != 102 || f.DTMFPayloadType != 101 {
		t.Errorf("telegram speaks %+v", f)
	}
	hangUp()
	if err := <-done; err != nil {
		t.Error(err)
	}
	w.phone(t, PhoneOptions{User: "1001", Status: 603})
	var refused *ua.StatusError
	if err := w.Originate(patient(t), "1001", Echo("1")); !errors.As(err, &refused) || refused.Code != 603 {
		t.Errorf("got %v, want 603", err)
	}
}

func TestForgottenTelephoneRegistersAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{MaxExpires: 10 * time.Second})
	w.phone(t, PhoneOptions{User: "1000"})
	w.Forget()
	if _, ok := w.Registered("1000"); ok {
		t.Fatal("not forgotten")
	}
	if _, err := w.WaitRegistered(patient(t), "1000"); err != nil {
		t.Error(err)
	}
}

func TestCloseHangsUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Options{})
	l := w.phone(t, PhoneOptions{User: "1000"}).line(t, "9196")
	until[ua.Answered](t, l)
	w.Close()
	if end := until[ua.Ended](t, l); !end.Remote {
		t.Errorf("ended: %v", end)
	}
}
