package trial

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchgram/tgcall/testnet/lan"
)

// record writes a file of silence and then tones, one second each; an amplitude follows each frequency.
func record(t *testing.T, tones ...float64) string {
	t.Helper()
	b := make([]byte, header)
	for i := 0; i < len(tones); i += 2 {
		for n := range rate {
			v := int16(32767 * tones[i+1] * math.Sin(2*math.Pi*tones[i]*float64(n)/rate))
			b = append(b, byte(v), byte(v>>8))
		}
	}
	name := filepath.Join(t.TempDir(), "heard.wav")
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestARecordingIsJudgedByItsEnd(t *testing.T) {
	lossy := Trouble{Weather: lan.Weather{Loss: 0.1}}
	for name, c := range map[string]struct {
		tones   []float64
		trouble Trouble
		want    string // in the complaint; "": none
	}{
		"clean":               {[]float64{440, 0.3}, Trouble{}, ""},
		"quiet":               {[]float64{440, 0.01}, Trouble{}, ""},
		"after another":       {[]float64{600, 0.3, 440, 0.3, 440, 0.3, 440, 0.3}, Trouble{}, ""},
		"another":             {[]float64{600, 0.3}, Trouble{}, "heard 600 Hz, not 440"},
		"gone at the end":     {[]float64{440, 0.3, 0, 0, 0, 0, 0, 0}, Trouble{}, "heard 0 Hz, not 440"},
		"gone a second ago":   {[]float64{440, 0.3, 0, 0}, Trouble{}, ""},
		"gone, and too lossy": {[]float64{0, 0}, lossy, "heard 0 Hz"},
	} {
		t.Run(name, func(t *testing.T) {
			heard, err := measure(record(t, c.tones...))
			if err != nil {
				t.Fatal(err)
			}
			err = judge(heard, 440, c.trouble)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	if err := judge(Tone{440, 0.6}, 440, Trouble{}); err == nil {
		t.Error("a tone among noise is good enough")
	}
	if err := judge(Tone{440, 0.6}, 440, lossy); err != nil {
		t.Errorf("a tone with holes, where packets are lost: %v", err)
	}
	if _, err := measure(record(t)); err == nil {
		t.Error("an empty recording can be measured")
	}
}
