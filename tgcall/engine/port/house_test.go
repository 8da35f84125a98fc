package port

import (
	"bytes"
	"context"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/pion/stun/v3"
)

// patience is a safety net; everything below happens at once on an idle machine.
const patience = 60 * time.Second

var loopback = netip.MustParseAddrPort("127.0.0.1:0")

// runPort runs a port until the test ends.
func runPort(t testing.TB, o Options) *Port {
	t.Helper()
	p, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := p.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); running.Wait() })
	return p
}

// guest is a call that shares a port, with one share at an address.
type guest struct {
	*Member
	*Conn
	media chan []byte
}

func join(t testing.TB, p *Port, ufrag string) guest {
	t.Helper()
	return joinAt(t, p, ufrag, "127.0.0.1")
}

func joinAt(t testing.TB, p *Port, ufrag, ip string) guest {
	t.Helper()
	m, err := p.Join(ufrag)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	c, err := m.Listen("udp", &net.UDPAddr{IP: net.ParseIP(ip)})
	if err != nil {
		t.Fatal(err)
	}
	g := guest{m, c, make(chan []byte, 1000)}
	m.OnMedia(func(b []byte) { g.media <- bytes.Clone(b) })
	return g
}

// reads returns what the agent of a call reads next, and from where. Signs of life count as nothing.
func (g guest) reads(t testing.TB) (string, netip.AddrPort) {
	t.Helper()
	b := make([]byte, largest)
	for {
		_ = g.SetReadDeadline(time.Now().Add(patience))
		n, from, err := g.ReadFromAddrPort(b)
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			return string(b[:n]), from
		}
	}
}

// hears returns the next packet of media.
func (g guest) hears(t testing.TB) string {
	t.Helper()
	select {
	case b := <-g.media:
		return string(b)
	case <-time.After(patience):
		t.Fatal("no media")
		return ""
	}
}

func (g guest) sends(t testing.TB, text string, to netip.AddrPort) {
	t.Helper()
	if _, err := g.WriteToAddrPort([]byte(text), to); err != nil {
		t.Fatal(err)
	}
}

// phone is a far end with a socket of its own.
type phone struct{ *net.UDPConn }

func newPhone(t testing.TB) phone {
	t.Helper()
	c, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(loopback))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return phone{c}
}

func (p phone) addr() netip.AddrPort { return p.LocalAddr().(*net.UDPAddr).AddrPort() }

func (p phone) sends(t testing.TB, text string, to netip.AddrPort) {
	t.Helper()
	if _, err := p.WriteToUDPAddrPort([]byte(text), to); err != nil {
		t.Fatal(err)
	}
}

func (p phone) reads(t testing.TB) (string, netip.AddrPort) {
	t.Helper()
	_ = p.SetReadDeadline(time.Now().Add(patience))
	b := make([]byte, largest)
	n, from, err := p.ReadFromUDPAddrPort(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n]), from
}

// check is a connectivity check for a call.
func check(ufrag string) string {
	return string(stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.NewUsername(ufrag+":far"), stun.NewShortTermIntegrity("p"), stun.Fingerprint).Raw)
}

// answer is what a STUN server says to a question, or a peer to a check.
func answer(t testing.TB, to string) string {
	t.Helper()
	m := &stun.Message{Raw: []byte(to)}
	if err := m.Decode(); err != nil {
		t.Fatal(err)
	}
	return string(stun.MustBuild(m, stun.BindingSuccess, &stun.XORMappedAddress{IP: net.IPv4(192, 0, 2, 7), Port: 7}).Raw)
}

func stunQuestion() string {
	return string(stun.MustBuild(stun.TransactionID, stun.BindingRequest).Raw)
}

const (
	sound = "\x80media that nobody has encrypted"
	hello = "\x16\xfe\xfda DTLS record"
)
