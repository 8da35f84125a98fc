package reflectors

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"switchgram/tgcall/reflector"
)

func start(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); group.Wait() })
	return s
}

// dial connects to a server by hand; reads give up after a minute.
func dial(t *testing.T, network string, s *Server) net.Conn {
	t.Helper()
	conn, err := net.Dial(network, s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return conn
}

func write(t *testing.T, conn net.Conn, b []byte) {
	t.Helper()
	if _, err := conn.Write(b); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, conn net.Conn) []byte {
	t.Helper()
	buf := make([]byte, largest)
	n, err := conn.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	return buf[:n]
}

// tags of a caller and a callee.
var (
	callers = reflector.PeerTag{0: 0x42, 15: 9}
	callees = reflector.PeerTag{0: 0x43, 15: 9}
)

func TestHelloIsAnswered(t *testing.T) {
	s := start(t, Options{})
	conn := dial(t, "udp", s)
	hello := reflector.AppendHello(nil, callers, 5)
	write(t, conn, hello)
	if got := read(t, conn); !bytes.HasPrefix(got, hello[:infoEnd]) || len(got)%4 != 0 {
		t.Errorf("%x", got)
	}
}

func TestReceiverFindsItsOwnTag(t *testing.T) {
	s := start(t, Options{})
	a, b := dial(t, "udp", s), dial(t, "tcp", s)
	write(t, b, []byte(reflector.Prologue))
	write(t, b, reflector.AppendFrame(nil, reflector.AppendHelloTCP(nil, callees, 7)))
	write(t, b, reflector.AppendFrame(nil, reflector.AppendHello(nil, callees, 7))) // the answer shows that it is known
	buf := make([]byte, largest)
	if _, err := reflector.ReadFrame(b, buf); err != nil {
		t.Fatal(err)
	}
	data := reflector.AppendData(nil, callers, 7, 5, []byte("hello"))
	write(t, a, data)
	n, err := reflector.ReadFrame(b, buf)
	want := reflector.AppendData(nil, callees, 7, 5, []byte("hello"))
	if err != nil || !bytes.Equal(buf[:n], want) {
		t.Errorf("%x, %v; want %x", buf[:n], err, want)
	}
	write(t, b, reflector.AppendFrame(nil, reflector.AppendData(nil, callees, 5, 7, []byte("and back"))))
	if got, want := read(t, a), reflector.AppendData(nil, callers, 5, 7, []byte("and back")); !bytes.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
}

func TestFaults(t *testing.T) {
	from, nobody := netip.MustParseAddrPort("192.0.2.1:9"), func([]byte) {}
	hello := reflector.AppendHello(nil, callers, 5)
	for name, c := range map[string]struct {
		o    Options
		want int // of 100 hellos
	}{"none": {Options{}, 100}, "silent": {Options{Silent: true}, 0}, "all lost": {Options{Loss: 1}, 0}} {
		t.Run(name, func(t *testing.T) {
			s := start(t, c.o)
			answers := 0
			for range 100 {
				s.take(t.Context(), hello, func([]byte) { answers++ }, from)
			}
			if answers != c.want {
				t.Errorf("%d answers, want %d", answers, c.want)
			}
		})
	}
	s := start(t, Options{})
	s.take(t.Context(), hello, nobody, from)
	s.Rebind()
	if to, _ := s.handle(reflector.AppendData(nil, callees, 5, 7, []byte("x")), nobody, from); to != nil {
		t.Error("it remembers where the caller was")
	}
	for n := range maxClients + 10 {
		s.take(t.Context(), reflector.AppendHello(nil, callers, reflector.Tag(n)), nobody, from)
	}
	if len(s.clients) > maxClients {
		t.Errorf("it remembers %d", len(s.clients))
	}
}

func TestStrangersOverTCPAreSentAway(t *testing.T) {
	s := start(t, Options{})
	conn := dial(t, "tcp", s)
	write(t, conn, []byte("GET "))
	if _, err := conn.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("%v", err)
	}
}

func FuzzTake(f *testing.F) {
	f.Add(reflector.AppendHello(nil, callers, 5))
	f.Add(reflector.AppendHelloTCP(nil, callers, 5))
	f.Add(reflector.AppendData(nil, callers, 7, 5, []byte("hello")))
	s := start(f, Options{})
	f.Fuzz(func(t *testing.T, b []byte) {
		s.take(t.Context(), b, func(answer []byte) {
			if len(answer) < tagSize {
				t.Errorf("%x is answered by %x", b, answer)
			}
		}, netip.MustParseAddrPort("192.0.2.1:9"))
	})
}

// Two ports of one call talk through a reflector.
func Example() {
	server, err := Listen(Options{})
	if err != nil {
		panic(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- server.Run(ctx) }()

	conn, err := net.Dial("udp", server.Addr().String())
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	_, _ = conn.Write(reflector.AppendHello(nil, reflector.PeerTag{1: 7}, 5))
	answer := make([]byte, 100)
	_, _ = conn.Read(answer)
	fmt.Println(hex.EncodeToString(answer[:20]))

	cancel()
	fmt.Println(<-done)
	// Output:
	// 00070000000000000000000005000000ffffffff
	// <nil>
}
