package sip

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/rtp"
)

var (
	errDialling = errors.New("sip: a digit is being sent")
	errPacket   = errors.New("sip: packet without sound, or too large")
	errRepeated = errors.New("sip: packet comes twice, or much too late")
)

// outgoing is the sending side of a sound.
type outgoing struct {
	turn chan struct{} // held by who sends digits
	up   time.Time     // when the last of them was over; of who holds the turn

	mu        sync.Mutex
	buf       [maxRTP]byte
	sealed    [maxRTP + sealing]byte
	ssrc      uint32
	shift     uint16 // added to the caller's sequence numbers: digits come in between, audio during digits is left out
	next      uint16 // sequence number that would go on unbroken
	used      window // numbers: with the same one twice a key would be lost (RFC 7714 §8.1)
	timestamp uint32 // of the last audio packet
	at        time.Time
	repeated  int // packets in a row that were not sent because of their numbers
	dialling  bool
	sent      uint64
	octets    uint32
	dropped   uint64
	went      moments
}

func (o *outgoing) init(now time.Time) {
	o.turn = make(chan struct{}, 1)
	o.ssrc, o.next, o.timestamp, o.at = rand.Uint32(), uint16(rand.Uint32()), rand.Uint32(), now
}

// clock is the RTP time of an instant. The lock is held.
func (o *outgoing) clock(now time.Time, rate int) uint32 {
	return o.timestamp + uint32(now.Sub(o.at)*time.Duration(rate)/time.Second)
}

func (o *outgoing) count(st *Stats) {
	o.mu.Lock()
	defer o.mu.Unlock()
	st.Sent, st.Dropped, st.FirstSent, st.LastSent = o.sent, o.dropped, o.went.first, o.went.last
}

// write sends the caller's packet with our SSRC and the agreed payload type.
func (s *sound) write(p *rtp.Packet) error {
	o := &s.out
	o.mu.Lock()
	defer o.mu.Unlock()
	to, pt, err := s.sendable(p)
	if err == nil {
		o.timestamp, o.at = p.Timestamp, time.Now()
		err = s.send(o.at, to, pt, p.Marker || o.sent == 0, o.number(p.SequenceNumber), p.Timestamp, p.Payload)
	}
	if err != nil {
		o.dropped++
	}
	return err
}

// number is the sequence number that goes out for the caller's. Where the caller begins anew ours go on. The lock is held.
func (o *outgoing) number(seq uint16) uint16 {
	if ahead := int16(seq + o.shift - o.next); o.sent == 0 {
		o.next = seq + o.shift
	} else if ahead > restartGap || ahead <= -64 || o.repeated >= 3 {
		o.shift = o.next - seq
	}
	return seq + o.shift
}

// sendable says where the packet goes and as what. The lock is held.
func (s *sound) sendable(p *rtp.Packet) (to netip.AddrPort, pt uint8, err error) {
	t, f, dst := s.agreed.Load(), s.format.Load(), s.to.Load()
	switch {
	case t == nil || f == nil || dst == nil:
		return to, 0, ErrNoMedia
	case !t.Direction.Sends():
		return to, 0, ErrHeld
	case len(p.Payload) == 0 || len(p.Payload) > maxRTP-12:
		return to, 0, errPacket
	case s.out.dialling:
		s.out.shift-- // the far end shall not take it for lost
		return to, 0, errDialling
	}
	return *dst, f.PayloadType, nil
}

// send writes one packet. The lock is held.
func (s *sound) send(now time.Time, to netip.AddrPort, pt uint8, marker bool, seq uint16, timestamp uint32, payload []byte) error {
	o := &s.out
	o.buf[0], o.buf[1] = 2<<6, pt
	if marker {
		o.buf[1] |= 1 << 7
	}
	binary.BigEndian.PutUint16(o.buf[2:], seq)
	binary.BigEndian.PutUint32(o.buf[4:], timestamp)
	binary.BigEndian.PutUint32(o.buf[8:], o.ssrc)
	packet := o.buf[:12+copy(o.buf[12:], payload)]
	switch {
	case s.closed.Load(): // the port may be that of others too
		return ErrEnded
	case !o.used.mark(seq):
		o.repeated++
		return errRepeated
	}
	o.repeated = 0
	packet, err := s.agreed.Load().out.seal(o.sealed[:0], packet)
	if err == nil {
		err = s.port.rtp.Send(packet, nil, to)
	}
	if err != nil {
		return fmt.Errorf("send rtp: %w", err)
	}
	if int16(seq+1-o.next) > 0 {
		o.next = seq + 1
	}
	o.sent++
	o.octets += uint32(len(payload))
	o.went.note(now, false)
	return nil
}
