package verto

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

func TestPacketsAreCounted(t *testing.T) {
	var m meter
	now := time.Unix(1_800_000_000, 0)
	packet := func(ssrc uint32, number uint16, late time.Duration) {
		at := now.Add(time.Duration(number)*20*time.Millisecond + late)
		m.received(&rtp.Packet{Header: rtp.Header{SSRC: ssrc, SequenceNumber: number, Timestamp: uint32(number) * 960}}, at)
	}
	for _, number := range []uint16{65533, 65534, 1, 0, 3} { // 65535 and 2 are lost, the numbers begin again at 0, and two are swapped
		packet(1, number, 0)
	}
	if s := m.get(); s.Received != 5 || s.Lost != 2 {
		t.Errorf("counted %+v", s)
	}
	for number := range uint16(3) {
		packet(2, 100+number, 0)
	}
	if s := m.get(); s.Received != 8 || s.Lost != 2 || s.Jitter != 0 {
		t.Errorf("of another source it counted %+v", s)
	}
	packet(2, 103, 16*time.Millisecond)
	if s := m.get(); s.Jitter != time.Millisecond { // a 16th, RFC 3550 §6.4.1
		t.Errorf("16 ms late is a jitter of %v", s.Jitter)
	}
}

func TestReportsAreRead(t *testing.T) {
	var m meter
	sent := time.Unix(1_800_000_000, 0)
	report := func(delay time.Duration, lost uint32) rtcp.ReceptionReport {
		return rtcp.ReceptionReport{LastSenderReport: middle(sent), Delay: uint32(delay.Seconds() * 65536), TotalLost: lost, Jitter: 480}
	}
	m.reported([]rtcp.ReceptionReport{report(time.Second, 7)}, sent.Add(time.Second+50*time.Millisecond))
	s := m.get()
	if s.RTT < 49*time.Millisecond || s.RTT > 51*time.Millisecond || s.ReportedLost != 7 || s.ReportedJitter != 10*time.Millisecond {
		t.Errorf("read %+v", s)
	}
	m.reported([]rtcp.ReceptionReport{report(time.Hour, 1<<24-1)}, sent.Add(time.Second)) // what is not to be believed, and packets that came twice
	if again := m.get(); again.RTT != s.RTT || again.ReportedLost != 0 {
		t.Errorf("then it read %+v", again)
	}
}
