package sip

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"switchgram/internal/udp"
)

// sharedBuffer is asked of the system for a port that many dialogs share: 10 ms of garbage collection are 500 packets of 500 calls.
// Linux gives what net.core.rmem_max allows.
const sharedBuffer = 4 << 20

// together is how many packets of a shared port are read at once.
const together = 16

// A port is a pair of UDP sockets, for RTP and for RTCP. It belongs to one dialog, or dialogs share it and are told apart by the table.
// One goroutine reads each socket and does all that there is to do for a packet, so that none waits for a goroutine to be woken.
type port struct {
	rtp, rtcp *udp.Socket
	alone     *sound // whose port it is; nil: those of the table
	table     *table // nil: the port is not shared
	strays    *strays
	log       *slog.Logger
}

// addr is where RTP is received.
func (p *port) addr() netip.AddrPort { return localAddr(p.rtp) }

// join makes a dialog's sound one of those that are heard here.
func (p *port) join(s *sound) {
	if p.table == nil {
		p.alone = s
		return
	}
	p.table.join(s)
}

// leave ends hearing. A port of one dialog is closed.
func (p *port) leave(s *sound) error {
	if p.table == nil {
		return p.close()
	}
	p.table.leave(s, time.Now())
	return nil
}

// announce says where the far end of a sound sends from, as its description has it.
func (p *port) announce(s *sound, t *terms) {
	if p.table != nil && t.Addr.IsValid() && !p.table.announce(s, t.Addr, t.RTCP, time.Now()) {
		p.log.Warn("two calls have far ends with one address: neither is heard while both last", "from", t.Addr)
	}
}

func (p *port) close() error { return errors.Join(p.rtp.Close(), p.rtcp.Close()) }

// run receives until close.
func (p *port) run() {
	var control sync.WaitGroup
	control.Go(func() { p.read(p.rtcp, p.takeControl) })
	p.read(p.rtp, p.takeSound)
	control.Wait()
}

// read hands on what comes to a socket. A datagram that fills the buffer was cut by the system.
func (p *port) read(socket *udp.Socket, take func(b []byte, from netip.AddrPort, now time.Time)) {
	n := 1
	if p.table != nil {
		n = together
	}
	r := socket.NewReader(n, maxRTP+1, 0)
	for {
		packets, err := r.Read()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		for _, packet := range packets { // none, if the error is that of a datagram
			if isMedia(packet.Data) {
				take(packet.Data, packet.From, time.Now())
			} else {
				p.strays.foreign.Add(1)
			}
		}
	}
}

// isMedia tells whether a datagram may be RTP or RTCP, and not STUN, DTLS or noise (RFC 7983 §7). Everything behind relies on its 8 bytes.
func isMedia(b []byte) bool { return len(b) >= 8 && len(b) <= maxRTP && b[0]>>6 == 2 }

func (p *port) takeSound(b []byte, from netip.AddrPort, now time.Time) {
	s := p.alone
	if p.table != nil {
		s = p.table.speaker(from, now)
	}
	if s != nil {
		s.take(b, from, now)
	}
}

func (p *port) takeControl(b []byte, from netip.AddrPort, now time.Time) {
	s := p.alone
	if p.table != nil {
		s = p.table.reporter(from)
	}
	if s != nil {
		s.takeControl(b, from, now)
	}
}
