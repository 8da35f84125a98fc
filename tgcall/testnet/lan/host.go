package lan

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"
	"golang.org/x/sys/unix"
)

// Host is one host of a LAN, with its own interfaces, addresses and ports.
type Host struct {
	name   string
	addrs  []netip.Prefix
	space  *os.File // the network namespace; nil: the program's own
	device *os.File // the other end of eth0
}

// Here is this machine itself, at 127.0.0.1, as a host without a LAN: for what must also run where networks cannot be made.
func Here() *Host {
	return &Host{name: "here", addrs: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/8")}}
}

// Name is what it was called in Options.
func (h *Host) Name() string { return h.name }

// Addr is its first address: IPv4 if it has one.
func (h *Host) Addr() netip.Addr { return h.addrs[0].Addr() }

// Addr6 is its IPv6 address; false: it has none.
func (h *Host) Addr6() (netip.Addr, bool) {
	last := h.addrs[len(h.addrs)-1].Addr()
	return last, last.Is6()
}

// Do calls f on a thread that is on the host, and returns its error. Sockets that f opens itself belong to the host for good, whoever uses
// them then. Goroutines that f starts are not on the host.
func (h *Host) Do(f func() error) error {
	return onThread(func() error {
		if h.space == nil {
			return f()
		}
		if err := unix.Setns(int(h.space.Fd()), unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("go to host %s: %w", h.name, err)
		}
		return f()
	})
}

// onThread calls f on a thread that is nobody else's and ends with it, whatever f made of its namespaces.
func onThread(f func() error) error {
	done := make(chan error, 1)
	go func() {
		err := errors.New("interrupted") // by runtime.Goexit
		defer func() { done <- err }()
		runtime.LockOSThread()
		err = f()
	}()
	return <-done
}

// Run runs a command on the host as cmd.Run does: it returns when the command has ended, which it does at the latest with this program.
func (h *Host) Run(cmd *exec.Cmd) error {
	return h.Do(func() error {
		if cmd.SysProcAttr == nil {
			cmd.SysProcAttr = &syscall.SysProcAttr{}
		}
		cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL // of the thread, which waits here
		return cmd.Run()
	})
}

// Net is the host's network as pion's libraries want it; its ListenPacket is on the host, the rest is the program's own.
func (h *Host) Net() (transport.Net, error) {
	n := hostNet{host: h}
	err := h.Do(func() (err error) { n.Net, err = stdnet.NewNet(); return err })
	return n, err
}

type hostNet struct {
	transport.Net
	host *Host
}

// ListenPacket implements transport.Net.
func (n hostNet) ListenPacket(network, address string) (c net.PacketConn, err error) {
	err = n.host.Do(func() (err error) { c, err = net.ListenPacket(network, address); return err })
	return c, err
}

// receive gives the host a packet. A host that cannot take it, because it is closing, loses it.
func (h *Host) receive(packet []byte) { _, _ = h.device.Write(packet) }

func (h *Host) close() {
	_ = h.device.Close()
	_ = h.space.Close()
}
