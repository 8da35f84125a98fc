package sound

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhatToPlayIsRead(t *testing.T) {
	name := filepath.Join(t.TempDir(), "tone.wav")
	pcm := make([]int16, 16000)
	NewTone(555, 0.3).Fill(pcm, 16000)
	if err := os.WriteFile(name, wavFile(t, pcm, 16000), 0o600); err != nil {
		t.Fatal(err)
	}
	for spec, hz := range map[string]float64{"sine:440": 440, "sine:1000.5:0.5": 1000.5, "silence": 0, name: 555} {
		src, err := Parse(spec)
		if err != nil {
			t.Errorf("%s: %v", spec, err)
			continue
		}
		heard := make([]int16, 8000)
		src.Fill(heard, 8000)
		if h := Measure(heard, 8000); math.Abs(h.Hz-hz) > 1 {
			t.Errorf("%s: heard %v", spec, h)
		}
	}
}

func TestWhatCannotBePlayedIsNamed(t *testing.T) {
	for _, spec := range []string{"sine:", "sine:1", "sine:a", "sine:440:2", "sine:440:", "sine:NaN", "sine:440:NaN", "/no/such/file.wav", ""} {
		if _, err := Parse(spec); err == nil || !strings.Contains(err.Error(), spec) {
			t.Errorf("%q: error %v", spec, err)
		}
	}
}
