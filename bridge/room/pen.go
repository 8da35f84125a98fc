package room

import (
	"fmt"
	"slices"
	"time"

	"switchgram/bridge/media"
	"switchgram/bridge/room/codec"
)

// A pen writes what a far side hears, or several that hear the same, in one codec: blocks of a mix go in, packets come out. One goroutine
// uses it.
type pen struct {
	format media.Format
	mix    int // rate of what comes in
	enc    codec.Encoder
	rate   int // of the encoder
	rates  *Resampler
	limit  limiter

	recent  []int16 // what came in last
	waiting []int16 // at the encoder's rate: less than a packet
	voiced  bool    // there is sound in waiting, or there was just now: the encoder's own delay is not over
	lost    float64 // share of the packets that are lost on the way
	silent  bool    // silence was written; the encoder knows nothing of it

	writes uint64 // the number of the block last written
	pages  []page
	ink    [tick / leastPTime][codec.MaxPacket]byte
}

// leastPTime is that of the shortest packets we make.
const leastPTime = 10 * time.Millisecond

// A page is one packet, nil for silence.
type page []byte

// newPen begins to write where a far side has heard before, which may be nothing.
func newPen(f media.Format, mixRate int, before []int16) (*pen, error) {
	p := &pen{format: f, limit: newLimiter(), silent: true}
	if err := p.tune(mixRate, before); err != nil {
		return nil, err
	}
	return p, nil
}

// tune changes the rate of what comes in; before is what the far side has heard, at that rate. A new encoder of G.722 goes on from there, since
// its decoders know the past only. A new one of Opus begins anew with packets that refer to no past (codec.Encoder.Reset): decoders follow after 10 ms.
func (p *pen) tune(mixRate int, before []int16) (err error) {
	p.mix = mixRate
	rate := workRate(p.format.Codec, mixRate)
	p.rates = NewResampler(mixRate, rate)
	p.waiting = p.rates.Convert(before, p.waiting[:0])
	if rate != p.rate {
		if p.enc, err = codec.NewEncoder(p.format.Codec, rate); err != nil {
			return fmt.Errorf("room: %w", err)
		}
		p.enc.ExpectLoss(p.lost)
		p.rate = rate
		if p.silent = true; p.format.Codec != media.Opus {
			p.rehearse()
		}
	}
	p.waiting = p.waiting[:0]
	p.recent = append(p.recent[:0], before...)
	return nil
}

// rehearse lets a new encoder hear what is waiting.
func (p *pen) rehearse() {
	n := samples(p.format.PacketTime(), p.rate)
	for pcm := p.waiting[len(p.waiting)%n:]; len(pcm) > 0; pcm = pcm[n:] {
		if _, err := p.enc.Encode(pcm[:n], p.ink[0][:]); err == nil {
			p.silent = false
		}
	}
}

// write takes block number n, nil for silence, and returns the packets that it completes. Whoever brings the same block again gets the same
// packets. They are valid until the next block.
func (p *pen) write(n uint64, mix []float32) []page {
	if n == p.writes {
		return p.pages
	}
	p.writes, p.pages = n, p.pages[:0]
	if mix == nil {
		p.rest()
	} else {
		p.voiced = true
		p.note(mix)
	}
	size := samples(p.format.PacketTime(), p.rate)
	for len(p.waiting) >= size {
		p.pages = append(p.pages, p.next(p.waiting[:size]))
		p.waiting = append(p.waiting[:0], p.waiting[size:]...)
	}
	p.voiced = p.voiced && (mix != nil || len(p.waiting) > 0)
	return p.pages
}

// rest adds a block of silence.
func (p *pen) rest() {
	n, block := len(p.waiting), samples(tick, p.rate)
	p.waiting = slices.Grow(p.waiting, block)[:n+block]
	clear(p.waiting[n:])
}

// note makes samples of the mix.
func (p *pen) note(mix []float32) {
	over := len(p.recent) - samples(recall-tick, p.mix)
	p.recent = append(p.recent[:0], p.recent[max(0, over):]...)
	p.recent = p.limit.apply(mix, p.recent)
	p.waiting = p.rates.Convert(p.recent[len(p.recent)-len(mix):], p.waiting)
}

// next is the packet of some sound.
func (p *pen) next(pcm []int16) page {
	if !p.voiced {
		p.silent = true
		return nil
	}
	if p.silent {
		p.enc.Reset() // the far end's decoder has come to rest
	}
	ink := p.ink[len(p.pages)][:]
	n, err := p.enc.Encode(pcm, ink)
	if err != nil {
		return nil
	}
	p.silent = false
	return ink[:n]
}
