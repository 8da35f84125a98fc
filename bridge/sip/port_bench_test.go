package sip

import (
	"net"
	"net/netip"
	"sync"
	"syscall"
	"testing"
	"time"

	"switchgram/bridge/sip/sdp"
)

// BenchmarkPorts compares what a packet costs on its way from the network to whoever hears it, with a port for each of a hundred dialogs and
// with one for all. They speak 50 times a second each; cpu-ns/packet is processor time of the process, which sends them too.
func BenchmarkPorts(b *testing.B) {
	for _, share := range []bool{false, true} {
		name := "own"
		if share {
			name = "shared"
		}
		b.Run(name, func(b *testing.B) { benchmarkPorts(b, share) })
	}
}

const benchDialogs = 100

func benchmarkPorts(b *testing.B, share bool) {
	p := &ports{addrs: []netip.Addr{netip.MustParseAddr("127.0.0.1")}}
	if share {
		if err := p.share(); err != nil {
			b.Fatal(err)
		}
	}
	var readers sync.WaitGroup
	defer readers.Wait()
	var far []*net.UDPConn
	var to []netip.AddrPort
	for range benchDialogs {
		at, err := p.take(p.addrs[0])
		if err != nil {
			b.Fatal(err)
		}
		s := newSound(at, netip.Addr{}, func(Event) {}, func(reason any) { panic(reason) })
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			b.Fatal(err)
		}
		defer conn.Close()
		s.agree(terms{Terms: sdp.Terms{Format: sdp.Format{ClockRate: 8000}, Payloads: []sdp.Payload{{Clock: 8000, Type: 102}}, Direction: sdp.SendRecv, Addr: localAddr(conn)}})
		far, to = append(far, conn), append(to, at.addr())
		defer s.close()
		if at.alone != nil {
			readers.Go(at.run)
		}
	}
	if share {
		readers.Go(p.shared[0].run)
	}
	defer p.close()
	packet := incomingPacket(b)
	pace := time.NewTicker(2 * time.Millisecond)
	defer pace.Stop()
	before := processorTime(b)
	for i := 0; b.Loop(); i++ {
		seq, who := i/benchDialogs, i%benchDialogs
		packet[2], packet[3] = byte(seq>>8), byte(seq)
		if _, err := far[who].WriteToUDPAddrPort(packet, to[who]); err != nil {
			b.Fatal(err)
		}
		if i%10 == 9 {
			<-pace.C
		}
	}
	b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/packet")
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
