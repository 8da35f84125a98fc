package path

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/pion/stun/v3"
)

// Server is a STUN or TURN server, reached over UDP.
type Server struct {
	Host               string // IP address or name
	Port               int
	Username, Password string // of TURN
	TURN               bool
}

// lookup is how long a server's name may take: the direct candidates wait for it.
const lookup = 2 * time.Second

// split parts the servers with an address from those with a name.
func split(all []Server) (addresses, names []Server) {
	for _, s := range all {
		if _, err := netip.ParseAddr(s.Host); err == nil {
			addresses = append(addresses, s)
		} else {
			names = append(names, s)
		}
	}
	return addresses, names
}

// resolve looks the names up, at once. The agent could do it, but would then not end before the DNS does.
func resolve(ctx context.Context, names []Server, log *slog.Logger) []Server {
	ctx, cancel := context.WithTimeout(ctx, lookup)
	defer cancel()
	found := make([]Server, len(names))
	var wg sync.WaitGroup
	for i, s := range names {
		wg.Go(func() {
			ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", s.Host)
			if err != nil || len(ips) == 0 {
				log.Warn("server has no address", "host", s.Host, "err", err)
				return
			}
			found[i] = s
			found[i].Host = ips[0].Unmap().String()
		})
	}
	wg.Wait()
	return slices.DeleteFunc(found, func(s Server) bool { return s.Host == "" })
}

func urls(servers []Server) (all []*stun.URI) {
	for _, s := range servers {
		u := &stun.URI{Scheme: stun.SchemeTypeSTUN, Host: s.Host, Port: s.Port, Proto: stun.ProtoTypeUDP}
		if s.TURN {
			u.Scheme, u.Username, u.Password = stun.SchemeTypeTURN, s.Username, s.Password
		}
		all = append(all, u)
	}
	return all
}
