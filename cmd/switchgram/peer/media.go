package peer

import (
	"net/netip"

	"switchgram/tgcall/engine/port"
)

// openPort opens a port for the media of the call, which nobody else shares: `switchgram run` takes media so, too. Nil: the call has
// sockets of its own.
func openPort(o Options) (*port.Port, error) {
	if o.OwnSockets {
		return nil, nil
	}
	options := port.Options{Log: o.Log}
	if o.Loopback {
		options.Listen = []netip.AddrPort{
			netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 0), netip.AddrPortFrom(netip.IPv6Loopback(), 0),
		}
	}
	return port.Open(options)
}
