package sip

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
)

// maxRTP is the largest packet taken or sent: what an Ethernet frame holds.
const maxRTP = 1500

// sound is the RTP of one dialog: its sockets, what comes in, what goes out. run owns the receiving side; write and press share the
// sending side under a lock.
type sound struct {
	rtp, rtcp *net.UDPConn
	emit      func(Event) // digits and changes of format
	began     time.Time
	every     time.Duration // between reports
	name      string        // ours in reports

	agreed   atomic.Pointer[terms]               // nil: nothing yet
	format   atomic.Pointer[Format]              // of agreed, or of what the far end has switched to
	to       atomic.Pointer[netip.AddrPort]      // where our packets go; nil: nowhere yet
	receive  atomic.Pointer[func(p *rtp.Packet)] // nil: discard
	peer     atomic.Pointer[control]             // what RTCP told; nil: the far end does not speak it
	strange  atomic.Uint64                       // packets of others
	reported atomic.Bool                         // somebody had a report of ours
	signs    atomic.Uint64                       // packets of the far end, of any kind
	heard    atomic.Uint64                       // audio packets given on
	in       incoming                            // of the reader alone
	mu       sync.Mutex                          // guards got and came
	got      reception
	came     moments
	out      outgoing
}

// incoming is the reader's own state.
type incoming struct {
	packet   rtp.Packet
	seen     *terms
	latch    latch
	keypad   keypad
	switched time.Time
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

// newSound opens the sockets at ip, which may be unspecified. every is the mean time between reports.
func newSound(ip netip.Addr, ports PortRange, every time.Duration, emit func(Event)) (*sound, error) {
	conn, rtcp, err := listenPair(ip, ports)
	if err != nil {
		return nil, fmt.Errorf("open rtp socket: %w", err)
	}
	s := &sound{rtp: conn, rtcp: rtcp, emit: emit, began: time.Now(), every: every, name: rand.Text()}
	s.out.init(s.began)
	return s, nil
}

func (s *sound) port() uint16 { return localAddr(s.rtp).Port() }

func localAddr(c *net.UDPConn) netip.AddrPort {
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}

// close ends run and everything that is being sent.
func (s *sound) close() error {
	s.takeLeave(time.Now())
	return errors.Join(s.rtp.Close(), s.rtcp.Close())
}

// agree puts terms in force, and tells whether they changed the format.
func (s *sound) agree(t terms) (changed bool) {
	before := s.format.Swap(&t.format) // first: whoever finds terms finds a format
	old := s.agreed.Swap(&t)
	if t.addr.IsValid() && (old == nil || old.addr != t.addr) {
		s.to.Store(&t.addr)
	}
	return before != nil && *before != t.format
}

// run receives until close.
func (s *sound) run() {
	var wg sync.WaitGroup
	wg.Go(s.runControl)
	defer wg.Wait()
	buf := make([]byte, maxRTP)
	for {
		n, from, err := s.rtp.ReadFromUDPAddrPort(buf)
		now := time.Now()
		switch {
		case err == nil:
			s.arrived(buf[:n], from, now)
		case errors.Is(err, net.ErrClosed):
			return
		case errors.Is(err, os.ErrDeadlineExceeded):
			s.quiet(now)
		}
	}
}

// arrived takes one datagram.
func (s *sound) arrived(b []byte, from netip.AddrPort, now time.Time) {
	t := s.agreed.Load()
	if t == nil || len(b) < 12 {
		return
	}
	if t != s.in.seen {
		s.in.seen = t
		s.in.latch.retarget(t.addr, now)
	}
	if t.mux && b[1] >= 192 && b[1] <= 223 { // RFC 5761 §4
		s.control(b, from, now)
		return
	}
	p := &s.in.packet
	if !readRTP(p, b) {
		return
	}
	if event, ok := find(t.events, p.PayloadType); ok {
		if s.admit(p, from, 0, now) {
			s.key(p, event.clock, now)
		}
		return
	}
	if audio, ok := find(t.payloads, p.PayloadType); ok {
		if s.admit(p, from, audio.clock, now) {
			s.deliver(t, audio, now)
		}
		return
	}
	if p.PayloadType == comfortNoise {
		s.admit(p, from, 0, now)
	}
}

func find(payloads []payload, pt uint8) (payload, bool) {
	for _, p := range payloads {
		if p.pt == pt {
			return p, true
		}
	}
	return payload{}, false
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
	s.got.arrive(p.SSRC, p.SequenceNumber, p.Timestamp, now.Sub(s.began), clock)
	s.came.note(now, p.PayloadType == comfortNoise)
	s.mu.Unlock()
	return true
}

// deliver hands an audio packet on, unless we hold the far end.
func (s *sound) deliver(t *terms, audio payload, now time.Time) {
	if !t.direction.receives() || len(s.in.packet.Payload) == 0 {
		return
	}
	if audio.pt != s.format.Load().PayloadType && !s.follow(t, audio, now) {
		return
	}
	s.heard.Add(1)
	if f := s.receive.Load(); f != nil {
		(*f)(&s.in.packet)
	}
}

// follow switches to another codec of the answer when the far end sends it, at most once a second.
func (s *sound) follow(t *terms, audio payload, now time.Time) bool {
	if now.Sub(s.in.switched) < time.Second {
		return false
	}
	s.in.switched = now
	f := t.format
	f.Codec, f.ClockRate, f.Channels, f.PayloadType = audio.codec, audio.clock, specs[audio.codec].channels, audio.pt
	s.format.Store(&f)
	s.emit(FormatChanged{})
	return true
}

// key takes a telephone-event. While a key is down, read deadlines see to it that it comes up.
func (s *sound) key(p *rtp.Packet, clock int, now time.Time) {
	if digit, up := s.in.keypad.hear(p.Payload, p.Marker, p.Timestamp, clock, s.format.Load().ClockRate, now); up {
		s.emit(digit)
	}
	s.watchKey(now)
}

func (s *sound) quiet(now time.Time) {
	if digit, up := s.in.keypad.expire(now); up {
		s.emit(digit)
	}
	s.watchKey(now)
}

func (s *sound) watchKey(now time.Time) {
	deadline := time.Time{}
	if s.in.keypad.down {
		deadline = now.Add(keyTimeout)
	}
	if err := s.rtp.SetReadDeadline(deadline); err != nil {
		return // closed: the reader sees it too
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
