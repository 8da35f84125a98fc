package siptest

import (
	"context"
	"slices"
	"time"

	"github.com/emiago/sipgo/sip"

	"switchgram/bridge/sip/sdp"
)

// Extension is a number of the switch itself, and how it behaves. The zero value answers at once and stays silent.
type Extension struct {
	Number string
	Name   string // of a person, shown to who is called from it

	Ring   time.Duration // rings (180) so long before what follows; Forever: until the caller gives up
	Early  bool          // while it rings it sends sound (183 with SDP) instead of 180
	Status int           // refuses with this final response; 0: answers
	Q850   int           // of the Reason header when it refuses or hangs up; 0: FreeSWITCH's for that status
	Talk   time.Duration // hangs up so long after it answered; 0: leaves that to the caller
	To     string        // user to call instead: with a Status of 3xx the Contact, without one it asks for that after the answer (REFER)

	Codecs []sdp.Codec    // nil: whatever the caller prefers
	Sound  Sound          // nil: silence; with Early it runs twice, before the answer and after
	Digit  func(key rune) // told of telephone-events; must not block
}

// Forever is the Ring of an extension that nobody picks up.
const Forever time.Duration = -1

// Echo answers and sends back what it hears.
func Echo(number string) Extension { return Extension{Number: number, Sound: EchoSound} }

// Tone answers and plays. With a nil sound it is the 1000 Hz of ITU-T G.711's digital milliwatt, for callers that speak PCMU or
// PCMA; other codecs need a sound of the caller's.
func Tone(number string, sound Sound) Extension {
	if sound == nil {
		return Extension{Number: number, Sound: MilliwattSound, Codecs: []sdp.Codec{sdp.PCMU, sdp.PCMA}}
	}
	return Extension{Number: number, Sound: sound}
}

// Answering is a telephone that somebody picks up after it rang for a while.
func Answering(number string, after time.Duration, sound Sound) Extension {
	return Extension{Number: number, Ring: after, Sound: sound}
}

// EarlyMedia plays for a while before it answers.
func EarlyMedia(number string, before time.Duration, sound Sound) Extension {
	return Extension{Number: number, Ring: before, Early: true, Sound: sound}
}

// NoAnswer rings until the caller gives up.
func NoAnswer(number string) Extension { return Extension{Number: number, Ring: Forever} }

// Busy refuses with 486.
func Busy(number string) Extension { return Refusing(number, sip.StatusBusyHere) }

// Declining refuses with 603, after ringing for a while.
func Declining(number string, after time.Duration) Extension {
	return Extension{Number: number, Ring: after, Status: sip.StatusGlobalDecline}
}

// Redirecting says to call another user instead (302), as FreeSWITCH's application redirect.
func Redirecting(number, to string) Extension {
	return Extension{Number: number, Status: sip.StatusMovedTemporarily, To: to}
}

// Deflecting answers, asks that another user be called instead (REFER), and hangs up when it has heard how that went, as FreeSWITCH's
// uuid_deflect.
func Deflecting(number, to string) Extension { return Extension{Number: number, To: to} }

// Refusing refuses with any status from 300 to 699.
func Refusing(number string, status int) Extension { return Extension{Number: number, Status: status} }

// Defaults are the extensions of a switch that was given none: 9196 echo, 9197 tone, 1000 a telephone that answers after it rang
// for a second and then echoes.
func Defaults() []Extension {
	return []Extension{Echo("9196"), Tone("9197", nil), Answering("1000", time.Second, EchoSound)}
}

// extension finds a number in the table.
func (s *Switch) extension(number string) (Extension, bool) {
	i := slices.IndexFunc(s.options.Extensions, func(x Extension) bool { return x.Number == number })
	if i < 0 {
		return Extension{}, false
	}
	return s.options.Extensions[i], true
}

// run is a whole call to an extension.
func (x Extension) run(l *leg, offer session) error {
	allowed := x.Codecs
	if len(allowed) == 0 {
		allowed = allCodecs()
	}
	a, err := choose(offer, allowed)
	if err != nil {
		l.reject(sip.StatusNotAcceptableHere, "Not Acceptable Here", 88, nil)
		return err
	}
	l.rtp.agree(a, offer)
	l.rtp.setOnDigit(x.Digit)
	if err := x.ring(l); err != nil {
		return err
	}
	if x.Status != 0 {
		l.reject(x.Status, statusText(x.Status), x.Q850, x.contact(l))
		return nil
	}
	stop := x.speak(l)
	defer stop()
	if err := l.answer(nil); err != nil {
		return err
	}
	if x.To != "" {
		return l.deflect(l.s.URI(x.To))
	}
	x.talk(l)
	return nil
}

// contact is whom to call instead, if that is somebody.
func (x Extension) contact(l *leg) (headers []sip.Header) {
	if x.To != "" {
		headers = append(headers, sip.NewHeader("Contact", "<"+l.s.URI(x.To)+">"))
	}
	return headers
}

// ring is what the caller hears before the answer.
func (x Extension) ring(l *leg) error {
	if x.Ring == 0 {
		return nil
	}
	if !x.Early {
		if err := l.ring(nil); err != nil {
			return err
		}
		return pause(l.ctx, x.Ring)
	}
	if err := l.progress(nil); err != nil {
		return err
	}
	stop := x.speak(l)
	defer stop()
	return pause(l.ctx, x.Ring)
}

// speak runs the sound until stop is called, which waits for it.
func (x Extension) speak(l *leg) (stop func()) {
	ctx, cancel := context.WithCancel(l.ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if x.Sound != nil {
			x.Sound(ctx, l.rtp)
		}
	}()
	return func() { cancel(); <-done }
}

// talk lasts until somebody hangs up.
func (x Extension) talk(l *leg) {
	if x.Talk == 0 {
		<-l.ctx.Done()
		return
	}
	if pause(l.ctx, x.Talk) == nil {
		q850 := x.Q850
		if q850 == 0 {
			q850 = 16
		}
		l.bye([]sip.Header{reason(q850)})
	}
}

// pause waits, for ever when d is Forever. The error is the cause of ctx's end.
func pause(ctx context.Context, d time.Duration) error {
	var after <-chan time.Time
	if d != Forever {
		t := time.NewTimer(d)
		defer t.Stop()
		after = t.C
	}
	select {
	case <-after:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
