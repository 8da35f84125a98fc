package sip

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/pion/rtcp"
)

// reportEvery is how often reports go out (RFC 3550 §6.2).
const reportEvery = 5 * time.Second

// ntpEpoch is 1970 in seconds of NTP, which counts from 1900.
const ntpEpoch = 2208988800

// control is what the far end's last RTCP packet said. FreeSWITCH sends none by default, and then neither do we.
type control struct {
	from netip.AddrPort // where its RTCP comes from
	rtt  time.Duration
	sr   uint32 // middle of the last sender report's NTP time
	at   time.Time
}

// runControl hears RTCP and reports every few seconds once it has, until the socket is closed.
func (s *sound) runControl() {
	buf := make([]byte, maxRTP)
	next := s.began.Add(reportEvery)
	for {
		if err := s.rtcp.SetReadDeadline(next); err != nil {
			return
		}
		n, from, err := s.rtcp.ReadFromUDPAddrPort(buf)
		switch {
		case err == nil:
			s.control(buf[:n], from, time.Now())
		case errors.Is(err, net.ErrClosed):
			return
		case errors.Is(err, os.ErrDeadlineExceeded):
			next = time.Now().Add(reportEvery)
			s.report(time.Now())
		}
	}
}

// control takes an RTCP datagram if it comes from where the far end's RTP does, or should.
func (s *sound) control(b []byte, from netip.AddrPort, now time.Time) {
	t, to := s.agreed.Load(), s.to.Load()
	if t == nil || from.Addr() != t.addr.Addr() && (to == nil || from.Addr() != to.Addr()) {
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
	c.from = from
	s.signs.Add(1)
	for _, p := range packets {
		switch p := p.(type) {
		case *rtcp.SenderReport:
			c.sr, c.at = uint32(p.NTPTime>>16), now
			c.measure(p.Reports, s.out.ssrc, now)
		case *rtcp.ReceiverReport:
			c.measure(p.Reports, s.out.ssrc, now)
		}
	}
	s.peer.Store(&c)
}

// measure takes the round trip from a report about us (RFC 3550 §6.4.1).
func (c *control) measure(reports []rtcp.ReceptionReport, ssrc uint32, now time.Time) {
	for _, r := range reports {
		if r.SSRC != ssrc || r.LastSenderReport == 0 {
			continue
		}
		rtt := uint32(ntp(now)>>16) - r.LastSenderReport - r.Delay
		if d := time.Duration(rtt) * time.Second >> 16; d < 10*time.Second {
			c.rtt = d
		}
	}
}

// ntp is the time as 32.32 bits since 1900.
func ntp(t time.Time) uint64 {
	return uint64(t.Unix()+ntpEpoch)<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}

// report tells the far end what we sent and heard, if it speaks RTCP.
func (s *sound) report(now time.Time) {
	c, f, t := s.peer.Load(), s.format.Load(), s.agreed.Load()
	if c == nil || f == nil {
		return
	}
	name := &rtcp.SourceDescription{Chunks: []rtcp.SourceDescriptionChunk{{Source: s.out.ssrc,
		Items: []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: "switchgram"}}}}}
	b, err := rtcp.Marshal([]rtcp.Packet{s.ownReport(c, f, now), name})
	if err != nil {
		return
	}
	socket := s.rtcp
	if t.mux {
		socket = s.rtp
	}
	if _, err := socket.WriteToUDPAddrPort(b, c.from); err != nil {
		return // closed, or unreachable: reports are no promise
	}
}

// ownReport is a sender report if we have sent sound, a receiver report otherwise.
func (s *sound) ownReport(c *control, f *Format, now time.Time) rtcp.Packet {
	reports := s.receptionReports(c, f, now)
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	if s.out.sent == 0 {
		return &rtcp.ReceiverReport{SSRC: s.out.ssrc, Reports: reports}
	}
	return &rtcp.SenderReport{SSRC: s.out.ssrc, NTPTime: ntp(now), RTPTime: s.out.clock(now, f.ClockRate),
		PacketCount: uint32(s.out.sent), OctetCount: s.out.octets, Reports: reports}
}

func (s *sound) receptionReports(c *control, f *Format, now time.Time) []rtcp.ReceptionReport {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.got.started {
		return nil
	}
	r := rtcp.ReceptionReport{SSRC: s.got.ssrc, FractionLost: s.got.fraction(), TotalLost: uint32(min(s.got.lost(), 1<<23-1)),
		LastSequenceNumber: s.got.extended(), Jitter: uint32(s.got.jitter * float64(f.ClockRate) / float64(time.Second)),
		LastSenderReport: c.sr}
	if c.sr != 0 {
		r.Delay = uint32(now.Sub(c.at) << 16 / time.Second)
	}
	return []rtcp.ReceptionReport{r}
}
