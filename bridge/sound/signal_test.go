package sound

import (
	"errors"
	"math"
	"testing"
	"time"
)

func TestSignalsSoundAsInTheirCountry(t *testing.T) {
	for _, c := range []struct {
		country string
		signal  Signal
		on, off time.Duration
		hz      []float64
	}{
		{"de", Ringback, time.Second, 4 * time.Second, []float64{425}},
		{"FR", Busy, 500 * time.Millisecond, 500 * time.Millisecond, []float64{440}},
		{"us", Congestion, 250 * time.Millisecond, 250 * time.Millisecond, []float64{480, 620}},
		{"us", Ringback, 2 * time.Second, 4 * time.Second, []float64{440, 480}},
		{"in", Ringback, 400 * time.Millisecond, 200 * time.Millisecond, []float64{400, 375, 425}}, // 400 modulated by 25
		{"ru", Busy, 350 * time.Millisecond, 350 * time.Millisecond, []float64{425}},
	} {
		for _, rate := range []int{8000, 48000} {
			src, err := NewSignal(c.signal, c.country)
			if err != nil {
				t.Fatal(err)
			}
			pcm := make([]int16, int((c.on+c.off).Seconds()*float64(rate)))
			if n := src.Fill(pcm, rate); n != len(pcm) {
				t.Fatalf("%d samples of %d", n, len(pcm))
			}
			on := pcm[:int(c.on.Seconds()*float64(rate))]
			if h := Measure(on[rate/100:len(on)-rate/100], rate); h.Level < -18 || h.Level > -12 {
				t.Errorf("%s %v: %v", c.country, c.signal, h)
			}
			var share float64
			for _, hz := range c.hz {
				share += math.Pow(10, SNR(on[:rate/25*(len(on)*25/rate)], rate, hz)/10) / (1 + math.Pow(10, SNR(on[:rate/25*(len(on)*25/rate)], rate, hz)/10))
			}
			if share < 0.95 {
				t.Errorf("%s %v: %.2f of it is at %v Hz", c.country, c.signal, share, c.hz)
			}
			if h := Measure(pcm[len(on):], rate); h.Hz != 0 {
				t.Errorf("%s %v: %v in the pause", c.country, c.signal, h)
			}
		}
	}
}

func TestEverySignalOfEveryCountryCanBePlayed(t *testing.T) {
	for country := range signals {
		for _, s := range []Signal{Ringback, Busy, Congestion} {
			src, err := NewSignal(s, country)
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range src.beats {
				if b.d < 100*time.Millisecond || b.hz != 0 && (b.hz < 300 || b.hz > 700) {
					t.Errorf("%s %v: %+v", country, s, b)
				}
			}
			pcm := make([]int16, 8000)
			src.Fill(pcm, 8000)
			if h := Measure(pcm, 8000); h.Hz < 300 || h.Hz > 700 {
				t.Errorf("%s %v: %v", country, s, h)
			}
		}
	}
	if _, err := NewSignal(Busy, "xx"); !errors.Is(err, ErrCountry) {
		t.Errorf("error %v", err)
	}
}

func TestAFlawIsFoundWhereItIs(t *testing.T) {
	const rate = 8000
	pcm := make([]int16, rate)
	NewTone(600, 0.3).Fill(pcm, rate)
	if all := Flaws(pcm, rate, 600, 60); len(all) != 0 {
		t.Errorf("a pure tone has %v", all)
	}
	clear(pcm[2000:2240])                    // 30 ms from 250 ms
	NewTone(600, 0.3).Fill(pcm[5003:], rate) // the phase jumps at 625 ms
	all := Flaws(pcm, rate, 600, 25)
	if len(all) != 2 {
		t.Fatalf("found %v", all)
	}
	if a := all[0]; a.At < 240*time.Millisecond || a.At > 255*time.Millisecond || a.For < 30*time.Millisecond || a.For > 40*time.Millisecond {
		t.Errorf("found %+v", a)
	}
	if b := all[1]; b.At < 615*time.Millisecond || b.At > 625*time.Millisecond || b.For > 5*time.Millisecond {
		t.Errorf("found %+v", b)
	}
	if got := SNR(make([]int16, 100), rate, 600); !math.IsInf(got, -1) {
		t.Errorf("silence has %v dB", got)
	}
}
