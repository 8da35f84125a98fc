package audio

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/pion/rtcp"
)

// reportInterval is how often we send a sender or receiver report; RFC 3550 §6.2 would allow 5 s.
const reportInterval = instant(2 * time.Second)

// report sends our SR, or an RR while we send nothing (RFC 3550 §6.4).
func (s *Stream) report(now instant) {
	if !s.out.reportDue(now) {
		return
	}
	blocks := s.in.block(now)
	if sr := s.out.senderReport(now, s.clock.ntp(now)); sr != nil {
		sr.Reports = blocks
		s.out.writeRTCP(sr, s.out.description())
	} else if len(blocks) > 0 {
		s.out.writeRTCP(&rtcp.ReceiverReport{SSRC: s.out.ssrc, Reports: blocks}, s.out.description())
	}
}

// description names us, as every report should (RFC 3550 §6.1). The name is of this call alone (RFC 7022 §4.2).
func (o *outgoing) description() rtcp.Packet { return rtcp.NewCNAMESourceDescription(o.ssrc, o.name) }

func (o *outgoing) reportDue(now instant) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.keys == nil || now-o.lastReport < reportInterval {
		return false
	}
	o.lastReport = now
	return true
}

// senderReport is nil if we sent nothing since the report before the last one. Its RTP time is that of the NTP time, not of the last packet (RFC 3550 §6.4.1).
func (o *outgoing) senderReport(now instant, ntp uint64) *rtcp.SenderReport {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.packets == 0 || now-o.lastSent > 2*reportInterval {
		return nil
	}
	return &rtcp.SenderReport{
		SSRC: o.ssrc, NTPTime: ntp,
		RTPTime:     o.lastTimestamp + uint32(samples(time.Duration(now-o.lastSent))),
		PacketCount: o.packets, OctetCount: o.octets,
	}
}

// block is our report about the peer's audio.
func (i *incoming) block(now instant) []rtcp.ReceptionReport {
	i.mu.Lock()
	defer i.mu.Unlock()
	r := &i.reception
	if !r.started {
		return nil
	}
	b := rtcp.ReceptionReport{SSRC: i.format.SSRC, LastSequenceNumber: r.highest, Jitter: uint32(r.jitter)}
	b.FractionLost, b.TotalLost = r.fractionLost(), uint32(min(r.lost(), 0x7fffff))
	if i.srNTP != 0 {
		b.LastSenderReport, b.Delay = i.srNTP, compactDuration(time.Duration(now-i.srAt))
	}
	return []rtcp.ReceptionReport{b}
}

// fractionLost is of the packets since the last report, in 1/256 (RFC 3550 appendix A.3).
func (r *reception) fractionLost() uint8 {
	expected, received := r.expected()-r.wasExpected, r.received-r.wasReceived
	r.wasExpected, r.wasReceived = r.expected(), r.received
	if expected == 0 || received >= expected {
		return 0
	}
	return uint8(min(255, uint64(expected-received)*256/uint64(expected)))
}

// writeRTCP sends one compound packet, or feedback alone: the peer allows reduced size (RFC 5506).
func (o *outgoing) writeRTCP(p ...rtcp.Packet) {
	plain, err := rtcp.Marshal(p)
	if err != nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.keys == nil {
		return
	}
	if packet, err := o.keys.EncryptRTCP(nil, plain, nil); err == nil {
		_, _ = o.to.Write(packet) // the next report says it again
	}
}

func (s *Stream) inputRTCP(b []byte) {
	now := s.clock.now()
	plain := s.in.openRTCP(b)
	parseReports(plain, reports{
		sender: func(ntp uint64) { s.in.sawSenderReport(ntp, now) },
		block: func(b reportBlock) {
			if b.ssrc == s.out.ssrc {
				s.out.sawReport(b, compactNTP(s.clock.ntp(now)))
			}
		},
	})
}

// openRTCP decrypts; nil: not for us.
func (i *incoming) openRTCP(b []byte) []byte {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(b) < 8 || i.keys == nil {
		return nil
	}
	from := binary.BigEndian.Uint32(b[4:])
	known := slices.Contains(i.reporters, from)
	if !known && len(i.reporters) == maxReporters {
		return nil
	}
	plain, err := i.keys.DecryptRTCP(b[:0], b, nil)
	if err != nil {
		i.refused++
		return nil
	}
	if !known {
		i.reporters = append(i.reporters, from)
	}
	return plain
}

func (i *incoming) sawSenderReport(ntp uint64, now instant) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.srNTP, i.srAt = compactNTP(ntp), now
}

// sawReport takes a report about our audio, and computes the round trip from it (RFC 3550 §6.4.1).
func (o *outgoing) sawReport(b reportBlock, now uint32) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.reportedLost, o.reportedJitter = uint64(max(0, b.lost)), fromSamples(float64(b.jitter))
	if trip := now - b.lastSR - b.delay; b.lastSR != 0 && int32(trip) >= 0 {
		o.roundTrip = fromCompact(trip)
	}
}
