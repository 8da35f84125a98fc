package reflector

import (
	"io"
	"net/netip"
	"sync/atomic"
	"time"
)

// OnMedia sets who takes SRTP and SRTCP packets, past the TURN server and the ICE agent, which is told in their place that the peer is
// alive; nil: the agent takes them. The function is called from the goroutines of the ports, and must neither block nor panic. A packet
// is valid until the function returns, and may be overwritten.
func (g *Gateway) OnMedia(f func(packet []byte)) {
	if f == nil {
		g.media.Store(nil)
		return
	}
	g.media.Store(&f)
}

// isMedia tells SRTP and SRTCP from STUN and DTLS (RFC 7983 §7).
func isMedia(payload []byte) bool { return payload[0] >= 128 && payload[0] <= 191 }

// pulse is how often the agent is told that media comes.
const pulse = 500 * time.Millisecond

// pulses tells when the agent was told last.
type pulses struct{ last atomic.Int64 }

// due is true once in a pulse.
func (p *pulses) due(now time.Time) bool {
	at, last := now.UnixNano(), p.last.Load()
	return at-last >= int64(pulse) && p.last.CompareAndSwap(last, at)
}

// take gives media to who takes it, and the agent the rest.
func (g *Gateway) take(gt *gate, from Tag, payload []byte) {
	if f := g.media.Load(); f != nil && isMedia(payload) {
		(*f)(payload)
		if !gt.told.due(time.Now()) {
			return
		}
		payload = payload[:1] // no packet of anything, but a sign of life
	}
	if ip, ok := g.addresses.of(gt.Server().ID, from); ok {
		gt.socket.deliver(payload, netip.AddrPortFrom(ip, gt.socket.addr.Port()))
	}
}

// Way is the way of a pair of candidates, ours and the peer's, past the agent: whatever is written there goes to the peer's port. It is
// false for addresses that are none of the gateway's.
func (g *Gateway) Way(local, remote netip.AddrPort) (io.Writer, bool) {
	gt := g.find(local)
	at, ok := g.addresses.lookup(remote.Addr())
	if gt == nil || !ok || at.id != gt.Server().ID || int(remote.Port()) != gt.Server().port() {
		return nil, false
	}
	return way{gt.Port, at.tag}, true
}

// way leads to one port of the peer's.
type way struct {
	port *Port
	to   Tag
}

// Write sends one packet.
func (w way) Write(packet []byte) (int, error) {
	if err := w.port.Send(w.to, packet); err != nil {
		return 0, err
	}
	return len(packet), nil
}
