package sip

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/pion/rtcp"

	"switchgram/bridge/sip/sdp"
)

// RTCP (RFC 3550 §6): both sides tell each other what they sent and what came of it. FreeSWITCH does if its rtcp_audio_interval_msec
// is set; a far end that has no ear for it costs a packet every few seconds.

const (
	// reportEvery is the least time between reports (RFC 3550 §6.2): two members never need more.
	reportEvery = 5 * time.Second

	// reportBalance makes up for what the random intervals do to the mean (RFC 3550 §6.3.1).
	reportBalance = 1.21828

	// ntpEpoch is 1970 in seconds of NTP, which counts from 1900.
	ntpEpoch = 2208988800

	// longestTrip is the longest round trip that is believed.
	longestTrip = 10 * time.Second
)

// control is what the far end's RTCP said.
type control struct {
	from netip.AddrPort // where it came from
	home netip.AddrPort // where its RTP was signalled to be then
	sr   uint32         // middle of the last sender report's NTP time
	at   time.Time

	reporter uint32 // who told what follows of our packets
	rtt      time.Duration
	lost     uint64
	settled  uint64 // lost, as those said that told before
	jitter   time.Duration
}

// reportPause is random, so that the reports of many calls do not come at once (RFC 3550 §6.3.1).
func reportPause(mean time.Duration) time.Duration {
	return time.Duration((0.5 + rand.Float64()) * float64(mean) / reportBalance)
}

// control takes an RTCP datagram if it comes from where the far end's RTP does, or should.
func (s *sound) control(b []byte, from netip.AddrPort, now time.Time) {
	t, to, f := s.agreed.Load(), s.to.Load(), s.format.Load()
	if t == nil || f == nil {
		return
	}
	if from.Addr() != t.Addr.Addr() && from.Addr() != t.RTCP.Addr() && (to == nil || from.Addr() != to.Addr()) {
		s.strange.Add(1)
		return
	}
	b, err := t.in.openControl(b)
	if err != nil {
		s.strange.Add(1)
		return
	}
	packets, err := rtcp.Unmarshal(b)
	if err != nil {
		return
	}
	c := control{}
	if old := s.peer.Load(); old != nil {
		c = *old
	}
	c.from, c.home = from, t.Addr
	s.signs.Add(1)
	for _, p := range packets {
		switch p := p.(type) {
		case *rtcp.SenderReport:
			c.sr, c.at = uint32(p.NTPTime>>16), now
			c.read(p.SSRC, p.Reports, s.out.ssrc, f.ClockRate, now)
		case *rtcp.ReceiverReport:
			c.read(p.SSRC, p.Reports, s.out.ssrc, f.ClockRate, now)
		}
	}
	s.peer.Store(&c)
}

// read takes what a report says about us (RFC 3550 §6.4.1).
func (c *control) read(reporter uint32, reports []rtcp.ReceptionReport, ssrc uint32, clock int, now time.Time) {
	for _, r := range reports {
		if r.SSRC != ssrc {
			continue
		}
		if reporter != c.reporter { // somebody else listens now, to whom nothing was lost yet
			c.settled, c.lost, c.reporter = c.settled+c.lost, 0, reporter
		}
		if r.TotalLost < 1<<23 { // a negative number of 24 bits: packets came twice
			c.lost = uint64(r.TotalLost)
		}
		c.jitter = time.Duration(r.Jitter) * time.Second / time.Duration(clock)
		if r.LastSenderReport != 0 {
			c.measure(int32(uint32(ntp(now)>>16) - r.LastSenderReport - r.Delay))
		}
	}
}

// measure takes a round trip in 1/65536 s; one that is too short for the clock counts as one of them.
func (c *control) measure(trip int32) {
	if d := time.Duration(max(1, trip)) * time.Second >> 16; d < longestTrip {
		c.rtt = d
	}
}

// ntp is the time as 32.32 bits since 1900.
func ntp(t time.Time) uint64 {
	return uint64(t.Unix()+ntpEpoch)<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}

// report tells the far end what we sent and heard.
func (s *sound) report(now time.Time, more ...rtcp.Packet) {
	f, t := s.format.Load(), s.agreed.Load()
	if f == nil || t == nil {
		return
	}
	socket, to := s.port.rtcp, s.controlAddr(t)
	if t.Mux {
		socket = s.port.rtp
	}
	if !to.IsValid() || s.closed.Load() {
		return
	}
	name := &rtcp.SourceDescription{Chunks: []rtcp.SourceDescriptionChunk{{Source: s.out.ssrc,
		Items: []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: s.name}}}}}
	b, err := rtcp.Marshal(append([]rtcp.Packet{s.ownReport(f, now), name}, more...))
	if err == nil {
		b, err = t.out.sealControl(b)
	}
	if err != nil {
		return
	}
	if err := socket.Send(b, nil, to); err != nil {
		return // closed, or unreachable: reports are no promise
	}
	s.reported.Store(true)
}

// controlAddr is where our reports go: where the far end's come from; before any came, where its description says (RFC 3605), or with
// rtcp-mux where its RTP is (RFC 5761). Invalid: nowhere yet.
func (s *sound) controlAddr(t *terms) netip.AddrPort {
	if c := s.peer.Load(); c != nil && c.home == t.Addr {
		return c.from
	}
	if to := s.to.Load(); t.Mux && to != nil {
		return *to
	}
	return t.RTCP
}

// takeLeave says goodbye to a far end that has had reports (RFC 3550 §6.3.7).
func (s *sound) takeLeave(now time.Time) {
	if s.reported.Load() {
		s.report(now, &rtcp.Goodbye{Sources: []uint32{s.out.ssrc}})
	}
}

// ownReport is a sender report if we have sent sound, a receiver report otherwise.
func (s *sound) ownReport(f *sdp.Format, now time.Time) rtcp.Packet {
	reports := s.receptionReports(f, now)
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	if s.out.sent == 0 {
		return &rtcp.ReceiverReport{SSRC: s.out.ssrc, Reports: reports}
	}
	return &rtcp.SenderReport{SSRC: s.out.ssrc, NTPTime: ntp(now), RTPTime: s.out.clock(now, f.ClockRate),
		PacketCount: uint32(s.out.sent), OctetCount: s.out.octets, Reports: reports}
}

func (s *sound) receptionReports(f *sdp.Format, now time.Time) []rtcp.ReceptionReport {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.got.started {
		return nil
	}
	r := rtcp.ReceptionReport{SSRC: s.got.ssrc, FractionLost: s.got.fraction(), TotalLost: min(s.got.missing(), 1<<23-1),
		LastSequenceNumber: s.got.extended(), Jitter: uint32(s.got.jitter * float64(f.ClockRate) / float64(time.Second))}
	if c := s.peer.Load(); c != nil && c.sr != 0 {
		r.LastSenderReport, r.Delay = c.sr, uint32(now.Sub(c.at)<<16/time.Second)
	}
	return []rtcp.ReceptionReport{r}
}
