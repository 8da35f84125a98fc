package program

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"switchgram/bridge/sip"
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

// PortRange is a range of UDP ports: "14000-14999". The zero value: any free ones.
type PortRange sip.PortRange

// UnmarshalText reads "14000-14999".
func (r *PortRange) UnmarshalText(text []byte) error {
	low, high, _ := strings.Cut(string(text), "-")
	from, err1 := strconv.ParseUint(low, 10, 16)
	to, err2 := strconv.ParseUint(high, 10, 16)
	if err1 != nil || err2 != nil || from == 0 || to <= from {
		return fmt.Errorf("%q: want LOW-HIGH, such as 14000-14999", text)
	}
	*r = PortRange{Low: uint16(from), High: uint16(to)}
	return nil
}
