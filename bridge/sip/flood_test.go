package sip_test

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"switchgram/bridge/sip"
)

// flood sends a request again and again from as many addresses of loopback, each time as another call.
func flood(t *testing.T, to netip.AddrPort, requests, addresses int, method string) {
	t.Helper()
	for i := range addresses {
		conn, err := net.DialUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 2, byte(i>>8), byte(i))}, net.UDPAddrFromAddrPort(to))
		must(t, err)
		for n := range requests {
			id := fmt.Sprintf("%s-%d-%d", method, i, n)
			_, err := conn.Write([]byte(strings.Join([]string{method + " sip:1000@" + to.String() + " SIP/2.0",
				"Via: SIP/2.0/UDP " + conn.LocalAddr().String() + ";rport;branch=z9hG4bK-" + id, "From: <sip:x@y>;tag=" + id, "To: <sip:ann@y>",
				"Call-ID: " + id, "CSeq: 1 " + method, "Contact: <sip:x@" + conn.LocalAddr().String() + ">", "Max-Forwards: 70",
				"Content-Length: 0", "", ""}, "\r\n")))
			must(t, err)
		}
		must(t, conn.Close())
	}
}

// memory is what is in use, once everything that nobody needs is gone.
func memory() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestFloodOfStrangersLeavesNothingBehind: what strangers ask for costs an answer, ten for each address, and no memory that stays; and who
// has a password is served meanwhile.
func TestFloodOfStrangersLeavesNothingBehind(t *testing.T) {
	const requests, addresses = 40, 250
	for _, method := range []string{"INVITE", "REGISTER", "OPTIONS", "ACK", "BYE"} {
		t.Run(method, func(t *testing.T) {
			a, _ := home(t, sip.Options{Log: slog.New(slog.DiscardHandler)})
			p := newPhone(t, a, "ann", "secret")
			contact := "Contact: <sip:ann@" + p.addr() + ">"
			p.register(contact)
			before, goroutines := memory(), runtime.NumGoroutine()

			var flooding sync.WaitGroup
			flooding.Go(func() { flood(t, a.Addr("udp"), requests, addresses, method) })
			for range 20 {
				if res := p.register(contact); res.StatusCode != 200 {
					t.Errorf("meanwhile ann gets %s", res.StartLine())
				}
			}
			flooding.Wait()
			if res := p.register(contact); res.StatusCode != 200 {
				t.Errorf("afterwards ann gets %s", res.StartLine())
			}
			for end := time.Now().Add(patience); runtime.NumGoroutine() > goroutines && time.Now().Before(end); {
				runtime.Gosched() // what came last is still being answered
			}
			grown := int64(memory()) - int64(before)
			t.Logf("%d requests of %d strangers: %d bytes each stay, %d goroutines more", requests*addresses, addresses, grown/addresses, runtime.NumGoroutine()-goroutines)
			if grown > addresses*requests*400 { // no request is kept, and what is kept of an address is little
				t.Errorf("%d bytes stay", grown)
			}
		})
	}
}
