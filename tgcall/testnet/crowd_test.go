package testnet_test

import (
	"context"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"switchgram/tgcall"
	"switchgram/tgcall/testnet"
	"switchgram/tgcall/testnet/reflectors"
)

// resources are what a call must give back.
type resources struct{ goroutines, files int }

func inUse(t testing.TB) resources {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return resources{goroutines: runtime.NumGoroutine(), files: len(files)}
}

// backTo waits until no more is in use than at the beginning.
func backTo(ctx context.Context, t testing.TB, before resources) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		now := inUse(t)
		if now.goroutines <= before.goroutines && now.files <= before.files {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("in use: %+v; before the calls: %+v", now, before)
		}
	}
}

// crowd is a person who calls another again and again.
type crowd struct {
	*testnet.Network
	ctx context.Context
	ann *testnet.Phone
}

// newCrowd makes the two, and one call that warms up what later ones share.
func newCrowd(t testing.TB, o testnet.Options) *crowd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	n, err := testnet.Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	a, b := annAndBob(n)
	patient := tgcall.Timeouts{Receive: patience, Exchange: patience, Connect: patience}
	ann, err := a.Phone(ctx, testnet.PhoneOptions{Timeouts: patient})
	if err == nil {
		_, err = b.Phone(ctx, testnet.PhoneOptions{OnCall: testnet.Echo, Timeouts: patient})
	}
	if err != nil {
		t.Fatal(err)
	}
	c := &crowd{Network: n, ctx: ctx, ann: ann}
	c.hangUp(t, c.call(t))
	return c
}

// call returns a call in which the caller has heard itself; nil after an error.
func (c *crowd) call(t testing.TB) *tgcall.Call {
	t.Helper()
	call, err := c.ann.Dial(c.ctx, "@bob")
	if err == nil {
		err = call.Accept(c.ctx) // until media runs
	}
	if err == nil {
		err = echoes(c.ctx, call)
	}
	if err != nil {
		t.Error(err)
		return nil
	}
	return call
}

func (c *crowd) hangUp(t testing.TB, call *tgcall.Call) {
	t.Helper()
	if err := call.Discard(c.ctx, tgcall.Hangup); err != nil {
		t.Error(err)
	}
}

// setUpAtOnce bounds how many calls are set up at the same moment: the rest of the time they are there together.
const setUpAtOnce = 10

// callAll makes many calls and returns when all of them talk.
func (c *crowd) callAll(t testing.TB, many int) []*tgcall.Call {
	t.Helper()
	calls := make([]*tgcall.Call, many)
	var group sync.WaitGroup
	turn := make(chan struct{}, setUpAtOnce)
	for i := range calls {
		turn <- struct{}{}
		group.Go(func() {
			calls[i] = c.call(t)
			<-turn
		})
	}
	group.Wait()
	if t.Failed() || c.Calls() != many {
		t.Fatalf("%d of %d calls are live", c.Calls(), many)
	}
	return calls
}

func (c *crowd) hangUpAll(t testing.TB, calls []*tgcall.Call) {
	t.Helper()
	var group sync.WaitGroup
	for _, call := range calls {
		group.Go(func() { c.hangUp(t, call) })
	}
	group.Wait()
}

// TestAHundredCallsAndMoreAtOnce has both ends of each in this process. How long it takes is reported, not judged: machines differ.
func TestAHundredCallsAndMoreAtOnce(t *testing.T) {
	c := newCrowd(t, testnet.Options{})
	before := inUse(t)
	began := time.Now()
	calls := c.callAll(t, crowdSize)
	t.Logf("%d calls talk after %v", crowdSize, time.Since(began).Round(time.Millisecond))
	c.hangUpAll(t, calls)
	backTo(c.ctx, t, before)
}

// BenchmarkTwoHundredCalls is the time until two hundred calls talk at once.
func BenchmarkTwoHundredCalls(b *testing.B) {
	c := newCrowd(b, testnet.Options{})
	before := inUse(b)
	for b.Loop() {
		c.hangUpAll(b, c.callAll(b, 200))
	}
	b.StopTimer()
	backTo(c.ctx, b, before)
}

// BenchmarkConfirmToAudio is a caller's way from the callee's answer, with which it sends phone.confirmCall, to the first packet of sound.
func BenchmarkConfirmToAudio(b *testing.B) {
	relayed := false
	for name, o := range map[string]testnet.Options{
		"direct":    {},
		"reflector": {Reflector: &reflectors.Options{}, P2P: &relayed},
		"turn":      {TURN: true, P2P: &relayed},
	} {
		b.Run(name, func(b *testing.B) {
			c := newCrowd(b, o)
			var sum, longest time.Duration
			for b.Loop() {
				call := c.call(b)
				if call == nil {
					return
				}
				at := call.Times()
				took := at.FirstReceived.Sub(at.Accepted)
				sum, longest = sum+took, max(longest, took)
				c.hangUp(b, call)
			}
			b.ReportMetric(float64(sum.Milliseconds())/float64(b.N), "ms/audio")
			b.ReportMetric(float64(longest.Milliseconds()), "ms-longest/audio")
		})
	}
}
