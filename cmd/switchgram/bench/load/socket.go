package load

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync/atomic"

	"github.com/pion/rtp"
)

// maxPacket is the largest packet that a Socket takes, in bytes.
const maxPacket = 1500

var errNowhere = errors.New("socket is not connected")

// Socket is a Wire of plain RTP over a UDP socket of its own, on loopback. Run receives; WriteRTP is for one goroutine at a time.
type Socket struct {
	PayloadType uint8 // of what is sent; not to be changed while it is used
	ssrc        uint32
	conn        *net.UDPConn
	to          atomic.Pointer[netip.AddrPort]
	receive     atomic.Pointer[func(*rtp.Packet)]
	out         []byte
}

// Listen opens a socket at a free port.
func Listen() (*Socket, error) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	return &Socket{ssrc: rand.Uint32(), conn: conn, out: make([]byte, maxPacket)}, nil
}

// Addr is where the socket receives.
func (s *Socket) Addr() netip.AddrPort { return s.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

// Connect says where packets go.
func (s *Socket) Connect(to netip.AddrPort) { s.to.Store(&to) }

// OnRTP implements Wire.
func (s *Socket) OnRTP(f func(*rtp.Packet)) {
	if f == nil {
		s.receive.Store(nil)
		return
	}
	s.receive.Store(&f)
}

// WriteRTP implements Wire. Payload type and SSRC are the socket's.
func (s *Socket) WriteRTP(p *rtp.Packet) error {
	to := s.to.Load()
	if to == nil {
		return errNowhere
	}
	out := *p
	out.PayloadType, out.SSRC = s.PayloadType, s.ssrc
	n, err := out.MarshalTo(s.out)
	if err != nil {
		return err
	}
	_, err = s.conn.WriteToUDPAddrPort(s.out[:n], *to)
	return err
}

// Run receives until ctx ends, and closes the socket then.
func (s *Socket) Run(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() { _ = s.conn.Close() })()
	buf := make([]byte, maxPacket)
	var p rtp.Packet
	for {
		n, _, err := s.conn.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if f := s.receive.Load(); err == nil && f != nil && p.Unmarshal(buf[:n]) == nil {
			(*f)(&p)
		}
	}
}

// Alone lets packets go from this process to itself, until ctx ends: what these take is Figures.Alone. It is called before Measure.
func (l *Load) Alone(ctx context.Context) error {
	a, err := Listen()
	if err != nil {
		return err
	}
	b, err := Listen()
	if err != nil {
		return errors.Join(err, a.conn.Close())
	}
	a.Connect(b.Addr())
	b.Connect(a.Addr())
	defer l.join(a, Stamped(1), true).Leave()
	defer l.join(b, Stamped(1), true).Leave()
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	return errors.Join(b.Run(ctx), <-done)
}
