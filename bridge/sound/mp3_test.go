package sound

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// mp3File is a file of a second of 700 Hz: mono.mp3 at 44,100 Hz, stereo.mp3 at 22,050 Hz, whose right side is half as loud.
func mp3File(t testing.TB, name string) []byte {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestAnMP3FileIsPlayedAtAnyRate(t *testing.T) {
	for name, level := range map[string]float64{"mono.mp3": -6, "stereo.mp3": -9} {
		for _, rate := range []int{8000, 16000, 44100, 48000} {
			src, err := Once(filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			heard := make([]int16, 2*rate)
			n := src().Fill(heard, rate)
			if n < rate || n > rate+rate/8 { // the encoder adds some frames
				t.Errorf("%s at %d Hz: %d samples for a second", name, rate, n)
			}
			if h := Measure(heard[rate/4:rate*3/4], rate); math.Abs(h.Hz-700) > 2 || math.Abs(h.Level-level) > 0.7 || h.Share < 0.95 {
				t.Errorf("%s at %d Hz: %v, want 700 Hz at %.1f dB", name, rate, h, level)
			}
		}
	}
}

func TestAnMP3FileBeginsAgainWhereItIsToLoop(t *testing.T) {
	again, err := Again("testdata/mono.mp3")
	if err != nil {
		t.Fatal(err)
	}
	heard := make([]int16, 10*8000)
	if n := again().Fill(heard, 8000); n != len(heard) {
		t.Fatalf("it ended after %d samples", n)
	}
	if h := Measure(heard[8*8000:], 8000); math.Abs(h.Hz-700) > 2 {
		t.Errorf("at the end: %v", h)
	}
}

func TestWhatIsNoMP3FileIsRefusedByName(t *testing.T) {
	good := string(mp3File(t, "mono.mp3"))
	for name, file := range map[string]string{
		"empty": "", "text": strings.Repeat("To be or not to be. ", 100), "zeros": strings.Repeat("\x00", 5000), "cut.in.the.first.frame": good[:40],
		"layer.II": "\xff\xfd" + good[2:], "no.rate": good[:2] + "\xff" + good[3:50],
		"miscounted": strings.Repeat("\xff\xf3\x42\xc4"+strings.Repeat("\x00", 101), 3), // 32 kbit/s at 22,050 Hz
	} {
		path := filepath.Join(t.TempDir(), name+".mp3")
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Once(path); !errors.Is(err, ErrMP3) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, err := ReadMP3(io.LimitReader(endless{}, maxMP3+1)); !errors.Is(err, ErrMP3) {
		t.Errorf("a file of any size: %v", err)
	}
}

// endless is a file without an end.
type endless struct{}

func (endless) Read(b []byte) (int, error) { return len(b), nil }

func TestAnMP3FileThatBreaksOffIsPlayedUpToThere(t *testing.T) {
	good := mp3File(t, "mono.mp3")
	src, err := ReadMP3(bytes.NewReader(append(good[:len(good)/2:len(good)/2], make([]byte, 3000)...)))
	if err != nil {
		t.Fatal(err)
	}
	heard := make([]int16, 8000)
	if n := src.Fill(heard, 8000); n < 3000 || n > 5000 {
		t.Errorf("%d samples of half a second", n)
	}
	if n := src.Fill(heard, 8000); n != 0 {
		t.Errorf("%d samples after the end", n)
	}
}

func TestAnMP3FileEndsAfterTenMinutes(t *testing.T) {
	good := mp3File(t, "mono.mp3")
	src, err := ReadMP3(bytes.NewReader(bytes.Repeat(good, 700)))
	if err != nil {
		t.Fatal(err)
	}
	src.left = src.rate // nine minutes and 59 seconds later
	heard := make([]int16, 3*src.rate)
	if n := src.Fill(heard, src.rate); n != src.rate {
		t.Errorf("it ended after %v", time.Duration(n)*time.Second/time.Duration(src.rate))
	}
}

func FuzzReadMP3(f *testing.F) {
	for _, name := range []string{"mono.mp3", "stereo.mp3"} {
		f.Add(mp3File(f, name)[:1500])
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		src, err := ReadMP3(bytes.NewReader(file))
		if err != nil {
			if !errors.Is(err, ErrMP3) {
				t.Errorf("refused with %v", err)
			}
			return
		}
		pcm := make([]int16, 4800)
		for heard := 0; ; heard += len(pcm) {
			if src.Fill(pcm, 16000) < len(pcm) {
				return
			}
			if heard > 16000*600 {
				t.Fatal("it has no end")
			}
		}
	})
}
