package bench

import (
	"context"
	"net"
	"net/netip"
	"sync"

	"switchgram/tgcall/engine/port"
)

// homes are where people are in their calls: each call has an address of its own, as people behind routers of their own have. It is a
// port.Joiner. A home that a call has left is the next one's.
type homes struct {
	built chan *port.Port // to be run
	over  chan struct{}   // closed at the end of Run

	mu  sync.Mutex
	all []*port.Port
}

func newHomes() *homes { return &homes{built: make(chan *port.Port), over: make(chan struct{})} }

// Run serves every home until ctx ends. It may be called once.
func (h *homes) Run(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	defer close(h.over)
	for {
		select {
		case p := <-h.built:
			running.Go(func() { _ = p.Run(ctx) }) // one that breaks shows as loss
		case <-ctx.Done():
			return nil
		}
	}
}

// Join implements port.Joiner.
func (h *homes) Join(ufrag string) (*port.Member, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range h.all {
		if p.Stats().Members == 0 {
			return p.Join(ufrag)
		}
	}
	p, err := h.build()
	if err != nil {
		return nil, err
	}
	h.all = append(h.all, p)
	return p.Join(ufrag)
}

// build opens one more. What comes to it is handed to its call without a detour, which sockets of an ICE agent's own cannot do.
func (h *homes) build() (*port.Port, error) {
	p, err := port.Open(port.Options{Listen: []netip.AddrPort{netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 0)}})
	if err != nil {
		return nil, err
	}
	select {
	case h.built <- p:
		return p, nil
	case <-h.over:
		_ = p.Close() // nothing was sent by it
		return nil, net.ErrClosed
	}
}
