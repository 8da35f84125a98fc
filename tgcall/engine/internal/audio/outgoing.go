package audio

import (
	"crypto/rand"
	"encoding/binary"
	"io"
	"sync"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

const (
	// maxPacket is what fits a path of 1280 bytes, the least IPv6 promises, with room for UDP and a relay's header.
	maxPacket = 1200
	// maxPayload leaves room for header, extensions and authentication.
	maxPayload = maxPacket - 24 - 16

	oneByteExtensions = 0xBEDE // RFC 8285 §4.2
)

// outgoing is our half of a stream.
type outgoing struct {
	mu     sync.Mutex
	ssrc   uint32
	name   string // CNAME
	format Format
	keys   *srtp.Context
	to     io.Writer
	muted  bool

	numbers sequence
	tcc     uint16 // transport-wide sequence number of the next packet
	buf     [maxPacket]byte
	header  rtp.Header // scratch for the encryption

	sent, dropped   uint64
	packets, octets uint32 // for sender reports
	lastTimestamp   uint32
	firstSent       instant
	lastSent        instant
	lastReport      instant
	roundTrip       time.Duration
	reportedLost    uint64        // by the peer
	reportedJitter  time.Duration // likewise
}

func (o *outgoing) init(ssrc uint32) { o.ssrc, o.name = ssrc, rand.Text() }

func (o *outgoing) arm(keys *srtp.Context, to io.Writer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.keys, o.to = keys, to
}

func (o *outgoing) agree(f Format) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.format = f
}

func (o *outgoing) mute(on bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.muted = on
	if on {
		o.numbers.restart()
	}
}

func (o *outgoing) write(p *rtp.Packet, now instant) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	err := o.send(p, now)
	if err != nil {
		o.dropped++
	}
	return err
}

func (o *outgoing) send(p *rtp.Packet, now instant) error {
	switch {
	case o.keys == nil || o.format.SSRC == 0 || len(o.format.PayloadTypes) == 0:
		return ErrNotReady
	case o.muted:
		return ErrMuted
	case len(p.Payload) > maxPayload:
		return ErrTooLong
	}
	number, spurt, ok := o.numbers.next(p.SequenceNumber)
	if !ok {
		return ErrRepeated
	}
	plain := o.appendHeader(o.buf[:0], p, number, spurt, now)
	plain = append(plain, p.Payload...)
	packet, err := o.keys.EncryptRTP(o.buf[:0], plain, &o.header)
	if err != nil {
		return err
	}
	if _, err := o.to.Write(packet); err != nil {
		return err
	}
	o.count(p, now)
	return nil
}

// appendHeader writes the RTP header with the extensions that were agreed. A packet after silence has the marker set.
func (o *outgoing) appendHeader(b []byte, p *rtp.Packet, number uint16, spurt bool, now instant) []byte {
	first, second := byte(2<<6), o.format.PayloadTypes[0]
	if o.format.AbsSendTime != 0 || o.format.TransportCC != 0 {
		first |= 1 << 4
	}
	if p.Marker || spurt {
		second |= 1 << 7
	}
	b = append(b, first, second)
	b = binary.BigEndian.AppendUint16(b, number)
	b = binary.BigEndian.AppendUint32(b, p.Timestamp)
	b = binary.BigEndian.AppendUint32(b, o.ssrc)
	if first&(1<<4) != 0 {
		b = o.appendExtensions(b, now)
	}
	return b
}

func (o *outgoing) appendExtensions(b []byte, now instant) []byte {
	b = binary.BigEndian.AppendUint16(b, oneByteExtensions)
	b = append(b, 0, 0) // length in words, set below
	start := len(b)
	if id := o.format.AbsSendTime; id != 0 {
		v := absSendTime(now)
		b = append(b, id<<4|2, byte(v>>16), byte(v>>8), byte(v))
	}
	if id := o.format.TransportCC; id != 0 {
		b = append(b, id<<4|1, byte(o.tcc>>8), byte(o.tcc))
		o.tcc++
	}
	for (len(b)-start)%4 != 0 {
		b = append(b, 0)
	}
	b[start-1] = byte((len(b) - start) / 4)
	return b
}

// absSendTime is seconds in 24 bits, 18 of them the fraction (webrtc.org/experiments/rtp-hdrext/abs-send-time).
func absSendTime(now instant) uint32 {
	return uint32(uint64(now)<<18/uint64(time.Second)) & 0xffffff
}

func (o *outgoing) count(p *rtp.Packet, now instant) {
	if o.sent == 0 {
		o.firstSent = now
	}
	o.sent++
	o.packets++
	o.octets += uint32(len(p.Payload))
	o.lastTimestamp, o.lastSent = p.Timestamp, now
}

func (o *outgoing) stats(s *Stats, c clock) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s.Sent, s.Dropped, s.RTT = o.sent, o.dropped, o.roundTrip
	s.ReportedLost, s.ReportedJitter = o.reportedLost, o.reportedJitter
	if o.sent > 0 {
		s.LastSent = c.time(o.lastSent)
	}
}

// first is when the first packet was sent; zero: not yet.
func (o *outgoing) first(c clock) time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sent == 0 {
		return time.Time{}
	}
	return c.time(o.firstSent)
}
