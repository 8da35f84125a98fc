package sip

import (
	"crypto/rand"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/sip/sdp"
)

// maxRTP is the largest packet taken or sent: what an Ethernet frame holds.
const maxRTP = 1500

// terms are what was agreed on, and what its keys are used with.
type terms struct {
	sdp.Terms
	in, out *crypt
	since   time.Time // in force
}

// sound is the RTP of one dialog: what comes in, what goes out. The readers of its port own the receiving side; write and press share the
// sending side under a lock.
type sound struct {
	port    *port
	signals netip.Addr       // where the far end signals from
	emit    func(Event)      // digits and changes of format
	broke   func(reason any) // whoever hears the sound has panicked
	began   time.Time
	name    string // ours in reports

	agreed   atomic.Pointer[terms]               // nil: nothing yet
	format   atomic.Pointer[sdp.Format]          // of agreed, or of what the far end has switched to
	to       atomic.Pointer[netip.AddrPort]      // where our packets go; nil: nowhere yet
	receive  atomic.Pointer[func(p *rtp.Packet)] // nil: discard
	peer     atomic.Pointer[control]             // what RTCP told; nil: the far end does not speak it
	strange  atomic.Uint64                       // packets of others
	reported atomic.Bool                         // somebody had a report of ours
	closed   atomic.Bool
	signs    atomic.Uint64 // packets of the far end, of any kind
	heard    atomic.Uint64 // audio packets given on
	in       incoming      // of the reader alone
	keys     pressing
	mu       sync.Mutex // guards got and came
	got      reception
	came     moments
	out      outgoing
}

// incoming is the reader's own state.
type incoming struct {
	packet   rtp.Packet
	seen     *terms
	latch    latch
	switched time.Time
}

// pressing is what the far end presses.
type pressing struct {
	mu     sync.Mutex
	keypad keypad
	quiet  *time.Timer   // runs while a key is down
	within time.Duration // a packet tells that it still is
}

// moments are when packets of one direction passed.
type moments struct {
	first, last time.Time
	resting     bool // the last one was comfort noise
}

func (m *moments) note(now time.Time, resting bool) {
	if m.first.IsZero() {
		m.first = now
	}
	m.last, m.resting = now, resting
}

// newSound makes the sound of a dialog that is heard at a port, which may be its own, and whose far end signals from that address. It
// starts nothing.
func newSound(p *port, signals netip.Addr, emit func(Event), broke func(reason any)) *sound {
	s := &sound{port: p, signals: signals, emit: emit, broke: broke, began: time.Now(), name: rand.Text()}
	s.keys.within = keyTimeout
	s.keys.quiet = time.NewTimer(keyTimeout)
	s.keys.quiet.Stop()
	s.out.init(s.began)
	p.join(s)
	return s
}

// close ends everything that comes and goes. It does not wait for a packet that is being handed on.
func (s *sound) close() error {
	s.takeLeave(time.Now())
	s.closed.Store(true)
	return s.port.leave(s)
}

// agree puts terms in force, and tells whether they changed the format.
func (s *sound) agree(t terms) (changed bool) {
	t.since = time.Now()
	before := s.format.Swap(&t.Format) // first: whoever finds terms finds a format
	old := s.agreed.Swap(&t)
	if t.Addr.IsValid() && (old == nil || old.Addr != t.Addr) {
		s.to.Store(&t.Addr)
	}
	s.port.announce(s, &t)
	return before != nil && *before != t.Format
}

// take takes one datagram of the RTP port. What panics over it ends this call and no other.
func (s *sound) take(b []byte, from netip.AddrPort, now time.Time) {
	defer s.survive()
	s.arrived(b, from, now)
}

func (s *sound) takeControl(b []byte, from netip.AddrPort, now time.Time) {
	defer s.survive()
	s.control(b, from, now)
}

func (s *sound) survive() {
	if reason := recover(); reason != nil {
		s.receive.Store(nil)
		s.broke(reason)
	}
}

// lives tells whether the far end has announced that address, or signals from there.
func (s *sound) lives(at netip.Addr) bool {
	t := s.agreed.Load()
	return at == s.signals || t != nil && at == t.Addr.Addr()
}

// silent tells whether nothing was heard for a while. Only the port's reader asks.
func (s *sound) silent(now time.Time) bool {
	l := &s.in.latch
	return !l.source.IsValid() || now.Sub(l.heard) > latchSilence
}

// arrived takes one datagram.
func (s *sound) arrived(b []byte, from netip.AddrPort, now time.Time) {
	t := s.agreed.Load()
	if t == nil {
		return
	}
	if t != s.in.seen {
		s.in.seen = t
		s.in.latch.retarget(t.Addr, t.since)
	}
	if t.Mux && b[1] >= 192 && b[1] <= 223 { // RFC 5761 §4
		s.control(b, from, now)
		return
	}
	p := &s.in.packet
	if !s.open(t.in, p, b) {
		s.strange.Add(1)
		return
	}
	if event, ok := find(t.Events, p.PayloadType); ok {
		if s.admit(p, from, 0, now) {
			s.key(p, event.Clock, now)
		}
		return
	}
	if audio, ok := find(t.Payloads, p.PayloadType); ok {
		if s.admit(p, from, audio.Clock, now) {
			s.deliver(t, audio, now)
		}
		return
	}
	if p.PayloadType == comfortNoise {
		s.admit(p, from, 0, now)
		return
	}
	s.strange.Add(1)
}

// open reads a packet that is true, if truth is asked for.
func (s *sound) open(c *crypt, p *rtp.Packet, b []byte) (ok bool) {
	if len(b) < rtpHeader {
		return false
	}
	b, err := c.open(b)
	return err == nil && readRTP(p, b)
}

func find(payloads []sdp.Payload, pt uint8) (sdp.Payload, bool) {
	for _, p := range payloads {
		if p.Type == pt {
			return p, true
		}
	}
	return sdp.Payload{}, false
}

// comfortNoise is the payload type of RFC 3389. It is never agreed on, but some telephones send it when nobody speaks.
const comfortNoise = 13

// admit tells whether the packet is the far end's, and counts it.
func (s *sound) admit(p *rtp.Packet, from netip.AddrPort, clock int, now time.Time) bool {
	ok, moved := s.in.latch.admit(from, p.SSRC, p.SequenceNumber, now)
	if moved {
		source := from // so that only a move allocates
		s.to.Store(&source)
	}
	if !ok {
		s.strange.Add(1)
		return false
	}
	s.signs.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.got.arrive(p.SSRC, p.SequenceNumber, p.Timestamp, now.Sub(s.began), clock) {
		s.strange.Add(1)
		return false
	}
	s.came.note(now, p.PayloadType == comfortNoise)
	return true
}

// deliver hands an audio packet on, unless we hold the far end.
func (s *sound) deliver(t *terms, audio sdp.Payload, now time.Time) {
	if !t.Direction.Receives() || len(s.in.packet.Payload) == 0 {
		return
	}
	if audio.Type != s.format.Load().PayloadType && !s.follow(t, audio, now) {
		return
	}
	s.heard.Add(1)
	if f := s.receive.Load(); f != nil {
		(*f)(&s.in.packet)
	}
}

// follow switches to another codec of the answer when the far end sends it, at most once a second.
func (s *sound) follow(t *terms, audio sdp.Payload, now time.Time) bool {
	if now.Sub(s.in.switched) < time.Second {
		return false
	}
	s.in.switched = now
	f := t.Format
	f.Codec, f.ClockRate, f.Channels, f.PayloadType = audio.Codec, audio.Clock, audio.Codec.Channels(), audio.Type
	s.format.Store(&f)
	s.emit(FormatChanged{})
	return true
}

// key takes a telephone-event.
func (s *sound) key(p *rtp.Packet, clock int, now time.Time) {
	s.keys.mu.Lock()
	digit, up := s.keys.keypad.hear(p.Payload, p.Marker, p.Timestamp, clock, s.format.Load().ClockRate, now)
	s.keys.watch()
	s.keys.mu.Unlock()
	if up {
		s.emit(digit)
	}
}

// quiet sees to it that a key comes up whose last packets were lost: when the timer of keys has run out.
func (s *sound) quiet(now time.Time) {
	s.keys.mu.Lock()
	digit, up := s.keys.keypad.expire(now, s.keys.within)
	s.keys.watch()
	s.keys.mu.Unlock()
	if up {
		s.emit(digit)
	}
}

func (k *pressing) watch() {
	if k.keypad.down {
		k.quiet.Reset(k.within)
	} else {
		k.quiet.Stop()
	}
}

func (s *sound) stats() Stats {
	st := Stats{Received: s.heard.Load(), Strange: s.strange.Load()}
	s.mu.Lock()
	st.Lost, st.Jitter = s.got.lost(), time.Duration(s.got.jitter)
	st.FirstReceived, st.LastReceived, st.Resting = s.came.first, s.came.last, s.came.resting
	s.mu.Unlock()
	s.out.count(&st)
	if c := s.peer.Load(); c != nil {
		st.RTT, st.ReportedLost, st.ReportedJitter = c.rtt, c.settled+c.lost, c.jitter
	}
	return st
}
