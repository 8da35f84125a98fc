package sound

import (
	"math"
	"testing"
	"time"
)

func TestTonesOfTGML(t *testing.T) {
	for text, want := range map[string]struct {
		length time.Duration
		hz     float64 // of the first
	}{
		"%(400,200,800)":                         {600 * time.Millisecond, 800},
		"L=2;%(400, 200, 800)":                   {1200 * time.Millisecond, 800},
		"L=1;%(400,200,800)":                     {600 * time.Millisecond, 800},
		"%(500,0,425);%(500,0,1000)":             {time.Second, 425},
		"loops=3;%(1000,500,440,480);%(10,0,60)": {3 * 1510 * time.Millisecond, 440},
	} {
		src, err := ParseTGML(text)
		if err != nil {
			t.Fatal(err)
		}
		const rate = 8000
		pcm := make([]int16, 20*rate)
		n := src.Fill(pcm, rate)
		if got := time.Duration(n) * time.Second / rate; got != want.length {
			t.Errorf("%s lasts %s, want %s", text, got, want.length)
		}
		if h := Measure(pcm[rate/50:rate/4], rate); math.Abs(h.Hz-want.hz) > 3 && math.Abs(h.Hz-480) > 3 {
			t.Errorf("%s sounds like %s", text, h)
		}
	}
}

func TestWhatIsNoToneOfTGML(t *testing.T) {
	for _, text := range []string{
		"", ";", "L=2", "L=0;%(1,0,800)", "L=9999;%(1,0,800)", "%(400,200)", "%(0,200,800)", "%(400,200,8)", "%(400,200,NaN)", "%(1e9,0,800)", "(400,200,800)",
		"%(400,200,800", "%(a,b,c)", "%(400,200,800,900,1000)", "v=-7",
	} {
		if _, err := ParseTGML(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

func FuzzTGML(f *testing.F) {
	for _, seed := range []string{"%(400,200,800)", "L=2;%(400,200,800,440)", "loops=1;;%(1,1,20)"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if src, err := ParseTGML(text); err == nil {
			src.Fill(make([]int16, 960), 48000)
		}
	})
}
