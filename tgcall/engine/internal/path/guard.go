package path

import (
	"net"
	"net/netip"
	"sync"

	"github.com/pion/stun/v3"
	"github.com/pion/transport/v4"

	"switchgram/tgcall/engine/port"
	"switchgram/tgcall/reflector"
)

// hostSocket is a socket of host and reflexive candidates. pion pairs these with the peer's ports at reflectors too, whose addresses
// are made up: nothing may go there.
type hostSocket struct {
	transport.UDPConn
	*inlet
}

// WriteTo sends, but not to a reflector.
func (s hostSocket) WriteTo(b []byte, to net.Addr) (int, error) {
	if a, ok := to.(*net.UDPAddr); ok && reflector.Synthetic(a.AddrPort().Addr()) {
		return len(b), nil
	}
	return s.UDPConn.WriteTo(b, to)
}

// ReadFrom returns what comes, and what is put in.
func (s hostSocket) ReadFrom(b []byte) (int, net.Addr, error) { return s.inlet.ReadFrom(b) }

// sharedSocket is the same where the call shares a port with others.
type sharedSocket struct{ *port.Conn }

// WriteTo sends, but not to a reflector.
func (s sharedSocket) WriteTo(b []byte, to net.Addr) (int, error) {
	if a, ok := to.(*net.UDPAddr); ok {
		return s.WriteToAddrPort(b, a.AddrPort())
	}
	return s.Conn.WriteTo(b, to)
}

// WriteToAddrPort is WriteTo without allocation.
func (s sharedSocket) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if reflector.Synthetic(to.Addr()) {
		return len(b), nil
	}
	return s.Conn.WriteToAddrPort(b, to)
}

// turnSocket is a socket towards a TURN server. pion's agent stands still while it waits for a permission, and asks again for each
// check: so what no server would permit is refused here, in the server's name. That is ports at reflectors, unless the server is the
// private one that leads there, which knows nothing else; and what the server itself refused before, as Telegram's do with addresses
// that are private.
type turnSocket struct {
	*inlet
	private netip.AddrPort

	mu        sync.Mutex
	asked     map[[stun.TransactionIDSize]byte]netip.Addr
	forbidden map[netip.Addr]bool
	server    net.Addr
	relayed   netip.AddrPort // what the server gave us
}

// maxAsked bounds what is remembered of requests, and of refusals.
const maxAsked = 4 * maxRemote

func newTURNSocket(conn net.PacketConn, private netip.AddrPort) *turnSocket {
	return &turnSocket{
		inlet: newInlet(conn), private: private,
		asked: map[[stun.TransactionIDSize]byte]netip.Addr{}, forbidden: map[netip.Addr]bool{},
	}
}

var (
	permissionRequest = stun.NewType(stun.MethodCreatePermission, stun.ClassRequest)
	permissionRefused = stun.NewType(stun.MethodCreatePermission, stun.ClassErrorResponse)
	allocated         = stun.NewType(stun.MethodAllocate, stun.ClassSuccessResponse)
)

// WriteTo sends to the server, or answers in its place.
func (s *turnSocket) WriteTo(b []byte, to net.Addr) (int, error) {
	m, ok := message(b, permissionRequest)
	if !ok || !s.hopeless(m, to) {
		return s.PacketConn.WriteTo(b, to)
	}
	refusal, err := stun.Build(stun.NewTransactionIDSetter(m.TransactionID), permissionRefused, stun.CodeForbidden)
	if err != nil {
		return 0, err
	}
	s.put(refusal.Raw, to)
	return len(b), nil
}

// hopeless looks at the first peer a permission is for: only the refreshes, of what was permitted, name more.
func (s *turnSocket) hopeless(m *stun.Message, to net.Addr) bool {
	var peer stun.XORMappedAddress
	if peer.GetFromAs(m, stun.AttrXORPeerAddress) != nil {
		return false
	}
	ip, _ := netip.AddrFromSlice(peer.IP)
	ip = ip.Unmap()
	server, _ := to.(*net.UDPAddr)
	private := server != nil && unmapped(server.AddrPort()) == s.private
	s.mu.Lock()
	defer s.mu.Unlock()
	if reflector.Synthetic(ip) != private || s.forbidden[ip] {
		return true
	}
	if len(s.asked) < maxAsked {
		s.asked[m.TransactionID] = ip
	}
	return false
}

func (s *turnSocket) learnAddress(b []byte, from net.Addr) {
	m, ok := message(b, allocated)
	var relayed stun.XORMappedAddress
	if !ok || relayed.GetFromAs(m, stun.AttrXORRelayedAddress) != nil {
		return
	}
	ip, _ := netip.AddrFromSlice(relayed.IP)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.server, s.relayed = from, netip.AddrPortFrom(ip.Unmap(), uint16(relayed.Port))
}

func unmapped(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

// ReadFrom returns what the server sends, and our refusals.
func (s *turnSocket) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := s.inlet.ReadFrom(b)
	if err == nil {
		s.learn(b[:n], from)
	}
	return n, from, err
}

// learn remembers whom the server forbids, and what it gave us.
func (s *turnSocket) learn(b []byte, from net.Addr) {
	s.learnAddress(b, from)
	m, ok := message(b, permissionRefused)
	var code stun.ErrorCodeAttribute
	if !ok || code.GetFrom(m) != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if ip, ok := s.asked[m.TransactionID]; ok && code.Code == stun.CodeForbidden {
		s.forbidden[ip] = true
	}
	delete(s.asked, m.TransactionID)
}

// message reads a STUN message of a type.
func message(b []byte, want stun.MessageType) (*stun.Message, bool) {
	if len(b) < 2 || uint16(b[0])<<8|uint16(b[1]) != want.Value() {
		return nil, false
	}
	m := &stun.Message{Raw: append([]byte(nil), b...)}
	return m, m.Decode() == nil && m.Type == want
}
