package audio

import (
	"encoding/binary"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

// incoming is the peer's half of a stream.
type incoming struct {
	own     uint32 // our SSRC, under which we report
	handler atomic.Pointer[func(*rtp.Packet)]

	mu     sync.Mutex
	format Format
	keys   *srtp.Context
	header rtp.Header // scratch for the decryption
	packet rtp.Packet // valid while it is delivered

	reception reception
	lostUntil uint64 // packets lost of SSRCs that are over
	received  uint64
	probes    uint64
	refused   uint64

	firstReceived, lastReceived instant // of received

	feedback     *twcc.Recorder
	feedbackDue  bool
	feedbackSent instant

	reporters []uint32 // SSRCs that RTCP came from
	srNTP     uint32   // of the last sender report, for LSR and DLSR
	srAt      instant
}

// maxReporters bounds the SSRCs that a peer may send RTCP from: each costs the decryption a replay window.
const maxReporters = 8

func (i *incoming) init(own uint32) {
	i.own = own
	i.feedback = twcc.NewRecorder(own)
}

func (i *incoming) arm(keys *srtp.Context) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = keys
}

func (i *incoming) expect(f Format) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if f.SSRC != i.format.SSRC {
		i.lostUntil += i.reception.lost()
		i.reception = reception{}
	}
	i.format = f
}

func (i *incoming) handle(f func(*rtp.Packet)) {
	if f == nil {
		i.handler.Store(nil)
		return
	}
	i.handler.Store(&f)
}

func (i *incoming) deliver(p *rtp.Packet) {
	if f := i.handler.Load(); f != nil {
		(*f)(p)
	}
}

// receive decrypts and counts a packet; nil: nothing to hear in it.
func (i *incoming) receive(b []byte, now instant) *rtp.Packet {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.open(b) {
		i.refused++
		return nil
	}
	p := &i.packet
	probe := len(p.Payload) == 0
	i.reception.count(p.SequenceNumber, p.Timestamp, probe, now)
	i.record(p, now)
	if probe {
		i.probes++
		return nil
	}
	if i.received == 0 {
		i.firstReceived = now
	}
	i.received++
	i.lastReceived = now
	p.Padding, p.PaddingSize, p.Header.PaddingSize = false, 0, 0
	return p
}

// open decrypts into i.packet. The SSRC is looked at first: only the agreed one may cost memory, and no other is ours to hear.
func (i *incoming) open(b []byte) bool {
	const fixedHeader = 12
	if len(b) < fixedHeader || i.keys == nil || i.format.SSRC == 0 || binary.BigEndian.Uint32(b[8:]) != i.format.SSRC {
		return false
	}
	plain, err := i.keys.DecryptRTP(b[:0], b, &i.header)
	if err != nil {
		return false
	}
	if err := i.packet.Unmarshal(plain); err != nil {
		return false
	}
	return slices.Contains(i.format.PayloadTypes, i.packet.PayloadType)
}

func (i *incoming) stats(s *Stats, c clock) {
	i.mu.Lock()
	defer i.mu.Unlock()
	s.Received, s.Probes, s.Refused = i.received, i.probes, i.refused
	s.Lost = i.lostUntil + i.reception.lost()
	s.Jitter = fromSamples(i.reception.jitter)
	if i.received > 0 {
		s.LastReceived = c.time(i.lastReceived)
	}
}

// first is when the first packet came; zero: not yet.
func (i *incoming) first(c clock) time.Time {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.received == 0 {
		return time.Time{}
	}
	return c.time(i.firstReceived)
}

// reception is what receiver reports tell of one SSRC (RFC 3550 §6.4.1 and appendix A).
type reception struct {
	started     bool
	first       uint32
	highest     uint32 // extended by the cycles
	received    uint32
	wasExpected uint32 // at the last report
	wasReceived uint32
	haveArrival bool
	lastArrival instant
	lastStamp   uint32
	jitter      float64 // samples
}

func (r *reception) count(number uint16, stamp uint32, probe bool, now instant) {
	r.received++
	if !r.started {
		r.started, r.first, r.highest = true, uint32(number), uint32(number)
	} else if ahead := int16(number - uint16(r.highest)); ahead > 0 {
		r.highest += uint32(ahead)
	}
	if probe { // has the timestamp of the packet before it
		return
	}
	if r.haveArrival {
		r.spread(stamp, now)
	}
	r.haveArrival, r.lastArrival, r.lastStamp = true, now, stamp
}

// spread is the running mean of how uneven packets come (appendix A.8). A muted peer stops, and its timestamps with it: that is
// no jitter.
func (r *reception) spread(stamp uint32, now instant) {
	const pause = ClockRate // 1 s
	d := math.Abs(float64(samples(time.Duration(now-r.lastArrival)) - int64(int32(stamp-r.lastStamp))))
	if d < pause {
		r.jitter += (d - r.jitter) / 16
	}
}

func (r *reception) expected() uint32 {
	if !r.started {
		return 0
	}
	return r.highest - r.first + 1
}

func (r *reception) lost() uint64 {
	return uint64(max(0, int64(r.expected())-int64(r.received)))
}
