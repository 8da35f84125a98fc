package codec

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"math"
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tone is d samples of a sine of hz at 10 dB below full scale.
func tone(hz float64, rate, n int) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = int16(0.3 * 32767 * math.Sin(2*math.Pi*hz*float64(i)/float64(rate)))
	}
	return pcm
}

// purity is the ratio in dB of what is a sine of hz in pcm to all the rest.
func purity(pcm []int16, hz float64, rate int) float64 {
	var sin, cos, all float64
	for i, s := range pcm {
		v, a := float64(s), 2*math.Pi*hz*float64(i)/float64(rate)
		sin, cos, all = sin+v*math.Sin(a), cos+v*math.Cos(a), all+v*v
	}
	wave := 2 * (sin*sin + cos*cos) / float64(len(pcm))
	return 10 * math.Log10(wave/max(all-wave, 1e-9))
}

func unzip(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	b, err = io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func samples(b []byte) []int16 {
	pcm := make([]int16, len(b)/2)
	for i := range pcm {
		pcm[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
	}
	return pcm
}
