package reflector

import (
	"crypto/rand"
	"errors"
	"net"
	"strconv"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"
)

const realm = "reflector"

// relay is the TURN server. Each port is the allocation of a user of its own, and permissions are given for synthetic addresses only.
type relay struct {
	server   *turn.Server
	accounts []Account
}

func startRelay(gates []*gate) (*relay, error) {
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	addr := conn.LocalAddr().(*net.UDPAddr)
	password := rand.Text() // of no use to other programs on this machine
	g := generator{}
	r := &relay{}
	for i, gt := range gates {
		user := strconv.Itoa(i)
		g[user] = gt.socket
		gt.socket.server = conn
		r.accounts = append(r.accounts, Account{Host: addr.IP.String(), Port: addr.Port, Username: user, Password: password})
	}
	r.server, err = turn.NewServer(turn.ServerConfig{
		Realm: realm,
		AuthHandler: func(a *turn.RequestAttributes) (string, []byte, bool) {
			return a.Username, turn.GenerateAuthKey(a.Username, a.Realm, password), g[a.Username] != nil
		},
		EventHandler: turn.EventHandler{OnAllocationCreated: func(agent, _ net.Addr, _, user, _ string, _ net.Addr, _ int) {
			g[user].agent.Store(&agent)
		}},
		LoggerFactory: &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled},
		PacketConnConfigs: []turn.PacketConnConfig{{
			PacketConn:            conn,
			RelayAddressGenerator: g,
			PermissionHandler:     func(_ net.Addr, peer net.IP) bool { return Synthetic(toAddr(peer)) },
		}},
	})
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return r, nil
}

func (r *relay) close() { _ = r.server.Close() }

// generator hands out the sockets, by user.
type generator map[string]*socket

var errAllocation = errors.New("no such allocation")

// Validate has nothing to check.
func (generator) Validate() error { return nil }

// AllocatePacketConn hands out the socket of the user, once: pion's agent asks twice where it has two addresses to ask from.
func (g generator) AllocatePacketConn(c turn.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	s, ok := g[c.UserID]
	if !ok || s.taken.Swap(true) {
		return nil, nil, errAllocation
	}
	return s, s.LocalAddr(), nil
}

// AllocateListener is for TCP, which no call uses.
func (generator) AllocateListener(turn.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, errAllocation
}

// AllocateConn is for TCP, which no call uses.
func (generator) AllocateConn(turn.AllocateConnConfig) (net.Conn, error) { return nil, errAllocation }
