package leg_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/leg"
	"switchgram/bridge/sip"
	"switchgram/bridge/sip/sdp"
)

// BenchmarkSIPCalls has SIPp call SIPp through the bridge: an operation is a call that is set up, answered and hung up, both of its
// dialogs. SIPp takes a core for itself, or more; what the bridge alone needs is the processor time of each call.
//
//	go test -run '^$' -bench SIPCalls -benchtime 5000x ./bridge/leg
func BenchmarkSIPCalls(b *testing.B) {
	path, err := exec.LookPath("sipp")
	if err != nil {
		b.Fatal("sipp is not there: apt install sip-tester")
	}
	called := sippCommand(b, path, "-sn", "uas")
	agent := bridged(b, called.port)
	before := processorTime(b)
	b.ResetTimer()
	// With 20 calls at once none waits so long that SIPp, or we, send anything twice.
	caller := sippCommand(b, path, "-sn", "uac", "-m", strconv.Itoa(b.N), "-r", "10000", "-l", "20", "-s", "1000", agent.String())
	err = caller.Wait()
	b.StopTimer()
	if err != nil {
		b.Errorf("not every call came through: %v", err)
	}
	used := processorTime(b) - before
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
	b.ReportMetric(float64(used.Microseconds())/float64(b.N), "cpu-µs/call")
}

// bridged is the address of an agent whose calls the bridge connects to a port of this machine.
func bridged(b *testing.B, port int) netip.AddrPort {
	b.Helper()
	var calls *bridge.Bridge
	var line leg.FreeSWITCHLine
	agent, err := sip.New(sip.Options{
		UDP: "127.0.0.1:0", Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Codecs: []sdp.Codec{sdp.PCMU},
		OnInvite: func(ctx context.Context, d *sip.Dialog) {
			calls.Handle(ctx, line.Take(d, "main"), bridge.Address{Scheme: "sip", User: d.RequestUser()})
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	line = leg.FreeSWITCHLine{Agent: agent, Registrar: fmt.Sprintf("127.0.0.1:%d", port), User: "bench", Codecs: []sdp.Codec{sdp.PCMU}}
	dialer := &leg.FreeSWITCHDialer{Line: func(string) (leg.FreeSWITCHLine, bool) { return line, true }}
	if calls, err = bridge.New(bridge.Options{Dialers: map[string]bridge.Dialer{"sip": dialer}}); err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := agent.Run(ctx); err != nil {
			b.Error(err)
		}
	})
	b.Cleanup(func() { cancel(); running.Wait() })
	<-agent.Ready()
	return agent.Addr("udp")
}

// sipper is a running SIPp.
type sipper struct {
	*exec.Cmd
	port int
}

// sippCommand starts a SIPp on a free port. One that has not ended by itself is ended with the benchmark.
func sippCommand(b *testing.B, path string, args ...string) *sipper {
	b.Helper()
	free, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		b.Fatal(err)
	}
	s := &sipper{port: free.LocalAddr().(*net.UDPAddr).Port}
	if err := free.Close(); err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	s.Cmd = exec.CommandContext(ctx, path, append(args, "-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", strconv.Itoa(s.port), "-nostdin")...)
	s.Dir = b.TempDir()
	if err := s.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		cancel()
		if s.ProcessState == nil {
			_ = s.Wait() // it was ended
		}
	})
	return s
}

// processorTime is what this process has used so far.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
