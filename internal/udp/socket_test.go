package udp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/net/ipv4"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// safety is for a test that would hang.
const safety = 20 * time.Second

func listen(t testing.TB, network, at string) *Socket {
	t.Helper()
	s, err := Listen(network, net.UDPAddrFromAddrPort(netip.MustParseAddrPort(at)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.SetDeadline(time.Now().Add(safety)); err != nil {
		t.Fatal(err)
	}
	return s
}

func addrOf(s *Socket) netip.AddrPort { return s.LocalAddr().(*net.UDPAddr).AddrPort() }

func send(t testing.TB, s *Socket, text string, to *Socket) {
	t.Helper()
	if err := s.Send([]byte(text), nil, addrOf(to)); err != nil {
		t.Fatal(err)
	}
}

// read reads so many datagrams.
func read(t testing.TB, r *Reader, n int) (texts []string, from []netip.AddrPort) {
	t.Helper()
	for len(texts) < n {
		packets, err := r.Read()
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range packets {
			texts, from = append(texts, string(p.Data)), append(from, p.From)
		}
	}
	return texts, from
}

func TestWhatIsSentComesFromWhoSentIt(t *testing.T) {
	for network, at := range map[string]string{"udp4": "127.0.0.1:0", "udp6": "[::1]:0"} {
		a, b := listen(t, network, at), listen(t, network, at)
		send(t, a, "hello", b)
		texts, from := read(t, b.NewReader(4, 100, 0), 1)
		if texts[0] != "hello" || from[0] != addrOf(a) {
			t.Errorf("%s: %q from %v, want hello from %v", network, texts[0], from[0], addrOf(a))
		}
	}
}

func TestManyAreReadInTheirOrder(t *testing.T) {
	a, b := listen(t, "udp4", "127.0.0.1:0"), listen(t, "udp4", "127.0.0.1:0")
	for i := range 10 {
		send(t, a, fmt.Sprint("packet ", i), b)
	}
	texts, _ := read(t, b.NewReader(4, 100, 0), 10)
	for i, text := range texts {
		if text != fmt.Sprint("packet ", i) {
			t.Errorf("%d: %q", i, text)
		}
	}
}

func TestAShortDatagramAfterALongOneIsWhole(t *testing.T) {
	a, b := listen(t, "udp4", "127.0.0.1:0"), listen(t, "udp4", "127.0.0.1:0")
	r := b.NewReader(1, 8, 0)
	for _, text := range []string{"12345678", "a", "", "1234567"} {
		send(t, a, text, b)
		if got, _ := read(t, r, 1); got[0] != text {
			t.Errorf("%q, want %q", got[0], text)
		}
	}
}

func TestWhatIsTooLargeIsCut(t *testing.T) {
	a, b := listen(t, "udp4", "127.0.0.1:0"), listen(t, "udp4", "127.0.0.1:0")
	send(t, a, "123456789", b)
	if got, _ := read(t, b.NewReader(2, 4, 0), 1); got[0] != "1234" {
		t.Errorf("%q", got[0])
	}
}

func TestAnIPv4AddressMayLookLikeIPv6(t *testing.T) {
	a, b := listen(t, "udp4", "127.0.0.1:0"), listen(t, "udp4", "127.0.0.1:0")
	mapped := netip.AddrPortFrom(netip.AddrFrom16(addrOf(b).Addr().As16()), addrOf(b).Port())
	if err := a.Send([]byte("hello"), nil, mapped); err != nil {
		t.Fatal(err)
	}
	if got, _ := read(t, b.NewReader(1, 10, 0), 1); got[0] != "hello" {
		t.Errorf("%q", got[0])
	}
}

func TestTheSystemSaysWhereADatagramCameToAndIsToldWhereItComesFrom(t *testing.T) {
	a, b := listen(t, "udp4", "0.0.0.0:0"), listen(t, "udp4", "0.0.0.0:0")
	if err := ipv4.NewPacketConn(b).SetControlMessage(ipv4.FlagDst, true); err != nil {
		t.Fatal(err)
	}
	home, other := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2")
	control := (&ipv4.ControlMessage{Src: other.AsSlice()}).Marshal()
	r := b.NewReader(2, 100, 64)
	for range 2 {
		if err := a.Send([]byte("hello"), control, netip.AddrPortFrom(home, addrOf(b).Port())); err != nil {
			t.Fatal(err)
		}
		packets, err := r.Read()
		if err != nil {
			t.Fatal(err)
		}
		var m ipv4.ControlMessage
		if err := m.Parse(packets[0].Control); err != nil || !m.Dst.Equal(home.AsSlice()) || packets[0].From.Addr() != other {
			t.Errorf("to %v from %v: %v", m.Dst, packets[0].From, err)
		}
	}
}

func TestAReaderEndsWithItsSocket(t *testing.T) {
	s := listen(t, "udp4", "127.0.0.1:0")
	ended := make(chan error)
	go func() {
		_, err := s.NewReader(2, 100, 0).Read()
		ended <- err
	}()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("read: %v", err)
	}
	if err := s.Send([]byte("hello"), nil, addrOf(s)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("send: %v", err)
	}
}

func TestADeadlineEndsARead(t *testing.T) {
	s := listen(t, "udp4", "127.0.0.1:0")
	if err := s.SetReadDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.NewReader(2, 100, 0).Read(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

func TestWhatCannotBeSentIsAnError(t *testing.T) {
	four, six := listen(t, "udp4", "127.0.0.1:0"), listen(t, "udp6", "[::1]:0")
	for name, err := range map[string]error{
		"too large":    four.Send(make([]byte, 70000), nil, addrOf(four)),
		"IPv6 by IPv4": four.Send([]byte("hello"), nil, addrOf(six)),
		"IPv4 by IPv6": six.Send([]byte("hello"), nil, addrOf(four)),
		"no address":   four.Send([]byte("hello"), nil, netip.AddrPort{}),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestManyMaySendAtOnce(t *testing.T) {
	a, b := listen(t, "udp4", "127.0.0.1:0"), listen(t, "udp4", "127.0.0.1:0")
	var senders sync.WaitGroup
	const each, all = 20, 4
	for who := range all {
		senders.Go(func() {
			for i := range each {
				if err := a.Send([]byte{byte(who), byte(i)}, nil, addrOf(b)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	texts, _ := read(t, b.NewReader(8, 100, 0), each*all)
	senders.Wait()
	var next [all]byte
	for _, text := range texts {
		if who := text[0]; text[1] != next[who] {
			t.Errorf("%d: packet %d, want %d", who, text[1], next[who])
		}
		next[text[0]]++
	}
}

func TestAPacketCostsNoMemory(t *testing.T) {
	a, b := listen(t, "udp4", "127.0.0.1:0"), listen(t, "udp4", "127.0.0.1:0")
	r, packet, to := b.NewReader(4, 100, 0), []byte("hello"), addrOf(b)
	n := testing.AllocsPerRun(1000, func() {
		if err := a.Send(packet, nil, to); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Read(); err != nil {
			t.Fatal(err)
		}
	})
	if n >= 1 { // the race detector makes pools forgetful
		t.Errorf("%v allocations", n)
	}
}
