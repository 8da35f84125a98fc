package codec

import "math"

// G.722 at 64 kbit/s, mode 1 of ITU-T G.722: two bands of 8 kHz each, the lower with six bits a sample, the upper with two, each
// coded by what it differs from a prediction. One byte holds two samples of sound at 16 kHz. The names of the blocks are those of
// clause 6 of the Recommendation.

// taps are the first half of the 24 coefficients of the quadrature mirror filter, which is symmetric; even and odd ones.
var tapsEven, tapsOdd = [12]int32{3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11}, [12]int32{-11, 53, -156, 362, -805, 3876, 951, -210, 32, 12, -11, 3}

// lowDecision are the decision levels of the lower band's quantizer of 60 levels (QUANTL).
var lowDecision = [30]int32{
	0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650,
	714, 786, 858, 940, 1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
}

// lowLevels6 and lowLevels4 are the output values of the lower band's inverse quantizers with six and four bits (INVQBL and INVQAL).
var lowLevels6 = [64]int32{
	-136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576, -7856,
	-7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040, -728,
	24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
	4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
}

var lowLevels4 = [16]int32{
	0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0,
}

// lowStep is how much a four-bit code raises or lowers the logarithm of the lower band's scale factor, highStep the same by the
// two-bit code of the upper band, whose levels are highLevels.
var (
	lowStep    = [16]int32{-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60}
	highStep   = [4]int32{798, -214, 798, -214}
	highLevels = [4]int32{-7408, -1616, 7408, 1616}
)

// antilog is the table by which scale factors leave the logarithmic domain (SCALEL and SCALEH).
var antilog = [32]int32{
	2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
	2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
}

const (
	lowFirst, highFirst = 32, 8        // scale factors of a new codec
	lowMost, highMost   = 18432, 22528 // limits of their logarithms
	lowShift, highShift = 8, 10        // scale of the two bands in SCALEL and SCALEH
	highDecision        = 564          // the upper band's only decision level
	recMost             = 1<<14 - 1    // reconstructed signals have 15 bits
)

// A band is the adaptive part that encoder and decoder have in common: scale factor and predictor.
type band struct {
	log, scale int32    // of the quantizer: logarithm (NBL, NBH) and the factor itself (DETL, DETH)
	zeros      int32    // what the zero section predicts (SZL)
	predicted  int32    // what both sections predict (SL)
	d, b       [7]int32 // twice the quantized differences, newest first, and the zero section's coefficients b1 to b6
	r          [3]int32 // reconstructed signal, newest first
	p          [3]int32 // partially reconstructed signal
	a          [3]int32 // the pole section's coefficients a1, a2
}

func saturate(v int32) int32 { return min(max(v, math.MinInt16), math.MaxInt16) }

// rescale adapts the scale factor (LOGSCL and SCALEL, or LOGSCH and SCALEH).
func (b *band) rescale(step, most, shift int32) {
	b.log = min(max(b.log*127>>7+step, 0), most)
	v, down := antilog[b.log>>6&31], shift-b.log>>11
	if down < 0 {
		b.scale = v << -down << 2
	} else {
		b.scale = v >> down << 2
	}
}

// adapt takes the next quantized difference and predicts the sample after it (block 4 of the Recommendation).
func (b *band) adapt(d int32) {
	b.d[0], b.r[0], b.p[0] = saturate(2*d), saturate(b.predicted+d), saturate(b.zeros+d)
	b.adaptPoles()
	b.r[2], b.r[1] = b.r[1], b.r[0]
	b.p[2], b.p[1] = b.p[1], b.p[0]
	b.adaptZeros()
	poles := saturate(b.a[1]*saturate(2*b.r[1])>>15 + b.a[2]*saturate(2*b.r[2])>>15)
	b.predicted = saturate(poles + b.zeros)
}

// adaptPoles is UPPOL2 and UPPOL1.
func (b *band) adaptPoles() {
	same1, same2 := (b.p[0]^b.p[1]) >= 0, (b.p[0]^b.p[2]) >= 0
	turn := saturate(b.a[1] << 2)
	if same1 {
		turn = saturate(-turn)
	}
	a2 := turn>>7 + b.a[2]*32512>>15 + choose(same2, 128)
	b.a[2] = min(max(a2, -12288), 12288)
	limit := saturate(15360 - b.a[2])
	a1 := saturate(b.a[1]*32640>>15 + choose(same1, 192))
	b.a[1] = min(max(a1, -limit), limit)
}

// adaptZeros is UPZERO, the shift of the differences, and FILTEZ. No coefficient can leave 16 bits: each loses a 256th of itself before it gains 128.
func (b *band) adaptZeros() {
	var gain, zeros int32
	if b.d[0] != 0 {
		gain = 128
	}
	for i := 6; i > 0; i-- {
		sign := (b.d[0] ^ b.d[i]) >> 31 // -1: they differ
		b.b[i] = b.b[i]*32640>>15 + (gain ^ sign) - sign
		b.d[i] = b.d[i-1]
		zeros += b.b[i] * b.d[i] >> 15
	}
	b.zeros = saturate(zeros)
}

func choose(positive bool, v int32) int32 {
	if positive {
		return v
	}
	return -v
}

// A g722State is one direction's two bands and filter memory.
type g722State struct {
	low, high band
	x         [24]int32 // oldest first
}

func newG722State() g722State {
	return g722State{low: band{scale: lowFirst}, high: band{scale: highFirst}}
}

// adapt lets both bands follow a code.
func (s *g722State) adapt(code byte) {
	four, two := code>>2&15, code>>6
	dl, dh := s.low.scale*lowLevels4[four]>>15, s.high.scale*highLevels[two]>>15
	s.low.rescale(lowStep[four], lowMost, lowShift)
	s.high.rescale(highStep[two], highMost, highShift)
	s.low.adapt(dl)
	s.high.adapt(dh)
}

// filter puts two values into the mirror filter and returns its two halves' sums.
func (s *g722State) filter(a, b int32) (even, odd int32) {
	copy(s.x[:], s.x[2:])
	s.x[22], s.x[23] = a, b
	for i := range tapsEven {
		even += s.x[2*i] * tapsEven[i]
		odd += s.x[2*i+1] * tapsOdd[i]
	}
	return even, odd
}

type g722Encoder struct{ g722State }

func newG722Encoder() *g722Encoder { return &g722Encoder{newG722State()} }

func (e *g722Encoder) ExpectLoss(float64) {}

func (e *g722Encoder) Reset() { e.g722State = newG722State() }

func (e *g722Encoder) Encode(pcm []int16, out []byte) (int, error) {
	if len(pcm)%2 != 0 {
		return 0, ErrFrame
	}
	if len(out) < len(pcm)/2 {
		return 0, ErrShort
	}
	for i := 0; i < len(pcm); i += 2 {
		even, odd := e.filter(int32(pcm[i]), int32(pcm[i+1]))
		code := e.low.quantizeLow((odd+even)>>14) | e.high.quantizeHigh((odd-even)>>14)<<6
		e.adapt(code)
		out[i/2] = code
	}
	return len(pcm) / 2, nil
}

// quantizeLow is QUANTL: the six bits of the difference between x and what was predicted. Code 0 to 3 are not used.
func (b *band) quantizeLow(x int32) byte {
	e, m := difference(x, b.predicted)
	level := 1
	for level < len(lowDecision) && m >= lowDecision[level]*b.scale>>12 {
		level++
	}
	switch {
	case e >= 0:
		return byte(62 - level)
	case level < 3:
		return byte(64 - level)
	default:
		return byte(34 - level)
	}
}

// quantizeHigh is QUANTH.
func (b *band) quantizeHigh(x int32) byte {
	e, m := difference(x, b.predicted)
	code := byte(1)
	if m >= highDecision*b.scale>>12 {
		code = 0
	}
	if e >= 0 {
		code |= 2
	}
	return code
}

// difference is x less p, and its magnitude in one's complement.
func difference(x, p int32) (e, m int32) {
	if e = saturate(x - p); e < 0 {
		return e, ^e
	}
	return e, e
}

type g722Decoder struct {
	g722State
	concealer
}

func newG722Decoder() *g722Decoder {
	return &g722Decoder{newG722State(), newConcealer(16000)}
}

func (d *g722Decoder) Decode(packet []byte, pcm []int16) (int, error) {
	if len(packet) == 0 {
		return 0, ErrEmpty
	}
	n := 2 * len(packet)
	if len(pcm) < n {
		return 0, ErrShort
	}
	for i, code := range packet {
		low := limit15(d.low.predicted + d.low.scale*lowLevels6[code&63]>>15)
		high := limit15(d.high.predicted + d.high.scale*highLevels[code>>6]>>15)
		d.adapt(code)
		even, odd := d.filter(low+high, low-high)
		pcm[2*i], pcm[2*i+1] = int16(saturate(odd>>11)), int16(saturate(even>>11))
	}
	d.good(pcm[:n])
	return n, nil
}

func limit15(v int32) int32 { return min(max(v, -recMost-1), recMost) }

func (d *g722Decoder) Recover(_ []byte, pcm []int16) { d.Conceal(pcm) }
