package lan

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	tunPath = "/dev/net/tun"
	nicName = "eth0" // WebRTC tells the kind of a network by the interface's name
)

// newHost makes a namespace with one interface. Only the two files hold it: nothing is left when they are closed.
func newHost(name string, addrs []netip.Prefix) (*Host, error) {
	h := &Host{name: name, addrs: addrs}
	return h, onThread(h.build)
}

// build is done on a thread of its own.
func (h *Host) build() (err error) {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("%w: unshare: %w", ErrNotPermitted, err)
	}
	if h.space, err = os.Open("/proc/thread-self/ns/net"); err != nil {
		return err
	}
	if h.device, err = openDevice(); err == nil {
		err = h.address()
	}
	for _, a := range h.addrs {
		if err == nil && a.Addr().Is6() {
			err = reachable(a.Addr())
		}
	}
	if err != nil {
		_ = h.space.Close()
		_ = h.device.Close() // of a nil file is an error, and harmless
	}
	return err
}

// openDevice makes the interface on this thread's host. Reads of the file are what the host sends, writes what it receives, each one packet
// (https://docs.kernel.org/networking/tuntap.html).
func openDevice() (*os.File, error) {
	fd, err := unix.Open(tunPath, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrNotPermitted, tunPath, err)
	}
	ifr, err := unix.NewIfreq(nicName)
	if err == nil {
		ifr.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, ifr)
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("%w: make %s: %w", ErrNotPermitted, nicName, err)
	}
	return os.NewFile(uintptr(fd), tunPath), nil
}

// address gives this thread's host its addresses, by ip(8).
func (h *Host) address() error {
	lines := []string{"link set lo up", "link set " + nicName + " up"}
	for _, a := range h.addrs {
		lines = append(lines, fmt.Sprintf("address add %s dev %s nodad", a, nicName))
	}
	cmd := exec.Command("ip", "-batch", "-")
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("ip: %w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

// reachable waits until this thread's host takes packets for an address of its own: the kernel makes the route for one of IPv6 a moment after
// the address was added, and drops what comes before.
func reachable(six netip.Addr) error {
	const most = 10 * time.Second
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for begun := time.Now(); time.Since(begun) < most; <-tick.C {
		routes, err := os.ReadFile("/proc/thread-self/net/ipv6_route")
		if err != nil {
			return err
		}
		if strings.Contains(string(routes), fmt.Sprintf("%x 80 ", six.As16())) {
			return nil
		}
	}
	return fmt.Errorf("no route to %s within %s", six, most)
}
