package testnet

import (
	"fmt"
	"log/slog"
	"net"
	"sync"

	"github.com/gotd/td/tg"
	"github.com/pion/logging"
	"github.com/pion/turn/v5"
)

// relayRealm is the realm of the TURN server's long-term credentials (RFC 8489 §9.2).
const relayRealm = "testnet"

// relay is a STUN and TURN server on loopback (RFC 8656), over UDP. Each call has credentials of its own, good until it ends.
type relay struct {
	srv  *turn.Server
	addr *net.UDPAddr
	log  *slog.Logger

	mu        sync.Mutex
	passwords map[string]string // by user name
}

func startRelay(log *slog.Logger) (*relay, error) {
	pc, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	r := &relay{addr: pc.LocalAddr().(*net.UDPAddr), log: log, passwords: map[string]string{}}
	r.srv, err = turn.NewServer(turn.ServerConfig{
		Realm:         relayRealm,
		AuthHandler:   r.authenticate,
		LoggerFactory: &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled},
		PacketConnConfigs: []turn.PacketConnConfig{{
			PacketConn:            pc,
			RelayAddressGenerator: &turn.RelayAddressGeneratorNone{Address: "127.0.0.1"},
		}},
	})
	if err != nil {
		_ = pc.Close()
		return nil, fmt.Errorf("relay: %w", err)
	}
	return r, nil
}

// authenticate implements turn.AuthHandler.
func (r *relay) authenticate(ra *turn.RequestAttributes) (userID string, key []byte, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	password, ok := r.passwords[ra.Username]
	return ra.Username, turn.GenerateAuthKey(ra.Username, ra.Realm, password), ok
}

// connection names the relay to one call. A nil relay names none.
func (r *relay) connection(username, password string) []tg.PhoneConnectionClass {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.passwords[username] = password
	return []tg.PhoneConnectionClass{&tg.PhoneConnectionWebrtc{Turn: true, Stun: true, ID: 1, IP: r.addr.IP.String(), Port: r.addr.Port,
		Username: username, Password: password}}
}

// revoke makes a call's credentials useless: its allocations cannot be refreshed any more.
func (r *relay) revoke(username string) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.passwords, username)
}

func (r *relay) close() {
	if r == nil {
		return
	}
	if err := r.srv.Close(); err != nil {
		r.log.Debug("relay closed", "err", err)
	}
}
