package codec

type g722Encoder struct{}

func newG722Encoder() *g722Encoder { return &g722Encoder{} }

func (e *g722Encoder) Encode(pcm []int16, out []byte) (int, error) {
	if len(pcm)%2 != 0 {
		return 0, ErrFrame
	}
	if len(out) < len(pcm)/2 {
		return 0, ErrShort
	}
	return len(pcm) / 2, nil
}

func (e *g722Encoder) Reset() {}

type g722Decoder struct{ concealer }

func newG722Decoder() *g722Decoder { return &g722Decoder{newConcealer(16000)} }

func (d *g722Decoder) Decode(packet []byte, pcm []int16) (int, error) {
	if len(packet) == 0 {
		return 0, ErrEmpty
	}
	if len(pcm) < 2*len(packet) {
		return 0, ErrShort
	}
	return 2 * len(packet), nil
}

func (d *g722Decoder) Recover(_ []byte, pcm []int16) { d.Conceal(pcm) }
