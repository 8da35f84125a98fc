package udp

import (
	"net"
	"net/netip"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// system is what a Socket needs beside net.UDPConn.
type system struct {
	raw     syscall.RawConn
	writers *sync.Pool // of *writer
}

func newSystem(conn *net.UDPConn) (system, error) {
	raw, err := conn.SyscallConn()
	return system{raw: raw, writers: &sync.Pool{New: func() any { return newWriter() }}}, err
}

// Send sends a datagram, with what the system shall know of it; nil: nothing. It waits as long as the system has no room.
func (s *Socket) Send(b, control []byte, to netip.AddrPort) error {
	if to.Addr().Zone() != "" {
		_, _, err := s.WriteMsgUDPAddrPort(b, control, to)
		return err
	}
	w := s.writers.Get().(*writer)
	defer s.writers.Put(w)
	w.load(b, control, to)
	err := s.raw.Write(w.send)
	if sent := w.unload(); err == nil {
		err = sent
	}
	return err
}

// writer is one datagram on its way to the system.
type writer struct {
	head unix.Msghdr
	part unix.Iovec
	name unix.RawSockaddrInet6 // which is larger than that of IPv4
	send func(fd uintptr) bool // trySend, made once
	err  syscall.Errno
}

func newWriter() *writer {
	w := &writer{}
	w.send = w.trySend
	w.head.Name, w.head.Iov = (*byte)(unsafe.Pointer(&w.name)), &w.part
	w.head.SetIovlen(1)
	return w
}

func (w *writer) load(b, control []byte, to netip.AddrPort) {
	w.part.Base, w.head.Control = unsafe.SliceData(b), unsafe.SliceData(control)
	w.part.SetLen(len(b))
	w.head.SetControllen(len(control))
	w.err = 0
	if ip := to.Addr().Unmap(); ip.Is4() {
		*(*unix.RawSockaddrInet4)(unsafe.Pointer(&w.name)) = unix.RawSockaddrInet4{Family: unix.AF_INET, Port: swapped(to.Port()), Addr: ip.As4()}
		w.head.Namelen = unix.SizeofSockaddrInet4
	} else {
		w.name = unix.RawSockaddrInet6{Family: unix.AF_INET6, Port: swapped(to.Port()), Addr: ip.As16()}
		w.head.Namelen = unix.SizeofSockaddrInet6
	}
}

// unload says what came of it, and keeps nothing of the caller's.
func (w *writer) unload() error {
	w.part.Base, w.head.Control = nil, nil
	if w.err != 0 {
		return w.err
	}
	return nil
}

// trySend sends; false: there is no room.
func (w *writer) trySend(fd uintptr) bool {
	_, _, w.err = unix.RawSyscall(unix.SYS_SENDMSG, fd, uintptr(unsafe.Pointer(&w.head)), unix.MSG_DONTWAIT)
	return w.err != unix.EAGAIN
}
