package port

import (
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/transport/v4/deadline"

	"switchgram/internal/udp"
)

const (
	// queue is how many packets wait for an ICE agent; one more is lost, as on any network.
	queue = 64
	// maxPeers bounds the addresses that a share speaks to: those that a peer names, and those it was found at.
	maxPeers = 512
	// maxQuestions bounds those that one share asks.
	maxQuestions = 16
	// pulse is how often an agent is told that media comes.
	pulse = 500 * time.Millisecond
)

// Conn is a call's share of a socket: the packets of the call that come to one of the machine's addresses. It is a net.PacketConn, and has
// the methods by which pion's ICE agent reads and writes without allocation.
type Conn struct {
	member   *Member
	socket   *socket
	ip       netip.Addr
	from     []byte // makes packets go out from ip; nil: they do
	packets  chan *packet
	done     chan struct{}
	once     sync.Once
	deadline *deadline.Deadline
	asks     atomic.Bool            // is there to ask STUN servers
	pulsed   atomic.Int64           // when the agent was told last, in nanoseconds since the Port was opened
	alone    atomic.Pointer[socket] // for addresses that another call speaks to; nil: not needed yet

	mu        sync.Mutex // around what follows, and the opening of alone
	peers     map[*socket][]netip.AddrPort
	questions []transaction
}

// packet is one that waits to be read.
type packet struct {
	b    [largest]byte
	n    int
	from netip.AddrPort
}

func newConn(m *Member, s *socket, ip netip.Addr) *Conn {
	c := &Conn{
		member: m, socket: s, ip: ip, from: s.sendFrom(ip),
		packets: make(chan *packet, queue), done: make(chan struct{}), deadline: deadline.New(),
		peers: map[*socket][]netip.AddrPort{},
	}
	c.asks.Store(ip.IsUnspecified())
	c.pulsed.Store(-int64(pulse)) // the first packet is told at once
	return c
}

// take gives a packet that is no STUN to the call. Media goes there straight.
func (c *Conn) take(b []byte, from netip.AddrPort) {
	f := c.member.media.Load()
	if f == nil || !isMedia(b) {
		c.put(b, from)
		return
	}
	c.member.port.counters.media.Add(1)
	(*f)(b)
	if now, last := c.member.port.since(), c.pulsed.Load(); now-last >= int64(pulse) && c.pulsed.CompareAndSwap(last, now) {
		c.put(nil, from)
	}
}

// Put lets a packet be read as if it had come from an address. What does not fit the queue is lost.
func (c *Conn) Put(b []byte, from netip.AddrPort) {
	if !c.asks.Load() {
		c.put(b, from)
	}
}

func (c *Conn) put(b []byte, from netip.AddrPort) {
	count := &c.member.port.counters
	p := c.member.port.packets.Get().(*packet)
	p.n, p.from = copy(p.b[:], b), from
	select {
	case c.packets <- p:
		count.slow.Add(1)
	default:
		count.full.Add(1)
		c.member.port.packets.Put(p)
	}
}

// ReadFromAddrPort returns one packet.
func (c *Conn) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	select {
	case <-c.done:
		return 0, netip.AddrPort{}, net.ErrClosed
	case <-c.deadline.Done():
		return 0, netip.AddrPort{}, os.ErrDeadlineExceeded
	default:
	}
	select {
	case p := <-c.packets:
		n, from := copy(b, p.b[:p.n]), p.from
		c.member.port.packets.Put(p)
		return n, from, nil
	case <-c.done:
		return 0, netip.AddrPort{}, net.ErrClosed
	case <-c.deadline.Done():
		return 0, netip.AddrPort{}, os.ErrDeadlineExceeded
	}
}

// WriteToAddrPort sends one packet.
func (c *Conn) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if c.asks.Load() || isQuestion(b) {
		return len(b), c.ask(b, unmapped(to))
	}
	r, err := c.Route(to)
	if err != nil {
		return 0, err
	}
	return r.Write(b)
}

// Route is the way to one address. It stays the same as long as its Conn is open.
type Route struct {
	conn *udp.Socket
	from []byte
	to   netip.AddrPort
}

// Write sends one packet.
func (r *Route) Write(b []byte) (int, error) {
	return len(b), r.conn.Send(b, r.from, r.to)
}

// Route finds the way to an address, from where packets are taken from then on. That is the port's socket, or one of the call's own if
// another call speaks to the address.
func (c *Conn) Route(to netip.AddrPort) (Route, error) {
	to = unmapped(to)
	if alone := c.alone.Load(); alone != nil && alone.speaksTo(to) { // also when the other call is over
		return Route{alone.conn, nil, to}, nil
	}
	mine, err := c.socket.claim(to, c)
	if err != nil || mine {
		return Route{c.socket.conn, c.from, to}, err
	}
	alone, err := c.openAlone()
	if err != nil {
		return Route{}, err
	}
	_, err = alone.claim(to, c)
	return Route{alone.conn, nil, to}, err
}

// openAlone opens the socket of the call's own, once.
func (c *Conn) openAlone() (*socket, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.done:
		return nil, net.ErrClosed
	default:
	}
	if s := c.alone.Load(); s != nil {
		return s, nil
	}
	s, err := openSocket(c.member.port, netip.AddrPortFrom(c.ip, 0))
	if err != nil {
		return nil, err
	}
	c.alone.Store(s)
	c.member.port.counters.alone.Add(1)
	c.member.group.Go(func() {
		if err := s.read(1); err != nil {
			c.member.port.log.Warn("socket of a call cannot be read", "err", err)
		}
	})
	return s, nil
}

// has tells whether packets of the share come by a socket.
func (c *Conn) has(s *socket) bool {
	return s == c.socket || s == c.alone.Load()
}

// noteClaim remembers what is to be released. The socket's lock is held.
func (c *Conn) noteClaim(s *socket, to netip.AddrPort) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.done:
		return net.ErrClosed
	default:
	}
	if len(c.peers[s]) == maxPeers {
		return ErrTooManyPeers
	}
	c.peers[s] = append(c.peers[s], to)
	return nil
}

// ask sends a question to a STUN server, and nothing else: the share is there for that alone.
func (c *Conn) ask(b []byte, server netip.AddrPort) error {
	if !isQuestion(b) {
		return nil
	}
	c.asks.Store(true)
	if !c.noteQuestion(transactionOf(b), server) {
		return nil // lost
	}
	r := Route{c.socket.conn, c.from, server}
	_, err := r.Write(b)
	return err
}

func (c *Conn) noteQuestion(t transaction, server netip.AddrPort) bool {
	c.mu.Lock()
	full := len(c.questions) == maxQuestions
	if !full {
		c.questions = append(c.questions, t)
	}
	c.mu.Unlock()
	return !full && c.socket.ask(t, question{c, server})
}

// Close gives up the share, and the addresses it speaks to.
func (c *Conn) Close() error {
	c.once.Do(func() {
		c.mu.Lock()
		close(c.done)
		alone, peers, questions := c.alone.Load(), c.peers, slices.Clone(c.questions)
		c.mu.Unlock()
		for s, all := range peers {
			s.release(all)
		}
		for _, t := range questions {
			c.socket.forget(t)
		}
		if alone != nil {
			_ = alone.conn.Close()
		}
		c.member.leave(c)
	})
	return nil
}
