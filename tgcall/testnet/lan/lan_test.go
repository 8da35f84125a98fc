package lan_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"switchgram/tgcall/testnet/lan"
)

// start runs a network until the test ends.
func start(t *testing.T, o lan.Options) *lan.LAN {
	t.Helper()
	l, err := lan.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := l.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); running.Wait() })
	return l
}

// socket opens a UDP socket on a host; its reads give up after a minute.
func socket(t *testing.T, h *lan.Host, at netip.Addr) *net.UDPConn {
	t.Helper()
	var c *net.UDPConn
	err := h.Do(func() (err error) {
		c, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(at, 0)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return c
}

func send(t *testing.T, from, to *net.UDPConn, text string) {
	t.Helper()
	if _, err := from.WriteTo([]byte(text), to.LocalAddr()); err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, c *net.UDPConn) string {
	t.Helper()
	buf := make([]byte, 2000)
	n, err := c.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	return string(buf[:n])
}

func TestHostsReachEachOther(t *testing.T) {
	l := start(t, lan.Options{Hosts: []string{"ann", "bob"}})
	ann, bob := l.Host("ann"), l.Host("bob")
	annSix, _ := ann.Addr6()
	bobSix, _ := bob.Addr6()
	for _, at := range [][2]netip.Addr{{ann.Addr(), bob.Addr()}, {annSix, bobSix}} {
		a, b := socket(t, ann, at[0]), socket(t, bob, at[1])
		send(t, a, b, "hello")
		if got := receive(t, b); got != "hello" {
			t.Errorf("bob received %q", got)
		}
		send(t, b, a, strings.Repeat("long", 350))
		if got := receive(t, a); len(got) != 1400 {
			t.Errorf("ann received %d bytes", len(got))
		}
	}
	if n := l.Carried(ann, bob); n < 2 {
		t.Errorf("%d packets carried", n)
	}
}

func TestTCPWorksWhilePacketsAreLost(t *testing.T) {
	l := start(t, lan.Options{Hosts: []string{"ann", "bob"}, NoIPv6: true})
	ann, bob := l.Host("ann"), l.Host("bob")
	l.Set(ann, bob, lan.Weather{Loss: 0.1, Jitter: 2 * time.Millisecond})
	var listener net.Listener
	if err := bob.Do(func() (err error) {
		listener, err = net.Listen("tcp", net.JoinHostPort(bob.Addr().String(), "0"))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	var echoed sync.WaitGroup
	echoed.Go(func() {
		if c, err := listener.Accept(); err == nil {
			_, _ = io.Copy(c, c)
			_ = c.Close()
		}
	})
	t.Cleanup(func() { _ = listener.Close(); echoed.Wait() })
	var c *net.TCPConn
	if err := ann.Do(func() (err error) {
		c, err = net.DialTCP("tcp", nil, listener.Addr().(*net.TCPAddr))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	want := strings.Repeat("all of this arrives\n", 1000)
	echoed.Go(func() { _, _ = io.WriteString(c, want); _ = c.CloseWrite() })
	got, err := io.ReadAll(c)
	if err != nil || string(got) != want {
		t.Errorf("%d bytes came back of %d, %v", len(got), len(want), err)
	}
}

// A packet to a third host, received, shows that those before it have been dealt with.
func TestACutCableCarriesNothingUntilItIsMended(t *testing.T) {
	l := start(t, lan.Options{Hosts: []string{"ann", "bob", "eve"}})
	ann, bob, eve := l.Host("ann"), l.Host("bob"), l.Host("eve")
	a, b, e := socket(t, ann, ann.Addr()), socket(t, bob, bob.Addr()), socket(t, eve, eve.Addr())
	l.SetWay(ann, bob, lan.Weather{Loss: 1})
	send(t, a, b, "into the void")
	send(t, a, e, "past it")
	receive(t, e)
	send(t, b, a, "the other way")
	if got := receive(t, a); got != "the other way" {
		t.Errorf("ann received %q", got)
	}
	l.SetAll(bob, lan.Weather{})
	send(t, a, b, "mended")
	if got := receive(t, b); got != "mended" {
		t.Errorf("bob received %q", got)
	}
}

func TestHostsHaveTheAddressesAskedFor(t *testing.T) {
	for name, c := range map[string]struct {
		o    lan.Options
		want string
	}{
		"both":      {lan.Options{}, "10.77.0.1/24 fd77::1/64"},
		"IPv4 only": {lan.Options{NoIPv6: true}, "10.77.0.1/24"},
		"IPv6 only": {lan.Options{NoIPv4: true}, "fd77::1/64"},
	} {
		t.Run(name, func(t *testing.T) {
			c.o.Hosts = []string{"ann"}
			l := start(t, c.o)
			var out strings.Builder
			cmd := exec.CommandContext(t.Context(), "ip", "-brief", "address", "show", "dev", "eth0", "scope", "global")
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := l.Host("ann").Run(cmd); err != nil {
				t.Fatalf("%v: %s", err, out.String())
			}
			if got := strings.Join(strings.Fields(out.String())[2:], " "); got != c.want {
				t.Errorf("ann is at %s, want %s", got, c.want)
			}
		})
	}
	if l, err := lan.New(lan.Options{NoIPv4: true, NoIPv6: true}); err == nil {
		t.Errorf("a network without addresses: %v", l)
	}
}

func TestNothingRunsOnAfterAProgramIsKilled(t *testing.T) {
	program := exec.Command(os.Args[0])
	program.Env = append(os.Environ(), crash+"=1")
	out, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	pipe := bufio.NewReader(out)
	if _, err := pipe.ReadString('\n'); err != nil { // the command runs
		t.Fatal(err)
	}
	if err := program.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(pipe) // ends when nobody holds the other end any more
	if err != nil || len(rest) > 0 {
		t.Errorf("%q, %v", rest, err)
	}
	_ = program.Wait()
}

// Two hosts and a socket on each.
func Example() {
	l, err := lan.New(lan.Options{Hosts: []string{"ann", "bob"}})
	if err != nil {
		panic(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- l.Run(ctx) }()

	ann, bob := l.Host("ann"), l.Host("bob")
	l.Set(ann, bob, lan.Weather{Delay: 20 * time.Millisecond})
	sockets := map[*lan.Host]net.PacketConn{}
	for _, h := range []*lan.Host{ann, bob} {
		if err := h.Do(func() (err error) {
			sockets[h], err = net.ListenPacket("udp", net.JoinHostPort(h.Addr().String(), "5000"))
			return err
		}); err != nil {
			panic(err)
		}
	}
	_, _ = sockets[ann].WriteTo([]byte("hello"), sockets[bob].LocalAddr())
	buf := make([]byte, 100)
	n, from, _ := sockets[bob].ReadFrom(buf)
	fmt.Printf("bob received %q from %v\n", buf[:n], from)

	for _, s := range sockets {
		_ = s.Close()
	}
	cancel()
	fmt.Println(<-done)
	// Output:
	// bob received "hello" from 10.77.0.1:5000
	// <nil>
}
