package room_test

import (
	"bytes"
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"switchgram/bridge/media"
	"switchgram/bridge/room"
	"switchgram/bridge/room/dtmf"
	"switchgram/bridge/sound"
)

// inBubble runs f with an empty room.
func inBubble(t *testing.T, f func(t *testing.T, r *room.Room)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := room.New(room.Options{})
		f(t, r)
		r.Close()
	})
}

// level is how loud a tone of hz is in sound at 48 kHz, in dB below the loudest sine.
func level(pcm []int16, hz float64) float64 {
	var s, c float64
	for i, v := range pcm {
		sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / 48000)
		s, c = s+sin*float64(v), c+cos*float64(v)
	}
	return 20 * math.Log10(2*math.Hypot(s, c)/float64(len(pcm))/math.MaxInt16+1e-9)
}

// between is what the party heard from one instant to another, in seconds.
func (p *party) between(t *testing.T, from, to float64) []int16 {
	t.Helper()
	pcm := p.heard(t)
	if int(to*48000) > len(pcm) {
		t.Fatalf("only %.1f s were heard", float64(len(pcm))/48000)
	}
	return pcm[int(from*48000):int(to*48000)]
}

// hears fails unless the party heard each tone at that level, in dB, give or take 1, and no other of them. Tones are said at -20 dB.
func (p *party) hears(t *testing.T, from, to float64, levels map[float64]float64) {
	t.Helper()
	pcm := p.between(t, from, to)
	for _, hz := range []float64{400, 600, 900, 1300} {
		got := level(pcm, hz)
		want, heard := levels[hz]
		if heard && math.Abs(got-want) > 1.5 || !heard && got > -55 {
			t.Errorf("who says %.0f Hz hears %.0f Hz at %.1f dB, want %v", p.hz, hz, got, levels)
		}
	}
}

func TestEachHearsAllButItself(t *testing.T) {
	for _, formats := range [][3]media.Format{{browser, telegram, browser}, {browser, pcmu, g722}, {pcmu, pcmu, pcmu}} {
		t.Run(fmt.Sprint(formats[0].Codec, formats[1].Codec, formats[2].Codec), func(t *testing.T) {
			inBubble(t, func(t *testing.T, r *room.Room) {
				ann, bob, cat := says(t, r, formats[0], 400), says(t, r, formats[1], 600), says(t, r, formats[2], 900)
				wait(3 * time.Second)
				if d := ann.seat.Stats().Delay; d < 4*time.Millisecond || d > 100*time.Millisecond {
					t.Errorf("a delay of %v", d)
				}
				if l := ann.seat.Level(); l < 22 || l > 24 { // a sine of -20 dB is at -23 dBov
					t.Errorf("ann's level is -%d dBov", l)
				}
				ann.hang()
				bob.hang()
				cat.hang()
				ann.hears(t, 1, 2.8, map[float64]float64{600: -20, 900: -20})
				bob.hears(t, 1, 2.8, map[float64]float64{400: -20, 900: -20})
				cat.hears(t, 1, 2.8, map[float64]float64{400: -20, 600: -20})
			})
		})
	}
}

func TestWhoListensIsNotHeardAndCostsNobodyAnything(t *testing.T) {
	inBubble(t, func(t *testing.T, r *room.Room) {
		ann, bob := says(t, r, browser, 400), says(t, r, browser, 600)
		eve, dan := join(t, r, browser, room.Listen, sound.NewTone(900, 0.1)), join(t, r, browser, room.Listen, sound.Silence{})
		wait(3 * time.Second)
		for _, p := range []*party{ann, bob} {
			if st := p.seat.Stats(); st.Path != "relay opus" || st.Transcoded != 0 {
				t.Errorf("%+v", st)
			}
		}
		if a, b := eve.end.Received(), dan.end.Received(); !bytes.Equal(a[len(a)-1].Payload, b[len(b)-1].Payload) {
			t.Error("two who listen were not sent the same packet")
		}
		for _, p := range []*party{ann, bob, eve} {
			p.hang()
		}
		ann.hears(t, 1, 2.8, map[float64]float64{600: -20})
		bob.hears(t, 1, 2.8, map[float64]float64{400: -20})
		eve.hears(t, 1, 2.8, map[float64]float64{400: -20, 600: -20})
		dan.hang()
	})
}

func TestAWhisperIsHeardByOneOnly(t *testing.T) {
	inBubble(t, func(t *testing.T, r *room.Room) {
		ann, bob := says(t, r, browser, 400), says(t, r, browser, 600)
		eve := join(t, r, browser, room.Listen, sound.NewTone(900, 0.1))
		eve.seat.Become(room.Whisper, ann.seat)
		wait(3 * time.Second)
		if bob.seat.Stats().Path != "relay opus" {
			t.Errorf("bob hears %s", bob.seat.Stats().Path)
		}
		eve.seat.Become(room.Talk, nil)
		wait(3 * time.Second)
		for _, p := range []*party{ann, bob, eve} {
			p.hang()
		}
		ann.hears(t, 1, 2.8, map[float64]float64{600: -20, 900: -20})
		bob.hears(t, 1, 2.8, map[float64]float64{400: -20})
		eve.hears(t, 1, 2.8, map[float64]float64{400: -20, 600: -20})
		bob.hears(t, 4, 5.8, map[float64]float64{400: -20, 900: -20})
	})
}

func TestGainMuteAndHold(t *testing.T) {
	inBubble(t, func(t *testing.T, r *room.Room) {
		ann, bob, cat := says(t, r, browser, 400), says(t, r, browser, 600), says(t, r, pcmu, 900)
		ann.seat.SetGain(6)
		bob.seat.Mute(true)
		wait(3 * time.Second)
		ann.seat.SetGain(-10)
		bob.seat.Mute(false)
		cat.seat.Hold(true)
		wait(3 * time.Second)
		for _, p := range []*party{ann, bob, cat} {
			p.hang()
		}
		cat.hears(t, 1, 2.8, map[float64]float64{400: -14})
		ann.hears(t, 1, 2.8, map[float64]float64{900: -20})
		bob.hears(t, 4, 5.8, map[float64]float64{400: -30, 900: -20})
		cat.hears(t, 4, 5.8, nil)
	})
}

func TestManyLoudVoicesDoNotCrackle(t *testing.T) {
	inBubble(t, func(t *testing.T, r *room.Room) {
		ann := join(t, r, browser, room.Listen, sound.Silence{})
		var all []*party
		for _, hz := range []float64{300, 310, 320, 330, 340, 350} {
			all = append(all, join(t, r, pcmu, room.Talk, sound.NewTone(hz, 0.6)))
		}
		wait(5 * time.Second)
		for _, p := range append(all, ann) {
			p.hang()
		}
		pcm := ann.between(t, 1, 4.5)
		if h := sound.Measure(pcm, 48000); h.Level < -12 {
			t.Errorf("heard %v", h)
		}
		// What is cut off has overtones: of six tones below 350 Hz there is hardly anything above 600 Hz.
		var power, high float64
		for hz := 600.0; hz < 2400; hz += 25 {
			high += math.Pow(10, level(pcm, hz)/10)
		}
		for hz := 300.0; hz <= 350; hz += 10 {
			power += math.Pow(10, level(pcm, hz)/10)
		}
		if share := 10 * math.Log10(high/power); share > -30 {
			t.Errorf("distortion is at %.1f dB", share)
		}
	})
}

// TestAPauseHasNoClicks: a Telegram peer mutes, which stops its packets, and speaks again, while the room mixes.
func TestAPauseHasNoClicks(t *testing.T) {
	inBubble(t, func(t *testing.T, r *room.Room) {
		ann, bob := says(t, r, browser, 400), join(t, r, browser, room.Talk, sound.Silence{})
		cat := join(t, r, pcmu, room.Talk, sound.Silence{})
		for range 3 {
			wait(time.Second)
			ann.end.Lose(func(int) bool { return true })
			wait(time.Second)
			ann.end.Lose(nil)
		}
		for _, p := range []*party{ann, bob, cat} {
			p.hang()
		}
		steepest := 2 * math.Pi * 400 / 48000 * 3277 // of a sine of 400 Hz at -20 dB
		pcm := bob.between(t, 0.5, 6)
		for i := 1; i < len(pcm); i++ {
			if d := math.Abs(float64(pcm[i]) - float64(pcm[i-1])); d > 2*steepest {
				t.Fatalf("at %.3f s the sound jumps by %.0f, want %.0f at most", 0.5+float64(i)/48000, d, steepest)
			}
		}
	})
}

// TestPacketsTakeOverInAPause: who spoke in a mix is relayed again as soon as she draws breath, not in the middle of a word.
func TestPacketsTakeOverInAPause(t *testing.T) {
	inBubble(t, func(t *testing.T, r *room.Room) {
		ann, bob := join(t, r, browser, room.Talk, &words{tone: sound.NewTone(600, 0.1)}), join(t, r, browser, room.Talk, sound.Silence{})
		cat := join(t, r, browser, room.Talk, sound.Silence{})
		wait(2200 * time.Millisecond)
		cat.hang() // in the middle of a word
		if bob.seat.Stats().Path != "relay opus" || bob.seat.Stats().Relayed != 0 {
			t.Errorf("%+v", bob.seat.Stats())
		}
		wait(2 * time.Second)
		relayed := bob.seat.Stats().Relayed
		if relayed < 60 || relayed > 90 {
			t.Errorf("%d packets relayed, want 75 or so", relayed)
		}
		ann.hang()
		bob.hang()
		bob.unbroken(t)
	})
}

// Words are a second of a tone, then half a second of silence, again and again.
type words struct {
	tone *sound.Tone
	n    int
}

func (w *words) Fill(pcm []int16, rate int) int {
	w.tone.Fill(pcm, rate)
	if w.n%75 >= 50 {
		clear(pcm)
	}
	w.n++
	return len(pcm)
}

func TestDigitsAreHeardInTheSound(t *testing.T) {
	for _, f := range []media.Format{browser, pcmu} {
		inBubble(t, func(t *testing.T, r *room.Room) {
			tones, err := dtmf.New("159*D", 0, 0)
			if err != nil {
				t.Fatal(err)
			}
			ann, bob := join(t, r, f, room.Talk, sound.Silence{}), join(t, r, f, room.Talk, tones)
			found := make(chan byte, 100)
			bob.seat.OnDigit(func(d byte) {
				_ = bob.seat.Stats() // no lock is held
				found <- d
			})
			wait(3 * time.Second)
			var got []byte
			for len(found) > 0 {
				got = append(got, <-found)
			}
			if string(got) != "159*D" {
				t.Errorf("found %q", got)
			}
			if path := ann.seat.Stats().Path; path != "relay "+f.Codec.String() {
				t.Errorf("ann hears %s", path)
			}
			ann.hang()
			bob.hang()
		})
	}
}
