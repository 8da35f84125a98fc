package sip

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/pion/rtp"
)

const (
	keyUpdate = 20 * time.Millisecond // between the packets of one key, as FreeSWITCH does
	keyPause  = 60 * time.Millisecond // between two keys
	maxKey    = 8 * time.Second       // 16 bits of a 8 kHz clock; longer keys are cut
	keyVolume = 13                    // -dBm0, as FreeSWITCH says
)

var (
	errDialling = errors.New("sip: a digit is being sent")
	errPacket   = errors.New("sip: packet without sound, or too large")
)

// outgoing is the sending side of a sound.
type outgoing struct {
	turn chan struct{} // held by who sends digits

	mu        sync.Mutex
	buf       [maxRTP]byte
	ssrc      uint32
	shift     uint16 // added to the caller's sequence numbers: digits come in between, audio during digits is left out
	next      uint16 // sequence number that would go on unbroken
	timestamp uint32 // of the last audio packet
	at        time.Time
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
		o.next = p.SequenceNumber + o.shift
		o.timestamp, o.at = p.Timestamp, time.Now()
		err = s.send(o.at, to, pt, p.Marker || o.sent == 0, p.Timestamp, p.Payload)
	}
	if err != nil {
		o.dropped++
	}
	return err
}

// sendable says where the packet goes and as what. The lock is held.
func (s *sound) sendable(p *rtp.Packet) (to netip.AddrPort, pt uint8, err error) {
	t, f, dst := s.agreed.Load(), s.format.Load(), s.to.Load()
	switch {
	case t == nil || f == nil || dst == nil:
		return to, 0, ErrNoMedia
	case !t.direction.sends():
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
func (s *sound) send(now time.Time, to netip.AddrPort, pt uint8, marker bool, timestamp uint32, payload []byte) error {
	o := &s.out
	o.buf[0], o.buf[1] = 2<<6, pt
	if marker {
		o.buf[1] |= 1 << 7
	}
	binary.BigEndian.PutUint16(o.buf[2:], o.next)
	binary.BigEndian.PutUint32(o.buf[4:], timestamp)
	binary.BigEndian.PutUint32(o.buf[8:], o.ssrc)
	n := 12 + copy(o.buf[12:], payload)
	if _, err := s.rtp.WriteToUDPAddrPort(o.buf[:n], to); err != nil {
		return fmt.Errorf("send rtp: %w", err)
	}
	o.next++
	o.sent++
	o.octets += uint32(len(payload))
	o.went.note(now, false)
	return nil
}

// dial sends digits one after another (RFC 4733 §2.5.1).
func (s *sound) dial(ctx context.Context, digits string, each time.Duration, ended <-chan struct{}) error {
	for _, key := range digits {
		if key > 'D' || !strings.ContainsRune(keys, key) {
			return fmt.Errorf("digit %q: want 0-9 A-D * #", key)
		}
	}
	select {
	case s.out.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.out.turn }()
	for i, key := range digits {
		if i > 0 {
			if err := wait(ctx, keyPause, ended); err != nil {
				return err
			}
		}
		if err := s.press(ctx, byte(strings.IndexRune(keys, key)), each, ended); err != nil {
			return fmt.Errorf("send digit %q: %w", key, err)
		}
	}
	return nil
}

// press sends one key: updates that say how long it has been down, and three that say it is up.
func (s *sound) press(ctx context.Context, event byte, each time.Duration, ended <-chan struct{}) error {
	each = min(max(each, 2*keyUpdate), maxKey)
	start, clock, err := s.keyDown()
	if err != nil {
		return err
	}
	defer s.keyUp()
	for d := keyUpdate; d < each; d += keyUpdate {
		if err := s.sendKey(event, start, ticks(d, clock), d == keyUpdate, false); err != nil {
			return err
		}
		if err := wait(ctx, keyUpdate, ended); err != nil {
			return err
		}
	}
	for range 3 {
		if err := s.sendKey(event, start, ticks(each, clock), false, true); err != nil {
			return err
		}
	}
	return nil
}

// ticks is a key's duration in its 16 bits.
func ticks(d time.Duration, clock int) uint16 {
	return uint16(min(d*time.Duration(clock)/time.Second, 1<<16-1))
}

// keyDown stops the audio and says when in RTP time the key goes down. Its clock is the codec's, since it shares the codec's
// timestamps; FreeSWITCH does the same whatever the telephone-event's rate.
func (s *sound) keyDown() (start uint32, clock int, err error) {
	t, f := s.agreed.Load(), s.format.Load()
	switch {
	case t == nil || f == nil || s.to.Load() == nil:
		return 0, 0, ErrNoMedia
	case f.DTMFPayloadType == 0:
		return 0, 0, ErrNoDTMF
	case !t.direction.sends():
		return 0, 0, ErrHeld
	}
	o := &s.out
	o.mu.Lock()
	defer o.mu.Unlock()
	o.dialling = true
	return o.clock(time.Now(), f.ClockRate), f.ClockRate, nil
}

func (s *sound) keyUp() {
	s.out.mu.Lock()
	s.out.dialling = false
	s.out.mu.Unlock()
}

func (s *sound) sendKey(event byte, start uint32, duration uint16, first, end bool) error {
	to, f := s.to.Load(), s.format.Load()
	payload := [4]byte{event, keyVolume}
	if end {
		payload[1] |= 0x80
	}
	binary.BigEndian.PutUint16(payload[2:], duration)
	o := &s.out
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := s.send(time.Now(), *to, f.DTMFPayloadType, first, start, payload[:]); err != nil {
		return err
	}
	o.shift++
	return nil
}

// wait is a pause that ctx or the end of the call cuts short.
func wait(ctx context.Context, d time.Duration, ended <-chan struct{}) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ended:
		return ErrEnded
	case <-ctx.Done():
		return ctx.Err()
	}
}
