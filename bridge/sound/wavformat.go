package sound

import (
	"encoding/binary"
	"fmt"
	"math"

	"switchgram/bridge/media"
	"switchgram/bridge/room/codec"
)

// The kinds of sound that WAV files have, as Microsoft's mmreg.h numbers them (RFC 2361).
const (
	wavPCM        = 0x0001
	wavFloat      = 0x0003
	wavALaw       = 0x0006
	wavMuLaw      = 0x0007
	wavExtensible = 0xfffe // the true kind comes later
)

// wavFormat is what the "fmt " chunk says.
type wavFormat struct {
	kind, channels, bits int
	rate                 int // Hz
}

// parseWAVFormat reads the chunk, of 16 bytes at least.
func parseWAVFormat(b []byte) (wavFormat, error) {
	word := func(at int) int { return int(binary.LittleEndian.Uint16(b[at:])) }
	f := wavFormat{kind: word(0), channels: word(2), bits: word(14)}
	rate := binary.LittleEndian.Uint32(b[4:])
	if f.kind == wavExtensible && len(b) >= 26 {
		f.kind = word(24) // of the GUID only these bytes differ
	}
	if f.channels < 1 || f.channels > 2 || rate < minRate || rate > maxRate || f.decoder() == nil {
		return f, fmt.Errorf("%w: this is of kind %d, %d channels, %d bits, %d Hz", ErrWAV, f.kind, f.channels, f.bits, rate)
	}
	f.rate = int(rate)
	return f, nil
}

// decoder reads one sample; nil: there are none of the kind.
func (f wavFormat) decoder() func([]byte) int {
	switch [2]int{f.kind, f.bits} {
	case [2]int{wavPCM, 8}:
		return func(b []byte) int { return (int(b[0]) - 128) << 8 }
	case [2]int{wavPCM, 16}:
		return func(b []byte) int { return int(int16(binary.LittleEndian.Uint16(b))) }
	case [2]int{wavPCM, 24}:
		return func(b []byte) int { return int(int16(binary.LittleEndian.Uint16(b[1:]))) }
	case [2]int{wavFloat, 32}:
		return func(b []byte) int { return fromFloat(math.Float32frombits(binary.LittleEndian.Uint32(b))) }
	case [2]int{wavALaw, 8}:
		return byTable(media.PCMA)
	case [2]int{wavMuLaw, 8}:
		return byTable(media.PCMU)
	}
	return nil
}

// fromFloat reads a sample of -1 to 1. What is louder is cut, and what is no number is silence.
func fromFloat(v float32) int {
	if math.IsNaN(float64(v)) {
		return 0
	}
	return int(min(max(v*32768, math.MinInt16), math.MaxInt16))
}

// byTable decodes a law of G.711, whose samples know no past.
func byTable(c media.Codec) func([]byte) int {
	all, table := make([]byte, 256), make([]int16, 256)
	for i := range all {
		all[i] = byte(i)
	}
	dec, err := codec.NewDecoder(c, 8000)
	if err == nil {
		_, err = dec.Decode(all, table)
	}
	if err != nil {
		return nil
	}
	return func(b []byte) int { return int(table[b[0]]) }
}

// mono decodes all of a file. Two channels become one: what is in both stays as loud as it is.
func (f wavFormat) mono(b []byte) []int16 {
	sample, size := f.decoder(), f.bits/8
	frame := size * f.channels
	pcm := make([]int16, len(b)/frame)
	for i := range pcm {
		at := b[i*frame:]
		sum := 0
		for c := range f.channels {
			sum += sample(at[c*size:])
		}
		pcm[i] = int16(sum / f.channels)
	}
	return pcm
}
