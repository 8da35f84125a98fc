package sound

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchgram/bridge/media"
	"switchgram/bridge/room/codec"
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
		"empty":                 "",
		"not RIFF":              "OggS" + good[4:],
		"three channels":        good[:22] + "\x03" + good[23:],
		"no channel":            good[:22] + "\x00" + good[23:],
		"12 bits":               good[:34] + "\x0c" + good[35:],
		"no bits":               good[:34] + "\x00" + good[35:],
		"half floats":           good[:20] + "\x03" + good[21:],
		"MP3":                   good[:20] + "\x55" + good[21:],
		"extensible, cut short": good[:20] + "\xfe\xff" + good[22:],
		"no rate":               good[:24] + "\x00\x00" + good[26:],
		"no sound":              good[:36],
		"sound first":           good[:12] + good[36:],
		"empty sound":           good[:44],
		"cut in format":         good[:30],
		"short format":          good[:16] + "\x04" + good[17:],
		"cut in a list":         good[:36] + "LIST\xff\xff\xff\x7f",
	} {
		if _, err := ReadWAV(strings.NewReader(file)); !errors.Is(err, ErrWAV) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// TestWAVFilesOfAllKindsSoundTheSame: a tone, as other programs write it.
func TestWAVFilesOfAllKindsSoundTheSame(t *testing.T) {
	pcm := make([]int16, 8000)
	NewTone(700, 0.5).Fill(pcm, 8000)
	for name, c := range map[string]struct {
		kind, bits, channels int
		sample               func(int16) []byte
	}{
		"8 bits":      {1, 8, 1, func(s int16) []byte { return []byte{byte(s>>8) + 128} }},
		"16 bits":     {1, 16, 1, func(s int16) []byte { return binary.LittleEndian.AppendUint16(nil, uint16(s)) }},
		"24 bits":     {1, 24, 1, func(s int16) []byte { return []byte{0x7f, byte(s), byte(s >> 8)} }},
		"float":       {3, 32, 1, func(s int16) []byte { return binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(s)/32768)) }},
		"A-law":       {6, 8, 1, func(s int16) []byte { return encoded(t, media.PCMA, s) }},
		"µ-law":       {7, 8, 1, func(s int16) []byte { return encoded(t, media.PCMU, s) }},
		"two alike":   {1, 16, 2, func(s int16) []byte { return []byte{byte(s), byte(s >> 8), byte(s), byte(s >> 8)} }},
		"extensible":  {0xfffe, 16, 1, func(s int16) []byte { return binary.LittleEndian.AppendUint16(nil, uint16(s)) }},
		"left louder": {1, 24, 2, func(s int16) []byte { h := s / 2; return []byte{0, byte(s), byte(s >> 8), 0, byte(h), byte(h >> 8)} }},
	} {
		t.Run(name, func(t *testing.T) {
			w, err := ReadWAV(bytes.NewReader(otherWAV(pcm, c.kind, c.bits, c.channels, c.sample)))
			if err != nil {
				t.Fatal(err)
			}
			level := -6.0
			if name == "left louder" {
				level = -8.5
			}
			h := Measure(w.Samples(), 8000)
			if math.Abs(h.Hz-700) > 1 || math.Abs(h.Level-level) > 0.2 || h.Share < 0.99 || len(w.Samples()) != len(pcm) {
				t.Errorf("%d samples, %v; want 700 Hz at %.1f dB", len(w.Samples()), h, level)
			}
		})
	}
}

// otherWAV is a file as other programs write them, with a chunk that is none of ours.
func otherWAV(pcm []int16, kind, bits, channels int, sample func(int16) []byte) []byte {
	var data []byte
	for _, s := range pcm {
		data = append(data, sample(s)...)
	}
	frame := bits / 8 * channels
	f := binary.LittleEndian.AppendUint16(nil, uint16(kind))
	f = binary.LittleEndian.AppendUint16(f, uint16(channels))
	f = binary.LittleEndian.AppendUint32(f, 8000)
	f = binary.LittleEndian.AppendUint32(f, uint32(8000*frame))
	f = binary.LittleEndian.AppendUint16(f, uint16(frame))
	f = binary.LittleEndian.AppendUint16(f, uint16(bits))
	if kind == 0xfffe {
		f = append(f, "\x16\x00\x10\x00\x04\x00\x00\x00\x01\x00\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"...)
	}
	b := append([]byte("RIFF\x00\x00\x00\x00WAVELIST\x03\x00\x00\x00abc\x00fmt "), binary.LittleEndian.AppendUint32(nil, uint32(len(f)))...)
	b = append(append(b, f...), "data"...)
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(data))), data...)
}

func encoded(t *testing.T, c media.Codec, s int16) []byte {
	t.Helper()
	enc, err := codec.NewEncoder(c, 8000)
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1)
	if _, err := enc.Encode([]int16{s}, b); err != nil {
		t.Fatal(err)
	}
	return b
}

func FuzzReadWAV(f *testing.F) {
	f.Add(otherWAV([]int16{1, 2}, 0xfffe, 16, 1, func(int16) []byte { return []byte{1, 2} }))
	f.Add(otherWAV([]int16{1, 2}, 3, 32, 2, func(int16) []byte { return []byte("\x00\x00\xc0\x7f\x00\x00\x80\xff") }))
	f.Add(otherWAV([]int16{1, 2, 3}, 6, 8, 2, func(int16) []byte { return []byte{1, 2} }))
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
