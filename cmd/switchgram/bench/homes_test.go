package bench

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"

	"switchgram/tgcall/engine/port"
)

// live lets homes run until the function is called that it returns.
func live(t *testing.T) (*homes, func()) {
	t.Helper()
	h := newHomes()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	return h, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func enter(t *testing.T, h *homes, ufrag string) (*port.Member, netip.AddrPort) {
	t.Helper()
	m, err := h.Join(ufrag)
	if err != nil {
		t.Fatal(err)
	}
	c, err := m.Listen("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	return m, c.LocalAddr().(*net.UDPAddr).AddrPort()
}

func TestEveryCallIsAtHomeSomewhereElse(t *testing.T) {
	h, leave := live(t)
	defer leave()
	ann, here := enter(t, h, "ann")
	bob, there := enter(t, h, "bob")
	defer bob.Close()
	if here == there {
		t.Errorf("both are at %v", here)
	}
	ann.Close()
	next, again := enter(t, h, "ann's next")
	defer next.Close()
	if again != here {
		t.Errorf("%v is empty, but the next call went to %v", here, again)
	}
}

func TestNobodyMovesInWhenAllIsOver(t *testing.T) {
	h, leave := live(t)
	leave()
	if _, err := h.Join("ann"); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
}
