package codec

import "math/bits"

// Both laws of ITU-T G.711: eight bits a sample, a sign, three bits of segment, four of step within it. A 16-bit sample is taken as
// the 14 (µ-law) or 13 (A-law) bits of the Recommendation with the least significant ones below.

// muBias makes each µ-law segment begin at a power of two.
const muBias = 33 << 2

func muLaw(s int16) byte {
	sign, m := magnitude(s)
	m = min(m, 32635) + muBias
	segment := bits.Len(uint(m)) - 8
	return ^(sign | byte(segment<<4) | byte(m>>(segment+3)&15))
}

func aLaw(s int16) byte {
	sign, m := byte(0x80), int(s)
	if s < 0 {
		sign, m = 0, ^m
	}
	segment := max(bits.Len(uint(m))-8, 0)
	return (sign | byte(segment<<4) | byte(m>>(max(segment, 1)+3)&15)) ^ 0x55
}

func magnitude(s int16) (sign byte, m int) {
	if s < 0 {
		return 0x80, -int(s)
	}
	return 0, int(s)
}

func muLawToLinear() *[256]int16 {
	var t [256]int16
	for i := range t {
		c := ^byte(i)
		m := (int(c&15)<<3+muBias)<<(c>>4&7) - muBias
		t[i] = signed(m, c&0x80 != 0)
	}
	return &t
}

func aLawToLinear() *[256]int16 {
	var t [256]int16
	for i := range t {
		c := byte(i) ^ 0x55
		m, segment := int(c&15)<<4+8, c>>4&7
		if segment > 0 {
			m = (m + 256) << (segment - 1)
		}
		t[i] = signed(m, c&0x80 == 0)
	}
	return &t
}

func signed(m int, negative bool) int16 {
	if negative {
		return int16(-m)
	}
	return int16(m)
}

// A g711Encoder has no state.
type g711Encoder struct{ law func(int16) byte }

func (e g711Encoder) Encode(pcm []int16, out []byte) (int, error) {
	if len(out) < len(pcm) {
		return 0, ErrShort
	}
	for i, s := range pcm {
		out[i] = e.law(s)
	}
	return len(pcm), nil
}

func (e g711Encoder) ExpectLoss(float64) {}

func (e g711Encoder) Reset() {}

type g711Decoder struct {
	linear *[256]int16
	concealer
}

func newG711Decoder(linear *[256]int16) *g711Decoder {
	return &g711Decoder{linear: linear, concealer: newConcealer(8000)}
}

func (d *g711Decoder) Decode(packet []byte, pcm []int16) (int, error) {
	if len(packet) == 0 {
		return 0, ErrEmpty
	}
	if len(pcm) < len(packet) {
		return 0, ErrShort
	}
	for i, c := range packet {
		pcm[i] = d.linear[c]
	}
	d.good(pcm[:len(packet)])
	return len(packet), nil
}

func (d *g711Decoder) Recover(_ []byte, pcm []int16) { d.Conceal(pcm) }
