package sip

import (
	"net"
	"net/netip"
	"slices"
	"sync"
)

// maxGuests is how many connections strangers may have open at once. sipgo keeps 32 KiB for each, and up to 64 of a message that is not
// complete yet.
const maxGuests = 256

// door is a listener that strangers cannot block: when too many of them have come in, the one who has been there longest must leave.
// Whoever may call us, or has shown a password, is no stranger.
type door struct {
	net.Listener
	gate *gate

	mu     sync.Mutex
	guests []*guest // in the order in which they came
}

// guest is the connection of a stranger.
type guest struct {
	net.Conn
	door *door
}

func newDoor(l net.Listener, g *gate) *door { return &door{Listener: l, gate: g} }

// Accept implements [net.Listener].
func (d *door) Accept() (net.Conn, error) {
	conn, err := d.Listener.Accept()
	if err != nil || d.gate.welcome(addrOf(conn.RemoteAddr()).Addr()) {
		return conn, err
	}
	g := &guest{Conn: conn, door: d}
	if oldest := d.enter(g); oldest != nil {
		_ = oldest.Conn.Close() // nobody is left who would want to know
	}
	return g, nil
}

// enter counts a guest in, and says who has to leave for that.
func (d *door) enter(g *guest) (oldest *guest) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.guests) == maxGuests {
		oldest = d.guests[0]
		d.guests = slices.Delete(d.guests, 0, 1)
	}
	d.guests = append(d.guests, g)
	return oldest
}

// know makes a guest an acquaintance, who may stay.
func (d *door) know(from netip.AddrPort) {
	d.drop(func(g *guest) bool { return addrOf(g.RemoteAddr()) == from })
}

func (d *door) drop(which func(*guest) bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.guests = slices.DeleteFunc(d.guests, which)
}

// Close implements [net.Conn].
func (g *guest) Close() error {
	g.door.drop(func(other *guest) bool { return other == g })
	return g.Conn.Close()
}
