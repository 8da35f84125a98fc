package sound

import (
	"os"
	"path/filepath"
	"testing"
)

func TestBeepIsShortAndCanBePlayedToMany(t *testing.T) {
	beep, err := Once("beep")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		src, pcm, total, loud := beep(), make([]int16, 960), 0, 0
		for n := len(pcm); n == len(pcm); total += n {
			n = src.Fill(pcm, 48000)
			for _, s := range pcm[:n] {
				if s > 3000 {
					loud++
				}
			}
		}
		if total != 48000*4/10 || loud < total/8 {
			t.Errorf("%d samples, %d of them loud", total, loud)
		}
	}
}

func TestOnceRefusesWhatCannotBePlayed(t *testing.T) {
	name := filepath.Join(t.TempDir(), "letter.wav")
	if err := os.WriteFile(name, []byte("dear aunt"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, spec := range []string{name, "none.ogg", "busy:de"} {
		if _, err := Once(spec); err == nil {
			t.Errorf("%s can be played", spec)
		}
	}
}

func TestWhatIsPlayedAgainDoesNotEnd(t *testing.T) {
	name := filepath.Join(t.TempDir(), "music.wav")
	tone := make([]int16, 4000)
	NewTone(600, 0.3).Fill(tone, 8000)
	if err := os.WriteFile(name, wavFile(t, tone, 8000), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, spec := range []string{"chime", name} {
		again, err := Again(spec)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			src, pcm, loud := again(), make([]int16, 8000), 0
			for range 11 {
				if n := src.Fill(pcm, 8000); n < len(pcm) {
					t.Fatalf("%s ends", spec)
				}
				if h := Measure(pcm, 8000); h.Level > -30 {
					loud++
				}
			}
			if loud < 3 {
				t.Errorf("%s: heard in %d of 11 seconds", spec, loud)
			}
		}
	}
	if _, err := Again("none.ogg"); err == nil {
		t.Error("a file that is not there can be played")
	}
}
