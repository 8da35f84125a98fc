package path

import (
	"context"
	"io"
	"log/slog"
	"net/netip"
	"sync"
	"testing"

	"github.com/pion/ice/v4"
	"github.com/pion/logging"

	"switchgram/tgcall/engine/port"
)

// TestPeersAreToldTheAdvertisedAddressOnce: whatever addresses the machine has behind its router, and whatever a STUN server says.
func TestPeersAreToldTheAdvertisedAddressOnce(t *testing.T) {
	shared, err := port.Open(port.Options{
		Listen: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}, Advertise: []netip.Addr{netip.MustParseAddr("198.51.100.7")},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = shared.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
	var told []string
	p, err := Open(Options{
		Port: shared, Log: slog.New(slog.DiscardHandler), PionLogs: &logging.DefaultLoggerFactory{Writer: io.Discard},
		OnCandidate: func(c string) { told = append(told, c) }, OnConnected: func(bool) {}, OnPair: func(string, string) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	for _, c := range []struct {
		kind    ice.CandidateType
		address string
	}{
		{ice.CandidateTypeHost, "10.0.0.5"}, {ice.CandidateTypeHost, "172.17.0.1"}, {ice.CandidateTypeServerReflexive, "198.51.100.7"},
		{ice.CandidateTypeHost, "2001:db8::5"}, {ice.CandidateTypeServerReflexive, "203.0.113.9"},
	} {
		one, err := candidate{foundation: "1", priority: 1, addr: netip.AddrPortFrom(netip.MustParseAddr(c.address), 15000), kind: c.kind}.remote()
		if err != nil {
			t.Fatal(err)
		}
		p.tell(one)
	}
	want := []string{"198.51.100.7", "2001:db8::5", "203.0.113.9"}
	if len(told) != len(want) {
		t.Fatalf("told %q", told)
	}
	for i, text := range told {
		if c, err := parse(text, false); err != nil || c.addr != netip.AddrPortFrom(netip.MustParseAddr(want[i]), 15000) {
			t.Errorf("told %q, want %s; %v", text, want[i], err)
		}
	}
}
