package sound

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Limits of the files we read.
const (
	maxOgg       = 64 << 20 // bytes: four hours of speech
	maxOggPacket = 64 << 10
)

// ErrOgg is in every error about a file that is no Ogg/Opus file that we can play.
var ErrOgg = errors.New("want an Ogg/Opus file, mono or stereo")

// An oggPage is one page of an Ogg file (RFC 3533 §6).
type oggPage struct {
	flags   byte
	granule uint64 // position at the end of the page, in samples at 48 kHz
	serial  uint32
	lacing  []byte // lengths of the segments
	body    []byte
}

// The flags of a page.
const (
	oggContinued = 1
	oggFirst     = 2
	oggLast      = 4
)

const oggHeader = 27 // bytes before the lengths

// readOggPage reads the next page. io.EOF is the end of the file between pages.
func readOggPage(r io.Reader) (p oggPage, err error) {
	var head [oggHeader]byte
	if n, err := io.ReadFull(r, head[:]); err != nil {
		if n == 0 && errors.Is(err, io.EOF) {
			return p, io.EOF
		}
		return p, fmt.Errorf("%w: cut short", ErrOgg)
	}
	if string(head[:4]) != "OggS" || head[4] != 0 {
		return p, fmt.Errorf("%w: no Ogg page", ErrOgg)
	}
	p.flags, p.granule, p.serial = head[5], binary.LittleEndian.Uint64(head[6:]), binary.LittleEndian.Uint32(head[14:])
	p.lacing = make([]byte, head[26])
	if _, err := io.ReadFull(r, p.lacing); err != nil {
		return p, fmt.Errorf("%w: cut short", ErrOgg)
	}
	n := 0
	for _, l := range p.lacing {
		n += int(l)
	}
	p.body = make([]byte, n)
	if _, err := io.ReadFull(r, p.body); err != nil {
		return p, fmt.Errorf("%w: cut short", ErrOgg)
	}
	sum := binary.LittleEndian.Uint32(head[22:])
	clear(head[22:26])
	if oggSum(oggSum(oggSum(0, head[:]), p.lacing), p.body) != sum {
		return p, fmt.Errorf("%w: a page with a wrong checksum", ErrOgg)
	}
	return p, nil
}

// oggSum goes on with the checksum of RFC 3533 §6: CRC-32 by 0x04c11db7, not reflected, from 0.
func oggSum(sum uint32, b []byte) uint32 {
	for _, v := range b {
		sum ^= uint32(v) << 24
		for range 8 {
			if carry := sum >> 31; carry == 1 {
				sum = sum<<1 ^ 0x04c11db7
			} else {
				sum <<= 1
			}
		}
	}
	return sum
}

// readOgg reads the packets of the first stream of Opus in a file, the two headers included, and the last position. A file that breaks off, as
// one that is still being written, is read up to there.
func readOgg(r io.Reader) (packets [][]byte, end uint64, err error) {
	b := bufio.NewReader(io.LimitReader(r, maxOgg))
	var rest []byte // of a packet that goes on
	var serial uint32
	for {
		p, err := readOggPage(b)
		if err != nil && len(packets) > 2 {
			return packets, end, nil
		}
		if errors.Is(err, io.EOF) {
			return nil, 0, fmt.Errorf("%w: there is no Opus in it", ErrOgg)
		}
		if err != nil {
			return nil, 0, err
		}
		switch {
		case len(packets) == 0 && p.flags&oggFirst != 0 && bytes.HasPrefix(p.body, []byte("OpusHead")):
			serial = p.serial
		case len(packets) == 0 || p.serial != serial:
			continue
		}
		if p.flags&oggContinued == 0 {
			rest = nil
		}
		if packets, rest, err = p.appendPackets(packets, rest); err != nil {
			return nil, 0, err
		}
		if p.granule != 1<<64-1 {
			end = p.granule
		}
		if p.flags&oggLast != 0 {
			return packets, end, nil
		}
	}
}

// appendPackets takes a page apart; rest is what the page before left of a packet.
func (p *oggPage) appendPackets(packets [][]byte, rest []byte) ([][]byte, []byte, error) {
	body := p.body
	for _, l := range p.lacing {
		rest = append(rest, body[:l]...)
		body = body[l:]
		if len(rest) > maxOggPacket {
			return nil, nil, fmt.Errorf("%w: a packet of more than %d bytes", ErrOgg, maxOggPacket)
		}
		if l < 255 {
			packets, rest = append(packets, rest), nil
		}
	}
	return packets, rest, nil
}
