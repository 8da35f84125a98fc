package testnet_test

import (
	"net"
	"testing"

	"github.com/gotd/td/tg"
	"github.com/pion/logging"
	"github.com/pion/turn/v5"
)

// allocate asks the relay for an address, as a client in the call would.
func allocate(t *testing.T, s *tg.PhoneConnectionWebrtc) (net.PacketConn, error) {
	t.Helper()
	local, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = local.Close() })
	server := (&net.UDPAddr{IP: net.ParseIP(s.IP), Port: s.Port}).String()
	c, err := turn.NewClient(&turn.ClientConfig{STUNServerAddr: server, TURNServerAddr: server, Conn: local,
		Username: s.Username, Password: s.Password, LoggerFactory: &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if err := c.Listen(); err != nil {
		t.Fatal(err)
	}
	relayed, err := c.Allocate()
	if err == nil {
		t.Cleanup(func() { _ = relayed.Close() })
	}
	return relayed, err
}
