package media

import (
	"fmt"
	"time"
)

// OpusPacket is an Opus packet taken apart into its frames. The zero value is empty and ready for Parse; it is large, so keep one and
// parse into it again. Not safe for concurrent use.
type OpusPacket struct {
	toc    OpusTOC
	frames [maxOpusFrames][]byte // slices of the packet parsed
	n      int
}

// TOC is the packet's first byte.
func (p *OpusPacket) TOC() OpusTOC { return p.toc }

// Frames is the number of frames, 1 to 48.
func (p *OpusPacket) Frames() int { return p.n }

// Duration is how long the packet sounds, at most 120 ms.
func (p *OpusPacket) Duration() time.Duration {
	return time.Duration(p.n) * p.toc.FrameDuration()
}

// Parse takes packet apart, strictly as RFC 6716 §3.2 says; what an error leaves behind is empty. The frames are parts of packet,
// which must not change while they are used. Nothing is allocated.
func (p *OpusPacket) Parse(packet []byte) error {
	p.n = 0
	if len(packet) == 0 {
		return fmt.Errorf("%w: empty", ErrOpus) // [R1]
	}
	p.toc = OpusTOC(packet[0])
	n, err := p.parseFrames(packet[1:])
	if err != nil {
		return err
	}
	for _, f := range p.frames[:n] {
		if len(f) > maxOpusFrame {
			return fmt.Errorf("%w: frame of %d bytes", ErrOpus, len(f)) // [R2]
		}
	}
	p.n = n
	return nil
}

func (p *OpusPacket) parseFrames(body []byte) (n int, err error) {
	switch p.toc.code() {
	case 0:
		p.frames[0] = body
		return 1, nil
	case 1:
		return p.equalFrames(body, 2)
	case 2:
		return p.sizedFrames(body, 2)
	default:
		return p.countedFrames(body)
	}
}

// countedFrames reads a packet of code 3 (RFC 6716 §3.2.5).
func (p *OpusPacket) countedFrames(body []byte) (int, error) {
	if len(body) == 0 {
		return 0, fmt.Errorf("%w: no frame count", ErrOpus) // [R6]
	}
	n, padded, vbr := int(body[0]&63), body[0]&0x40 != 0, body[0]&0x80 != 0
	if d := time.Duration(n) * p.toc.FrameDuration(); n == 0 || d > maxOpusPacket {
		return 0, fmt.Errorf("%w: %d frames of %v", ErrOpus, n, p.toc.FrameDuration()) // [R5]
	}
	body = body[1:]
	if padded {
		var err error
		if body, err = unpad(body); err != nil {
			return 0, err
		}
	}
	if vbr {
		return p.sizedFrames(body, n)
	}
	return p.equalFrames(body, n)
}

// unpad takes away the padding and the bytes that count it: 255 stands for 254 and more to come.
func unpad(body []byte) ([]byte, error) {
	padding := 0
	for i, b := range body {
		if b < 255 {
			padding += int(b)
			if body = body[i+1:]; padding > len(body) {
				return nil, fmt.Errorf("%w: %d bytes of padding", ErrOpus, padding) // [R6], [R7]
			}
			return body[:len(body)-padding], nil
		}
		padding += 254
	}
	return nil, fmt.Errorf("%w: padding has no end", ErrOpus)
}

// equalFrames cuts body into n frames of one length: code 1, and code 3 at constant bitrate.
func (p *OpusPacket) equalFrames(body []byte, n int) (int, error) {
	if len(body)%n != 0 {
		return 0, fmt.Errorf("%w: %d bytes for %d equal frames", ErrOpus, len(body), n) // [R3], [R6]
	}
	size := len(body) / n
	for i := range n {
		p.frames[i] = body[i*size : (i+1)*size]
	}
	return n, nil
}

// sizedFrames cuts body into n frames, of which all but the last have their lengths in front: code 2, and code 3 at variable bitrate.
func (p *OpusPacket) sizedFrames(body []byte, n int) (int, error) {
	var sizes [maxOpusFrames]int
	for i := range n - 1 {
		size, used := frameLength(body)
		if used == 0 {
			return 0, fmt.Errorf("%w: no length of frame %d", ErrOpus, i) // [R4], [R7]
		}
		sizes[i], body = size, body[used:]
	}
	for i := range n - 1 {
		if sizes[i] > len(body) {
			return 0, fmt.Errorf("%w: frame %d of %d bytes", ErrOpus, i, sizes[i])
		}
		p.frames[i], body = body[:sizes[i]], body[sizes[i]:]
	}
	p.frames[n-1] = body
	return n, nil
}

// frameLength reads a length of one or two bytes (RFC 6716 §3.2.1); used is 0 when it is cut short.
func frameLength(b []byte) (size, used int) {
	switch {
	case len(b) == 0:
		return 0, 0
	case b[0] < 252:
		return int(b[0]), 1
	case len(b) == 1:
		return 0, 0
	default:
		return int(b[1])*4 + int(b[0]), 2
	}
}

// Cut tells into how many packets of d each this one can be cut, and how many frames each of them gets. Frames cannot be cut: where
// they are as long as d, or longer, each makes a packet. A packet that sounds no longer than d stays one.
func (p *OpusPacket) Cut(d time.Duration) (packets, frames int) {
	frames = max(1, int(d/p.toc.FrameDuration()))
	return (p.n + frames - 1) / frames, frames
}

// AppendFrames appends to dst a packet of at most count frames from the given first one, without padding, and returns it. It does not allocate if dst
// has room for the whole packet parsed.
func (p *OpusPacket) AppendFrames(dst []byte, first, count int) []byte {
	frames := p.frames[first:min(first+count, p.n)]
	equal := true
	for _, f := range frames {
		equal = equal && len(f) == len(frames[0])
	}
	switch {
	case len(frames) == 1:
		dst = append(dst, p.toc.with(0))
	case len(frames) == 2 && equal:
		dst = append(dst, p.toc.with(1))
	case len(frames) == 2:
		dst = appendLength(append(dst, p.toc.with(2)), len(frames[0]))
	case equal:
		dst = append(dst, p.toc.with(3), byte(len(frames)))
	default:
		dst = append(dst, p.toc.with(3), 0x80|byte(len(frames)))
		for _, f := range frames[:len(frames)-1] {
			dst = appendLength(dst, len(f))
		}
	}
	for _, f := range frames {
		dst = append(dst, f...)
	}
	return dst
}

func appendLength(dst []byte, n int) []byte {
	if n < 252 {
		return append(dst, byte(n))
	}
	low := 252 + n&3
	return append(dst, byte(low), byte((n-low)/4))
}
