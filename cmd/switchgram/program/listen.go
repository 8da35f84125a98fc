package program

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"switchgram/bridge/line"
	"switchgram/bridge/sip"
)

// Listen is an address to listen on: "udp:127.0.0.1:5080".
type Listen struct {
	Network string // udp, tcp, tls
	Address string // IP address and port
}

// UnmarshalText reads "udp:127.0.0.1:5080".
func (l *Listen) UnmarshalText(text []byte) error {
	network, address, _ := strings.Cut(string(text), ":")
	if _, err := netip.ParseAddrPort(address); err != nil || !slices.Contains([]string{"udp", "tcp", "tls"}, network) {
		return fmt.Errorf("%q: want udp:, tcp: or tls:, an IP address and a port, such as udp:127.0.0.1:5080 or tcp:[::1]:5080", text)
	}
	*l = Listen{Network: network, Address: address}
	return nil
}

// listensBy tells whether one of the addresses is of a network.
func listensBy(all []Listen, network string) bool {
	return slices.ContainsFunc(all, func(l Listen) bool { return l.Network == network })
}

// checkListen finds networks that are listened on twice.
func checkListen(all []Listen, key string, say func(key, format string, args ...any)) {
	first := map[string]string{}
	for i, l := range all {
		if before, taken := first[l.Network]; taken {
			say(fmt.Sprintf("%s[%d]", key, i), "%s listens on %s already; want one address of each network", l.Network, before)
			continue
		}
		first[l.Network] = l.Address
	}
}

// ownPort are the addresses that a line alone listens on.
func ownPort(l line.SIP) (all []Listen, err error) {
	for _, text := range l.Listen {
		var at Listen
		if err := at.UnmarshalText([]byte(text)); err != nil {
			return nil, err
		}
		all = append(all, at)
	}
	return all, nil
}

// checkPort checks a line's own addresses.
func (c *Config) checkPort(l line.Config, key string, say func(key, format string, args ...any)) {
	all, err := ownPort(l.SIP)
	switch {
	case err != nil:
		say(key+"sip.listen", "%v", err)
	case listensBy(all, "tls") && c.SIP.TLS.Certificate == "":
		say(key+"sip.listen", "tls: want sip.tls.certificate")
	}
	checkListen(all, key+"sip.listen", say)
}

// on has the options of an agent listen on the addresses.
func on(o sip.Options, all []Listen) sip.Options {
	o.UDP, o.TCP, o.TLS = "", "", ""
	for _, l := range all {
		switch l.Network {
		case "udp":
			o.UDP = l.Address
		case "tcp":
			o.TCP = l.Address
		case "tls":
			o.TLS = l.Address
		}
	}
	return o
}
