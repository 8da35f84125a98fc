package udp

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// systemReader reads by recvmmsg(2).
type systemReader struct {
	conn    syscall.RawConn
	heads   []head
	parts   []unix.Iovec
	names   []unix.RawSockaddrInet6 // which is larger than that of IPv4
	zones   map[uint32]string
	receive func(fd uintptr) bool // tryReceive, made once
	outcome
}

// outcome is that of the last recvmmsg.
type outcome struct {
	n   int
	err error
}

// head is the system's struct mmsghdr.
type head struct {
	unix.Msghdr
	size uint32
}

func newSystemReader(s *Socket, to []Packet) *systemReader {
	r := &systemReader{
		conn: s.raw, heads: make([]head, len(to)), parts: make([]unix.Iovec, len(to)), names: make([]unix.RawSockaddrInet6, len(to)),
		zones: map[uint32]string{},
	}
	r.receive = r.tryReceive
	for i, p := range to {
		h := &r.heads[i]
		r.parts[i].Base, h.Control = unsafe.SliceData(p.Data), unsafe.SliceData(p.Control)
		r.parts[i].SetLen(len(p.Data))
		h.Name, h.Iov = (*byte)(unsafe.Pointer(&r.names[i])), &r.parts[i]
		h.SetIovlen(1)
	}
	return r
}

// fill fills packets and says how many.
func (r *systemReader) fill(packets []Packet) (int, error) {
	for i := range r.heads { // the system has written what came last
		r.heads[i].Namelen = unix.SizeofSockaddrInet6
		r.heads[i].SetControllen(cap(packets[i].Control))
	}
	if err := r.conn.Read(r.receive); err != nil {
		return 0, err
	}
	for i := range r.n {
		p, h := &packets[i], &r.heads[i]
		p.Data, p.Control, p.From = p.Data[:h.size], p.Control[:h.Controllen], r.from(&r.names[i])
	}
	return r.n, r.err
}

// tryReceive takes what is there; false: nothing.
func (r *systemReader) tryReceive(fd uintptr) bool {
	n, _, e := unix.RawSyscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&r.heads[0])), uintptr(len(r.heads)), unix.MSG_DONTWAIT, 0, 0)
	r.outcome = outcome{n: int(n)}
	if e != 0 {
		r.outcome = outcome{err: e}
	}
	return e != unix.EAGAIN
}

// from is the address of a sender.
func (r *systemReader) from(name *unix.RawSockaddrInet6) netip.AddrPort {
	if name.Family == unix.AF_INET {
		name := (*unix.RawSockaddrInet4)(unsafe.Pointer(name))
		return netip.AddrPortFrom(netip.AddrFrom4(name.Addr), swapped(name.Port))
	}
	ip := netip.AddrFrom16(name.Addr)
	if name.Scope_id != 0 {
		ip = ip.WithZone(r.zone(name.Scope_id))
	}
	return netip.AddrPortFrom(ip, swapped(name.Port))
}

// zone is the name of a network interface, which package net gives to link-local addresses.
func (r *systemReader) zone(index uint32) string {
	if name, known := r.zones[index]; known {
		return name
	}
	name := strconv.Itoa(int(index))
	if i, err := net.InterfaceByIndex(int(index)); err == nil {
		name = i.Name
	}
	r.zones[index] = name
	return name
}

// swapped is a port number in the order of the network, or from there.
func swapped(port uint16) uint16 {
	var b [2]byte
	binary.NativeEndian.PutUint16(b[:], port)
	return binary.BigEndian.Uint16(b[:])
}
