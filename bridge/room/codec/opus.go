package codec

import (
	"fmt"

	"gopkg.in/hraban/opus.v2"
)

// A spending says what an encoder of Opus may spend on a voice.
type spending struct{ bitrate, complexity int } // bit/s, and what libopus calls 0 to 10

// Our own packets are CELT (RFC 6716 §4.3) for as long as none is lost, as libopus chooses for AppAudio: that takes a fifth of the time of SILK, and any decoder
// follows it at once. With these bitrates PESQ (ITU-T P.862) likes them as much as SILK with complexity 4 and half of the bits; with more complexity
// than 0 it likes CELT less, up to 5, which costs twice as much. Where packets are lost SILK protects them (in-band FEC), and a narrow way is not made
// narrower.
var (
	clearSpending = map[int]spending{8000: {40000, 0}, 16000: {48000, 0}, 48000: {64000, 0}}
	lossySpending = map[int]spending{8000: {24000, 4}, 16000: {24000, 4}, 48000: {32000, 4}}
)

// The loss in per cent that libopus is told of. Where it expects less it hardly repeats anything, and more would spend most bits on what was said
// before.
const leastLoss, mostLoss = 10, 25

// After a Reset a stream begins with packets that ask of a decoder that it knows nothing before: CELT, and each band's energy coded by itself, which libopus
// does when it has bits enough, has time to try, and expects to lose everything else. Who has heard another encoder until now follows after 10 ms.
// What SILK writes refers to what it wrote before, and took decoders up to 160 ms.
const (
	openingPackets = 2
	openingLoss    = 100
)

var openingSpending = spending{96000, 4}

type opusEncoder struct {
	enc          *opus.Encoder
	clear, lossy spending
	opened       int // packets of the opening that were made
	loss         int // expected, in per cent
}

func newOpusEncoder(app opus.Application, rate int, clear, lossy spending) (*opusEncoder, error) {
	enc, err := opus.NewEncoder(rate, 1, app)
	if err != nil {
		return nil, fmt.Errorf("opus encoder: %w", err)
	}
	e := &opusEncoder{enc: enc, clear: clear, lossy: lossy, opened: openingPackets}
	e.settle()
	return e, nil
}

// ExpectLoss changes what libopus is told, which costs nothing while it stays the same. In an opening there is no FEC, which only SILK has.
func (e *opusEncoder) ExpectLoss(share float64) {
	loss := 0
	if share > 0 {
		loss = min(max(int(share*100), leastLoss), mostLoss)
	}
	if loss == e.loss {
		return
	}
	if e.loss = loss; e.opened == openingPackets {
		e.settle()
	}
}

// settle ends an opening.
func (e *opusEncoder) settle() {
	if e.loss > 0 {
		e.set(e.lossy, true, e.loss)
	} else {
		e.set(e.clear, false, 0)
	}
}

// set tells libopus, which cannot refuse such settings.
func (e *opusEncoder) set(s spending, fec bool, loss int) {
	_ = e.enc.SetBitrate(s.bitrate)
	_ = e.enc.SetComplexity(s.complexity)
	_ = e.enc.SetInBandFEC(fec)
	_ = e.enc.SetPacketLossPerc(loss)
}

func (e *opusEncoder) Encode(pcm []int16, out []byte) (int, error) {
	n, err := encodeOpus(e.enc, pcm, out)
	if err == nil && e.opened < openingPackets {
		if e.opened++; e.opened == openingPackets {
			e.settle()
		}
	}
	return n, err
}

func encodeOpus(enc *opus.Encoder, pcm []int16, out []byte) (int, error) {
	n, err := enc.Encode(pcm, out[:len(out):len(out)]) // the binding goes by capacity
	if err != nil {
		return 0, fmt.Errorf("opus encode: %w", err)
	}
	return n, nil
}

func (e *opusEncoder) Reset() {
	e.opened = 0
	_ = e.enc.Reset()
	e.set(openingSpending, false, openingLoss)
}

type opusDecoder struct{ dec *opus.Decoder }

func newOpusDecoder(rate int) (*opusDecoder, error) {
	dec, err := opus.NewDecoder(rate, 1)
	if err != nil {
		return nil, fmt.Errorf("opus decoder: %w", err)
	}
	return &opusDecoder{dec}, nil
}

func (d *opusDecoder) Decode(packet []byte, pcm []int16) (int, error) {
	if len(packet) == 0 {
		return 0, ErrEmpty // libopus would take it for a loss
	}
	n, err := d.dec.Decode(packet, pcm[:len(pcm):len(pcm)])
	if err != nil {
		return 0, fmt.Errorf("opus decode: %w", err)
	}
	return n, nil
}

func (d *opusDecoder) Recover(next []byte, pcm []int16) {
	if len(next) == 0 || d.dec.DecodeFEC(next, pcm[:len(pcm):len(pcm)]) != nil {
		d.Conceal(pcm)
	}
}

func (d *opusDecoder) Conceal(pcm []int16) {
	if d.dec.DecodePLC(pcm[:len(pcm):len(pcm)]) != nil {
		clear(pcm)
	}
}
