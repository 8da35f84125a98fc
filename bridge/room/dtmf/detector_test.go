package dtmf

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"switchgram/bridge/media"
	"switchgram/bridge/room/codec"
)

const ms = time.Millisecond

func TestEveryDigitIsFound(t *testing.T) {
	dialled := strings.Repeat(keys, 20)
	for name, c := range map[string]struct {
		on, off time.Duration
		through func(*testing.T, []int16) []int16
	}{
		"as usual":             {0, 0, plain},
		"as short as may be":   {40 * ms, 40 * ms, plain},
		"with noise 15 dB off": {60 * ms, 60 * ms, func(_ *testing.T, pcm []int16) []int16 { return noisy(pcm, 15) }},
		"by PCMU":              {60 * ms, 60 * ms, through(media.PCMU, 8000)},
		"by PCMA":              {60 * ms, 60 * ms, through(media.PCMA, 8000)},
		"by Opus, narrowband":  {80 * ms, 80 * ms, through(media.Opus, 8000)},
	} {
		t.Run(name, func(t *testing.T) {
			on, off := c.on, c.off
			if on == 0 {
				on, off = DefaultOn, DefaultOff
			}
			got := string(NewDetector().Write(c.through(t, dial(t, dialled, on, off))))
			if got != dialled {
				t.Errorf("%d of %d digits: %s", len(got), len(dialled), got)
			}
		})
	}
}

func plain(_ *testing.T, pcm []int16) []int16 { return pcm }

// through encodes and decodes sound.
func through(c media.Codec, rate int) func(*testing.T, []int16) []int16 {
	return func(t *testing.T, pcm []int16) (out []int16) {
		t.Helper()
		enc, err := codec.NewCallerEncoder(c, rate)
		if err != nil {
			t.Fatal(err)
		}
		dec, err := codec.NewDecoder(c, rate)
		if err != nil {
			t.Fatal(err)
		}
		packet, sound := make([]byte, codec.MaxPacket), make([]int16, codec.MaxSamples)
		for frame := range slices.Chunk(pcm[:len(pcm)/160*160], 160) {
			n, err := enc.Encode(frame, packet)
			if err != nil {
				t.Fatal(err)
			}
			if n, err = dec.Decode(packet[:n], sound); err != nil {
				t.Fatal(err)
			}
			out = append(out, sound[:n]...)
		}
		return out
	}
}

// TestLimitsAreThoseOfQ24 tries what ITU-T Q.24, Table A-1, has recognised and refused.
func TestLimitsAreThoseOfQ24(t *testing.T) {
	const peak = 0.2
	times := func(db float64) float64 { return peak * math.Pow(10, db/20) }
	for name, c := range map[string]struct {
		pcm  []int16
		want string
	}{
		"frequencies 1.5 % high": {tones(60*ms, 770*1.015, peak, 1336*1.015, peak), "5"},
		"frequencies 1.5 % low":  {tones(60*ms, 770*0.985, peak, 1336*0.985, peak), "5"},
		"frequencies 3.5 % high": {tones(60*ms, 770*1.035, peak, 1336*1.035, peak), ""},
		"frequencies 3.5 % low":  {tones(60*ms, 770*0.965, peak, 1336*0.965, peak), ""},
		"highest, 1.5 % high":    {tones(60*ms, 941*1.015, peak, 1633*1.015, peak), "D"},
		"high tone 4 dB louder":  {tones(60*ms, 770, peak, 1336, times(3.9)), "5"},
		"high tone 8 dB louder":  {tones(60*ms, 770, peak, 1336, times(8)), ""},
		"high tone 8 dB softer":  {tones(60*ms, 770, peak, 1336, times(-7.9)), "5"},
		"high tone 12 dB softer": {tones(60*ms, 770, peak, 1336, times(-12)), ""},
		"as short as may be":     {tones(40*ms, 770, peak, 1336, peak), "5"},
		"too short":              {tones(23*ms, 770, peak, 1336, peak), ""},
		"soft":                   {tones(60*ms, 770, 0.03, 1336, 0.03), "5"},
		"hardly there":           {tones(60*ms, 770, 0.002, 1336, 0.002), ""},
		"one tone only":          {tones(60*ms, 770, peak, 1336, 0), ""},
		"two rows":               {tones(60*ms, 770, peak, 852, peak), ""},
		"long":                   {tones(2000*ms, 770, peak, 1336, peak), "5"},
		"with a gap of 6 ms":     {append(tones(60*ms, 770, peak, 1336, peak)[:400+480], tones(60*ms, 770, peak, 1336, peak)[352:]...), "5"},
		"a busy tone":            {tones(500*ms, 480, peak, 620, peak), ""},
	} {
		if got := string(NewDetector().Write(c.pcm)); got != c.want {
			t.Errorf("%s: found %q, want %q", name, got, c.want)
		}
	}
}

func TestTheSameDigitTwiceIsTwo(t *testing.T) {
	if got := string(NewDetector().Write(dial(t, "5511", 50*ms, 40*ms))); got != "5511" {
		t.Errorf("found %q", got)
	}
}

func TestNoiseHasNoDigits(t *testing.T) {
	if got := NewDetector().Write(noisy(make([]int16, 300*Rate), 0)); len(got) != 0 {
		t.Errorf("found %q in five minutes of noise", got)
	}
}

func TestWhatIsNoDigitIsRefused(t *testing.T) {
	for _, digits := range []string{"", "12 34", "E", "１"} {
		if _, err := New(digits, 0, 0); !errors.Is(err, ErrDigit) {
			t.Errorf("%q: error %v", digits, err)
		}
	}
	if _, err := New("a*", 0, 0); err != nil {
		t.Error(err)
	}
}

func TestDigitsEnd(t *testing.T) {
	d, err := New("12", 50*ms, 30*ms)
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, 5000)
	if n := d.Fill(pcm, 16000); n != 2*80*16 {
		t.Errorf("%d samples, want %d", n, 2*80*16)
	}
	if n := d.Fill(pcm, 16000); n != 0 {
		t.Errorf("%d samples after the end", n)
	}
}

func BenchmarkDetector(b *testing.B) {
	pcm := make([]int16, 160)
	for i := range pcm {
		pcm[i] = int16(8000 * math.Sin(float64(i*i)))
	}
	d := NewDetector()
	b.ReportAllocs()
	for range b.N {
		d.Write(pcm)
	}
}
