package browsertest

import (
	"fmt"
	"net"
	"sync"
	"testing"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"

	"switchgram/tgcall/engine"
)

// Who asks the TURN server.
const (
	weAsk       = "we"
	browserAsks = "browser"
	password    = "secret"
)

// turnServer is a TURN server on loopback that can lose a client's way to it. A nil one is none.
type turnServer struct {
	net.PacketConn // towards the clients

	mu      sync.Mutex
	clients map[string]string // user names by address
	lost    map[string]bool   // addresses
}

func startTURN(t *testing.T) *turnServer {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &turnServer{PacketConn: conn, clients: map[string]string{}, lost: map[string]bool{}}
	server, err := turn.NewServer(turn.ServerConfig{
		Realm: "test", AuthHandler: s.authenticate,
		LoggerFactory:     &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled},
		PacketConnConfigs: []turn.PacketConnConfig{{PacketConn: s, RelayAddressGenerator: &turn.RelayAddressGeneratorNone{Address: "127.0.0.1"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return s
}

func (s *turnServer) authenticate(a *turn.RequestAttributes) (string, []byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients[a.SrcAddr.String()] = a.Username
	return a.Username, turn.GenerateAuthKey(a.Username, a.Realm, password), true
}

// lose cuts the sockets off from which a client has come so far. From another it may come again.
func (s *turnServer) lose(username string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for addr, name := range s.clients {
		s.lost[addr] = s.lost[addr] || name == username
	}
}

func (s *turnServer) isLost(addr net.Addr) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lost[addr.String()]
}

// ReadFrom reads what was not lost.
func (s *turnServer) ReadFrom(p []byte) (n int, from net.Addr, err error) {
	for {
		n, from, err = s.PacketConn.ReadFrom(p)
		if err != nil || !s.isLost(from) {
			return n, from, err
		}
	}
}

// WriteTo may lose.
func (s *turnServer) WriteTo(p []byte, to net.Addr) (int, error) {
	if s.isLost(to) {
		return len(p), nil
	}
	return s.PacketConn.WriteTo(p, to)
}

// servers are what we are told of it.
func (s *turnServer) servers() []engine.Server {
	if s == nil {
		return nil
	}
	return []engine.Server{{Host: "127.0.0.1", Port: s.port(), Username: weAsk, Password: password, TURN: true}}
}

// iceServers are what the browser is told of it.
func (s *turnServer) iceServers() []iceServer {
	if s == nil {
		return []iceServer{}
	}
	return []iceServer{{URLs: []string{fmt.Sprintf("turn:127.0.0.1:%d", s.port())}, Username: browserAsks, Credential: password}}
}

func (s *turnServer) port() int { return s.LocalAddr().(*net.UDPAddr).Port }
