package sip

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"
)

// whisperers are senders of one datagram each, from as many addresses.
func whisperers(t *testing.T, n int, to netip.AddrPort) {
	t.Helper()
	for i := range n {
		from := &net.UDPAddr{IP: net.IPv4(127, 1, byte(i>>8), byte(i))}
		conn, err := net.DialUDP("udp4", from, net.UDPAddrFromAddrPort(to))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write([]byte("hello\r\n")); err != nil {
			t.Fatal(err)
		}
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestForgedAddressesAreForgotten(t *testing.T) {
	// given an agent that whole networks have sent datagrams to
	a, err := New(Options{UDP: "127.0.0.1:0", Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := a.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); wg.Wait() })
	<-a.Ready()
	pool := a.ua.TransportLayer().Pool("udp")
	for range 4 {
		whisperers(t, maxSources, a.Addr("udp"))
		if n := pool.Size(); n > 3*maxSources {
			t.Fatalf("remembers %d addresses", n)
		}
	}

	// then it has forgotten most of them, and still answers by the same socket
	for deadline := time.Now().Add(20 * time.Second); pool.Size() > maxSources+2; {
		if time.Now().After(deadline) {
			t.Fatalf("remembers %d addresses", pool.Size())
		}
		whisperers(t, 64, a.Addr("udp"))
	}
	conn, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(a.Addr("udp")))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for range 40 { // the socket's buffer may still be full
		fmt.Fprintf(conn, "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP a;rport;branch=z9hG4bKa\r\nFrom: <sip:b@c>;tag=1\r\nTo: <sip:a>\r\n"+
			"Call-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")
		if err := conn.SetReadDeadline(time.Now().Add(500 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		answer := make([]byte, 12)
		if _, err := conn.Read(answer); err == nil && string(answer) == "SIP/2.0 200 " {
			return
		}
	}
	t.Error("no answer")
}
