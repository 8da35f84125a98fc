package sound

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAWAVFileOfAnyRateIsPlayedAtAnyRate(t *testing.T) {
	for _, c := range []struct{ from, to int }{{8000, 48000}, {11025, 8000}, {44100, 16000}, {48000, 8000}, {48000, 48000}} {
		pcm := make([]int16, c.from)
		NewTone(700, 0.5).Fill(pcm, c.from)
		w, err := ReadWAV(bytes.NewReader(wavFile(t, pcm, c.from)))
		if err != nil {
			t.Fatal(err)
		}
		w.Loop()
		heard := make([]int16, 3*c.to)
		w.Fill(heard, c.to)
		if h := Measure(heard[c.to/2:], c.to); math.Abs(h.Hz-700) > 1 || math.Abs(h.Level+6) > 0.5 || h.Share < 0.95 {
			t.Errorf("%d to %d Hz: %v, want 700 Hz at -6 dB", c.from, c.to, h)
		}
	}
}

func TestWhatIsNoSuchFileIsRefused(t *testing.T) {
	good := string(wavFile(t, make([]int16, 100), 8000))
	for name, file := range map[string]string{
		"empty":         "",
		"not RIFF":      "OggS" + good[4:],
		"stereo":        good[:22] + "\x02" + good[23:],
		"8 bits":        good[:34] + "\x08" + good[35:],
		"float":         good[:20] + "\x03" + good[21:],
		"no rate":       good[:24] + "\x00\x00" + good[26:],
		"no sound":      good[:36],
		"sound first":   good[:12] + good[36:],
		"empty sound":   good[:44],
		"cut in format": good[:30],
		"short format":  good[:16] + "\x04" + good[17:],
		"cut in a list": good[:36] + "LIST\xff\xff\xff\x7f",
	} {
		if _, err := ReadWAV(strings.NewReader(file)); !errors.Is(err, ErrWAV) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func FuzzReadWAV(f *testing.F) {
	f.Add(wavFile(f, []int16{1, 2, 3}, 8000))
	f.Add([]byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, file []byte) {
		w, err := ReadWAV(bytes.NewReader(file))
		if err == nil {
			w.Fill(make([]int16, 100), 8000)
		}
	})
}

func wavFile(t testing.TB, pcm []int16, rate int) []byte {
	t.Helper()
	name := filepath.Join(t.TempDir(), "a.wav")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := newWAVWriter(f, rate)
	w.write(pcm)
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
