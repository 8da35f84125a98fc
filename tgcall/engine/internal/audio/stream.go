// Package audio is the sound of a Telegram call as RTP: it numbers, encrypts and sends our packets, decrypts and counts the
// peer's, and exchanges RTCP reports and transport-wide congestion feedback about both.
//
// The main type is Stream. Its methods may be called at once from any goroutine. A packet costs no allocation in either direction.
//
// It implements RFC 3550 (RTP, RTCP), RFC 3711 and RFC 7714 (SRTP), RFC 5761 (one port for both), RFC 8285 (header extensions) and
// draft-holmer-rmcat-transport-wide-cc-extensions-01.
package audio

import (
	"errors"
	"io"
	"sync"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

// ClockRate of Opus in RTP, Hz (RFC 7587 §4.1).
const ClockRate = 48000

// Why WriteRTP drops a packet.
var (
	ErrNotReady = errors.New("media is not ready")
	ErrMuted    = errors.New("muted")
	ErrTooLong  = errors.New("RTP payload is too long for one packet")
	ErrRepeated = errors.New("RTP sequence number was used before")
)

// Format is one direction of sound as agreed. The zero value is none.
type Format struct {
	SSRC         uint32
	PayloadTypes []uint8 // of Opus; we send the first
	AbsSendTime  uint8   // ids of the header extensions; 0: not used
	TransportCC  uint8
}

// Keys encrypt and decrypt; each is used by the Stream alone from then on.
type Keys struct{ Local, Remote *srtp.Context }

// Stats counts packets since the start.
type Stats struct {
	Received, Lost, Probes, Refused uint64
	Sent, Dropped                   uint64
	Jitter, RTT                     time.Duration
	ReportedLost                    uint64 // by the peer, of ours
	ReportedJitter                  time.Duration
	LastReceived, LastSent          time.Time
}

// Stream is the sound of one call in both directions. It exists before the connection does; until Arm it drops everything.
type Stream struct {
	clock clock
	turn  sync.Mutex // of who hands a packet to Input
	out   outgoing
	in    incoming
}

// New makes the stream of a call whose own audio has the given SSRC.
func New(ssrc uint32) *Stream {
	s := &Stream{clock: newClock(time.Now())}
	s.out.init(ssrc)
	s.in.init(ssrc)
	return s
}

// Arm gives the keys and the connection, which takes whole packets and is not closed.
func (s *Stream) Arm(k Keys, to io.Writer) {
	s.out.arm(k.Local, to)
	s.in.arm(k.Remote)
}

// Disarm drops everything again. When it returns, nobody is given a packet any more; whoever is given one must not call it.
func (s *Stream) Disarm() {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.out.arm(nil, nil)
	s.in.arm(nil)
}

// Send sets how our audio goes out from now on.
func (s *Stream) Send(f Format) { s.out.agree(f) }

// Expect sets which audio comes in from now on.
func (s *Stream) Expect(f Format) { s.in.expect(f) }

// Mute drops what WriteRTP is given, or no longer.
func (s *Stream) Mute(on bool) { s.out.mute(on) }

// OnRTP sets who receives the peer's audio packets; nil discards them. The packet is valid until the function returns.
func (s *Stream) OnRTP(f func(*rtp.Packet)) { s.in.handle(f) }

// WriteRTP sends a packet and leaves it unchanged.
func (s *Stream) WriteRTP(p *rtp.Packet) error { return s.out.write(p, s.clock.now()) }

// Input takes a packet as it came: SRTP or SRTCP, told apart by the payload type (RFC 5761 §4). The packet is overwritten. Of several
// goroutines each waits for its turn.
func (s *Stream) Input(packet []byte) {
	s.turn.Lock()
	defer s.turn.Unlock()
	if isRTCP(packet) {
		s.inputRTCP(packet)
		return
	}
	now := s.clock.now()
	if p := s.in.receive(packet, now); p != nil {
		s.in.deliver(p)
	}
	s.feedBack(now, feedbackInterval)
}

func isRTCP(p []byte) bool { return len(p) > 1 && p[1] >= 192 && p[1] <= 223 }

// Tick sends what is due although no packet comes in: reports, and feedback about the last packets. Call it several times a second.
func (s *Stream) Tick() {
	now := s.clock.now()
	s.feedBack(now, feedbackInterval)
	s.report(now)
}

// Stats are the counts since the start.
func (s *Stream) Stats() Stats {
	var st Stats
	s.in.stats(&st, s.clock)
	s.out.stats(&st, s.clock)
	return st
}

// First tells when the first packet went out and the first one of the peer came in; zero: not yet.
func (s *Stream) First() (sent, received time.Time) { return s.out.first(s.clock), s.in.first(s.clock) }
