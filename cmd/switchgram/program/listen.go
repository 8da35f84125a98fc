package program

import (
	"fmt"
	"net/netip"
	"strings"
)

// Listen is an address to listen on: "udp:127.0.0.1:5080".
type Listen struct {
	Network string // udp, tcp
	Address string // IP address and port
}

// UnmarshalText reads "udp:127.0.0.1:5080".
func (l *Listen) UnmarshalText(text []byte) error {
	network, address, _ := strings.Cut(string(text), ":")
	if _, err := netip.ParseAddrPort(address); err != nil || network != "udp" && network != "tcp" {
		return fmt.Errorf("%q: want udp: or tcp:, an IP address and a port, such as udp:127.0.0.1:5080 or tcp:[::1]:5080", text)
	}
	*l = Listen{Network: network, Address: address}
	return nil
}
