package verto

import (
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// Stats counts a call's packets, of all the connections that it has had.
type Stats struct {
	Received uint64        // handed to OnRTP's function, or for nobody
	Lost     uint64        // that the page sent and never came, by their numbers
	Sent     uint64        // to the page
	Dropped  uint64        // that WriteRTP could not send
	Jitter   time.Duration // of their arrival (RFC 3550 §6.4.1)
	RTT      time.Duration // by the page's reports; 0: unknown

	// What the page reports of our packets (RFC 3550 §6.4.1), some seconds old.
	ReportedLost   uint64
	ReportedJitter time.Duration

	LastReceived, LastSent time.Time // zero: none yet
}

const clockRate = 48000 // of Opus, always (RFC 7587 §4.1)

// meter makes the Stats.
type meter struct {
	mu      sync.Mutex
	stats   Stats
	before  uint64 // lost of earlier sources
	ssrc    uint32
	begun   bool
	first   int64 // the sequence number of the source's first packet
	highest int64 // and the highest so far, counted on past 65535
	count   int64 // of its packets
	transit int64 // arrival less timestamp of its last packet, in clock units
	jitter  float64
}

// received counts a packet of the page's.
func (m *meter) received(p *rtp.Packet, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stats.Received++
	m.stats.LastReceived = now
	transit := now.UnixMicro()*(clockRate/1000)/1000 - int64(p.Timestamp)
	if !m.begun || p.SSRC != m.ssrc {
		m.begun, m.ssrc, m.before = true, p.SSRC, m.stats.Lost
		m.first, m.highest, m.count, m.jitter = int64(p.SequenceNumber), int64(p.SequenceNumber), 1, 0
		m.transit = transit
		return
	}
	m.count++
	m.highest = max(m.highest, m.highest+int64(int16(p.SequenceNumber-uint16(m.highest))))
	m.stats.Lost = m.before + uint64(max(0, m.highest-m.first+1-m.count))
	d := int64(int32(transit - m.transit))
	m.jitter += (float64(max(d, -d)) - m.jitter) / 16
	m.transit = transit
	m.stats.Jitter = units(m.jitter)
}

func (m *meter) sent(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		m.stats.Dropped++
		return
	}
	m.stats.Sent++
	m.stats.LastSent = time.Now()
}

// reported reads what the page says of our packets.
func (m *meter) reported(all []rtcp.ReceptionReport, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range all {
		m.stats.ReportedLost, m.stats.ReportedJitter = uint64(max(0, int32(r.TotalLost<<8)>>8)), units(float64(r.Jitter)) // 24 bits with a sign
		if rtt := middle(now) - r.LastSenderReport - r.Delay; r.LastSenderReport != 0 && rtt < 1<<20 {                    // 16 s: it is not one of ours
			m.stats.RTT = time.Duration(rtt) * time.Second >> 16
		}
	}
}

func (m *meter) get() Stats {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.stats
}

// units is a time in units of Opus' clock.
func units(n float64) time.Duration { return time.Duration(n * float64(time.Second) / clockRate) }

// middle is the middle 32 bits of the NTP timestamp (RFC 3550 §4), by which reports name each other; its seconds begin in 1900.
func middle(t time.Time) uint32 {
	const since1900 = 2_208_988_800
	return uint32(t.Unix()+since1900)<<16 | uint32(int64(t.Nanosecond())<<16/int64(time.Second))
}
