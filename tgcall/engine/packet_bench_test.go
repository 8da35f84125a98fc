package engine

import (
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pion/rtp"

	"switchgram/tgcall/engine/port"
	"switchgram/tgcall/testnet/reflectors"
)

// BenchmarkPacket is one packet of sound all the way, from WriteRTP of one engine to OnRTP of another, over loopback. What it costs is the
// time of the processor, system included, for both ends together; the time of the clock tells little on a machine that has others to serve.
func BenchmarkPacket(b *testing.B) {
	own := func(testing.TB) port.Joiner { return nil }
	shared := func(t testing.TB) port.Joiner { return newPort(t) }
	for _, bench := range []struct {
		name string
		port func(testing.TB) port.Joiner
		call func(testing.TB, Config) call
	}{
		{"sockets of their own", own, direct},
		{"shared port", shared, direct},
		{"by reflector, sockets of their own", own, reflected},
		{"by reflector, shared port", shared, reflected},
	} {
		b.Run(bench.name, func(b *testing.B) {
			all := make([]call, 50)
			shared := bench.port(b)
			for i := range all {
				all[i] = bench.call(b, Config{Version: "13.0.0", Port: shared})
				all[i].run()
				all[i].caller.awaitState(Established)
				all[i].callee.awaitState(Established)
			}
			for _, c := range all {
				c.caller.talk(c.callee, 1)
				c.callee.talk(c.caller, 1)
			}
			stream(b, all)
		})
	}
}

// direct is a call whose callee has sockets of its own, like people at home.
func direct(t testing.TB, c Config) call {
	t.Helper()
	c.P2P = true
	callee := c
	callee.Port = nil
	return newUnequalCall(t, c, callee, weather{})
}

func reflected(t testing.TB, c Config) call {
	t.Helper()
	callersTag, calleesTag := newTags()
	server := newReflector(t, reflectors.Options{})
	caller, callee := c, c
	callee.Port = nil
	caller.Servers, callee.Servers = []Server{at(server, callersTag, false)}, []Server{at(server, calleesTag, false)}
	return newUnequalCall(t, caller, callee, weather{})
}

// stream sends packets on all calls in turn, towards the caller, a few at a time.
func stream(b *testing.B, all []call) {
	var arrived, awaited atomic.Int64
	turn := make(chan struct{}, 1)
	for _, c := range all {
		c.caller.engine.OnRTP(func(*rtp.Packet) {
			if arrived.Add(1) == awaited.Load() {
				turn <- struct{}{}
			}
		})
	}
	p := &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: 5000}, Payload: make([]byte, 80)}
	b.ReportAllocs()
	before, sent, lost := processor(), int64(0), int64(0)
	for b.Loop() {
		if sent%int64(len(all)) == 0 {
			p.SequenceNumber++
			p.Timestamp += 960
		}
		if sent%batch == 0 {
			awaited.Store(arrived.Load() + batch)
		}
		_ = all[sent%int64(len(all))].callee.engine.WriteRTP(p)
		if sent++; sent%batch == 0 && !arrives(turn) {
			lost += awaited.Load() - arrived.Load()
		}
	}
	b.ReportMetric(float64(processor()-before)/float64(sent), "cpu-ns/packet")
	b.ReportMetric(float64(lost)/float64(sent)*100, "%lost")
}

// batch is fewer packets than any queue on the way holds.
const batch = 32

// arrives waits for the last packet of a batch. Some may be lost.
func arrives(turn <-chan struct{}) bool {
	select {
	case <-turn:
		return true
	case <-time.After(100 * time.Millisecond):
		return false
	}
}

// processor is the time of the processor that this program has used.
func processor() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
