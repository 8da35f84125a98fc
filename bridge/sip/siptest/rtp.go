package siptest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/rtp"

	ua "switchgram/bridge/sip"
	"switchgram/bridge/sip/sdp"
	"switchgram/internal/udp"
)

// errHeld is why WriteRTP drops a packet: the telephone does not want to hear anything, or nobody knows yet where it listens.
var errHeld = errors.New("not sent: the far end is on hold, or its address is not known")

const (
	largest  = 2048 // that a packet is
	together = 4    // packets are read at once
)

// rtpPort is the sound of one leg: a UDP socket on loopback, what was agreed with the telephone, and whoever hears it. It sends to
// where the telephone's packets come from once there are some (symmetric RTP), before that to the address of its SDP.
type rtpPort struct {
	conn *udp.Socket
	ssrc uint32
	loss float64       // share of received packets that are lost, 0 to 1
	done chan struct{} // closed when the reader has ended

	mu      sync.Mutex
	agreed  agreed
	remote  netip.AddrPort
	said    netip.AddrPort // the SDP's address, to notice when it changes
	held    bool           // the far end's SDP says that it does not listen
	onRTP   func(*rtp.Packet)
	onDigit func(key rune)
	peer    *rtpPort // of the other leg of a bridge
	digitTS uint32
	out     [largest]byte
	counts  ua.Stats
}

// newRTPPort opens the socket and starts its reader, which ends with close.
func newRTPPort(loss float64) (*rtpPort, error) {
	conn, err := udp.Listen("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("rtp: %w", err)
	}
	p := &rtpPort{conn: conn, ssrc: rand.Uint32(), loss: loss, done: make(chan struct{}), held: true}
	go p.read()
	return p, nil
}

// close ends the reader and waits for it.
func (p *rtpPort) close() {
	_ = p.conn.Close()
	<-p.done
}

func (p *rtpPort) addr() netip.AddrPort { return p.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

// agree sets what both ends send from now on, and where the far end wants it.
func (p *rtpPort) agree(a agreed, s session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.agreed = a
	if s.addr.IsValid() && s.addr != p.said {
		p.remote, p.said = s.addr, s.addr
	}
	p.held = !s.addr.IsValid() || s.direction == "sendonly" || s.direction == "inactive"
}

// bridge makes the packets of each port leave by the other.
func (p *rtpPort) bridge(q *rtpPort) {
	p.setPeer(q)
	q.setPeer(p)
}

func (p *rtpPort) setPeer(q *rtpPort) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.peer = q
}

func (p *rtpPort) read() {
	defer close(p.done)
	from := p.conn.NewReader(together, largest, 0)
	for {
		packets, err := from.Read()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		for _, d := range packets { // none after an error: ICMP says that the telephone's port is not open yet, or no longer
			p.take(d)
		}
	}
}

// take is for one datagram. What is RTCP is for the port below ours.
func (p *rtpPort) take(d udp.Packet) {
	if rtcp := len(d.Data) > 1 && d.Data[1] >= 192 && d.Data[1] <= 223; rtcp || p.loss > 0 && rand.Float64() < p.loss {
		return
	}
	var pkt rtp.Packet
	if pkt.Unmarshal(d.Data) == nil {
		p.received(&pkt, d.From)
	}
}

func (p *rtpPort) received(pkt *rtp.Packet, from netip.AddrPort) {
	p.mu.Lock()
	p.remote = from
	a, peer, onRTP, onDigit := p.agreed, p.peer, p.onRTP, p.onDigit
	digit := a.digitsIn != 0 && pkt.PayloadType == a.digitsIn
	pressed := digit && pkt.Timestamp != p.digitTS
	switch {
	case digit:
		p.digitTS = pkt.Timestamp
	case pkt.PayloadType == a.pt && len(pkt.Payload) > 0:
		p.counts.Received++
	default: // comfort noise, a stray payload type, digits on a type that FreeSWITCH would not accept
		p.mu.Unlock()
		return
	}
	p.mu.Unlock()
	switch {
	case peer != nil:
		_ = peer.send(pkt, digit)
	case !digit && onRTP != nil:
		onRTP(pkt)
	case pressed && onDigit != nil && len(pkt.Payload) > 0:
		onDigit(digitKey(pkt.Payload[0]))
	}
}

// digitKey is the key of a telephone-event (RFC 4733 §3.2), 0 for events that are none.
func digitKey(event byte) rune {
	const keys = "0123456789*#ABCD"
	if int(event) < len(keys) {
		return rune(keys[event])
	}
	return 0
}

// send passes a packet on with this leg's payload type and SSRC; everything else is the sender's.
func (p *rtpPort) send(pkt *rtp.Packet, digit bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	held, pt := p.held || !p.remote.IsValid(), p.agreed.pt
	if digit {
		pt = p.agreed.digits
		held = held || pt == 0
	}
	if held {
		p.counts.Dropped++
		return errHeld
	}
	p.counts.Sent++
	out := rtp.Packet{Header: rtp.Header{
		Version: 2, Marker: pkt.Marker, PayloadType: pt, SequenceNumber: pkt.SequenceNumber, Timestamp: pkt.Timestamp, SSRC: p.ssrc,
	}, Payload: pkt.Payload}
	n, err := out.MarshalTo(p.out[:])
	if err != nil {
		return fmt.Errorf("rtp: %w", err)
	}
	return p.conn.Send(p.out[:n], nil, p.remote)
}

// WriteRTP implements Stream.
func (p *rtpPort) WriteRTP(pkt *rtp.Packet) error { return p.send(pkt, false) }

// OnRTP implements Stream.
func (p *rtpPort) OnRTP(f func(*rtp.Packet)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.onRTP = f
}

func (p *rtpPort) setOnDigit(f func(rune)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.onDigit = f
}

// Stats implements Stream.
func (p *rtpPort) Stats() ua.Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.counts
}

// Format implements Stream.
func (p *rtpPort) Format() sdp.Format {
	a := p.current()
	return sdp.Format{Codec: a.id, ClockRate: a.clock, Channels: a.channels, PayloadType: a.pt,
		DTMFPayloadType: a.digits, DTMFClockRate: a.digitHz, PTime: time.Duration(a.ptime) * time.Millisecond}
}

// current is what was agreed last.
func (p *rtpPort) current() agreed {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.agreed
}
