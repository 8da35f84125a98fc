package sound

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"

	"switchgram/bridge/media"
	"switchgram/bridge/room/codec"
)

// Opus is a Source of an Ogg/Opus file (RFC 7845).
type Opus struct {
	packets [][]byte
	skip    int // samples at 48 kHz that only bring the decoder up
	gain    float64
	length  int // samples at 48 kHz after those; 0: to the end of the last packet
	loop    bool

	next    int // packet
	dec     codec.Decoder
	rate    int
	played  int // samples at 48 kHz, those that were skipped included
	ready   []int16
	scratch []int16
}

// OpusPackets is an Opus whose packets can be sent as they are. Played as sound it is the same.
type OpusPackets struct{ Opus }

// ReadOpus reads an Ogg/Opus file, which is an *OpusPackets, or an *Opus if the file asks for a gain. It ends after the last sample, unless
// it is told to Loop.
func ReadOpus(r io.Reader) (Source, error) {
	packets, end, err := readOgg(r)
	if err != nil {
		return nil, err
	}
	if len(packets) < 3 || len(packets[0]) < 19 || packets[0][8]&0xf0 != 0 || packets[0][18] != 0 || packets[0][9] < 1 || packets[0][9] > 2 {
		return nil, fmt.Errorf("%w: this has no sound, or channels of another kind", ErrOgg)
	}
	head := packets[0]
	o := &OpusPackets{Opus{skip: int(binary.LittleEndian.Uint16(head[10:])), gain: 1}}
	var p media.OpusPacket
	for _, packet := range packets[2:] { // after OpusTags
		if p.Parse(packet) == nil && len(packet) <= codec.MaxPacket {
			o.packets = append(o.packets, packet)
		}
	}
	if len(o.packets) == 0 {
		return nil, fmt.Errorf("%w: no packet of Opus in it", ErrOgg)
	}
	if end > uint64(o.skip) && end < math.MaxInt32 {
		o.length = int(end) - o.skip
	}
	if db := int16(binary.LittleEndian.Uint16(head[16:])); db != 0 { // RFC 7845 §5.1: in 1/256 dB
		o.gain = math.Pow(10, float64(db)/256/20)
		return &o.Opus, nil
	}
	return o, nil
}

// Loop lets the file begin again when it ends.
func (o *Opus) Loop() { o.loop = true }

// Fill goes on with the file and returns how many samples there were.
func (o *Opus) Fill(pcm []int16, rate int) int {
	if rate != o.rate && !o.tune(rate) {
		return 0
	}
	for len(o.ready) < len(pcm) && o.more() {
	}
	n := copy(pcm, o.ready)
	o.ready = append(o.ready[:0], o.ready[n:]...)
	return n
}

// tune decodes at another rate from here on.
func (o *Opus) tune(rate int) bool {
	dec, err := codec.NewDecoder(media.Opus, rate)
	if err != nil {
		return false
	}
	o.dec, o.rate, o.ready, o.scratch = dec, rate, o.ready[:0], make([]int16, codec.MaxSamples)
	return true
}

// more decodes a packet; false: the file has ended.
func (o *Opus) more() bool {
	if o.next == len(o.packets) {
		if !o.loop {
			return false
		}
		o.next, o.played = 0, 0
	}
	n, err := o.dec.Decode(o.packets[o.next], o.scratch)
	o.next++
	if err != nil {
		return true
	}
	o.take(o.scratch[:n])
	return true
}

// take adds sound, but for what comes before the beginning and after the end.
func (o *Opus) take(pcm []int16) {
	scale := codecRate / o.rate
	first := o.played
	o.played += len(pcm) * scale
	if o.length > 0 && o.played > o.skip+o.length {
		over := (o.played - o.skip - o.length) / scale
		pcm = pcm[:max(0, len(pcm)-over)]
	}
	if first < o.skip {
		pcm = pcm[min(len(pcm), (o.skip-first)/scale):]
	}
	for _, s := range pcm {
		o.ready = append(o.ready, int16(min(max(float64(s)*o.gain, math.MinInt16), math.MaxInt16)))
	}
}

// codecRate is that in which positions in the file are counted, in Hz.
const codecRate = media.OpusRate

// NextPacket returns the next packet as it is in the file; false: that was the last.
func (o *OpusPackets) NextPacket() (packet []byte, ok bool) {
	if o.next == len(o.packets) {
		if !o.loop {
			return nil, false
		}
		o.next = 0
	}
	o.next++
	return o.packets[o.next-1], true
}

// isOpusFile tells by its name whether a file is one.
func isOpusFile(name string) bool {
	return strings.HasSuffix(name, ".opus") || strings.HasSuffix(name, ".ogg") || strings.HasSuffix(name, ".oga")
}
