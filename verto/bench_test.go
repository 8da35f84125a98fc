package verto

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// The benchmarks have pages without a browser in the same process, so that a page's side is in what is measured, too: as much again, and more.

// crowd is pages that are logged in and read all that they are sent.
type crowd struct {
	b       *testing.B
	s       *Server
	sockets []*websocket.Conn
	answers []chan struct{} // of each page: a message came
	reading sync.WaitGroup
}

// gather logs n pages in, by several at once.
func gather(b *testing.B, n int) *crowd {
	b.Helper()
	s, err := New(Options{Users: everybody{}, ClientAddress: anyAddress()})
	if err != nil {
		b.Fatal(err)
	}
	c := &crowd{b: b, s: s, sockets: make([]*websocket.Conn, n), answers: make([]chan struct{}, n)}
	site := c.serve()
	var arriving sync.WaitGroup
	for worker := range 8 {
		arriving.Go(func() {
			for i := worker; i < n; i += 8 {
				c.sockets[i] = arrive(b, site, i)
				c.answers[i] = make(chan struct{}, 1<<14)
			}
		})
	}
	arriving.Wait()
	if b.Failed() {
		b.FailNow()
	}
	b.Cleanup(func() {
		for _, socket := range c.sockets {
			_ = socket.Close()
		}
		c.reading.Wait()
	})
	return c
}

// everybody may log in.
type everybody struct{}

func (everybody) Login(_ context.Context, l Login) (User, error) {
	return User{ID: l.Name, Name: l.Name, Number: l.Name, May: small{}}, nil
}

// cpu is the time that this process has used.
func cpu() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// BenchmarkLogin is a connection, a login, and its end.
func BenchmarkLogin(b *testing.B) {
	s, err := New(Options{Users: everybody{}, ClientAddress: anyAddress()})
	if err != nil {
		b.Fatal(err)
	}
	c := &crowd{b: b, s: s}
	site := c.serve()
	b.ReportAllocs()
	begun := cpu()
	i := 0
	for b.Loop() {
		_ = arrive(b, site, i).Close()
		i++
	}
	b.ReportMetric(float64((cpu()-begun).Microseconds())/float64(i), "cpu-µs/login")
}

// BenchmarkIdlePages is what 2,000 pages cost that are logged in, their own sockets included.
func BenchmarkIdlePages(b *testing.B) {
	const pages = 2000
	for b.Loop() {
		before, goroutines := memory(), runtime.NumGoroutine()
		gather(b, pages)
		b.ReportMetric(float64(memory()-before)/pages/1024, "KiB/page")
		b.ReportMetric(float64(runtime.NumGoroutine()-goroutines)/pages, "goroutines/page")
	}
}

// memory is the heap and the stacks in use.
func memory() uint64 {
	runtime.GC()
	runtime.GC() // pools
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// BenchmarkRoundTrip is a request and its answer while 2,000 pages are there.
func BenchmarkRoundTrip(b *testing.B) {
	c := gather(b, 2000)
	took := make([]time.Duration, 0, 1<<20)
	i := 0
	for b.Loop() {
		socket := c.sockets[i*7%len(c.sockets)]
		begun := time.Now()
		if err := socket.WriteMessage(websocket.TextMessage, []byte(`{"jsonrpc":"2.0","method":"verto.ping","params":{},"id":9}`)); err != nil {
			b.Fatal(err)
		}
		if _, _, err := socket.ReadMessage(); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(begun))
		i++
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}

// BenchmarkArray is a change of a table that 1,000 pages watch, until all have been told.
func BenchmarkArray(b *testing.B) {
	c := gather(b, 1000)
	a := c.s.NewArray("calls", "calls")
	for i, socket := range c.sockets {
		if err := socket.WriteMessage(websocket.TextMessage, []byte(`{"jsonrpc":"2.0","method":"verto.subscribe","params":{"eventChannel":"calls"},"id":2}`)); err != nil {
			b.Fatal(err)
		}
		c.reading.Go(func() { c.read(i) })
	}
	for i := range c.sockets {
		<-c.answers[i]
	}
	begun, n := cpu(), 0
	for b.Loop() {
		if err := a.Put("call", []any{"call", "sales", "+4930123456", "1000", "talking", n, []any{}, 4.2}); err != nil {
			b.Fatal(err)
		}
		for i := range c.sockets {
			<-c.answers[i]
		}
		n++
	}
	b.ReportMetric(float64((cpu()-begun).Nanoseconds())/float64(n)/float64(len(c.sockets)), "cpu-ns/page")
}

// read counts what a page is sent.
func (c *crowd) read(i int) {
	for {
		if _, _, err := c.sockets[i].ReadMessage(); err != nil {
			return
		}
		c.answers[i] <- struct{}{}
	}
}

// arrive connects a page and logs it in.
func arrive(b *testing.B, url string, i int) *websocket.Conn {
	socket, _, err := (&websocket.Dialer{WriteBufferPool: &buffers}).Dial(url, nil)
	if err != nil {
		b.Error(err)
		return nil
	}
	login := fmt.Sprintf(`{"jsonrpc":"2.0","method":"login","params":{"login":"user%d","passwd":"x","sessid":"page%d"},"id":1}`, i, i)
	if err := socket.WriteMessage(websocket.TextMessage, []byte(login)); err != nil {
		b.Error(err)
	}
	for range 2 { // the result, clientReady
		if _, _, err := socket.ReadMessage(); err != nil {
			b.Error(err)
		}
	}
	return socket
}

// anyAddress has every page come from another address: so many of one are held for an attack.
func anyAddress() func(*http.Request) netip.Addr {
	var n atomic.Uint32
	return func(*http.Request) netip.Addr {
		i := n.Add(1)
		return netip.AddrFrom4([4]byte{127, byte(i >> 16), byte(i >> 8), byte(i)})
	}
}

// serve runs the server until the benchmark ends.
func (c *crowd) serve() (url string) {
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = c.s.Run(ctx) })
	site := httptest.NewServer(c.s)
	c.b.Cleanup(func() { stop(); running.Wait(); site.Close() })
	for {
		c.s.mu.Lock()
		up := c.s.running
		c.s.mu.Unlock()
		if up {
			return "ws" + strings.TrimPrefix(site.URL, "http")
		}
		runtime.Gosched()
	}
}

var buffers sync.Pool
