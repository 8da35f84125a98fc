package verto

import (
	"encoding/binary"
	"time"

	"github.com/pion/rtp"
)

// connected is told by a connection that sound can run.
func (c *Call) connected(m *media) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.phase == over:
		return
	case m == c.next:
		c.closeLater(c.media)
		c.media, c.next = m, nil
	case m != c.media:
		return
	}
	if !c.isUp {
		c.isUp = true
		close(c.up)
		c.expire(0, Ended{})
	}
	if c.phase == taken {
		c.talk()
	}
	switch {
	case !c.lost:
	case c.session.Connected():
		c.back()
	default:
		c.expire(c.s.o.Detach, notReturned)
	}
}

// talk begins the conversation, under the lock.
func (c *Call) talk() {
	c.phase = talking
	c.emit(Answered{})
	if !c.incoming {
		c.display()
	}
}

// back goes on after the page or its sound was lost, under the lock.
func (c *Call) back() {
	c.lost = false
	c.expire(0, Ended{})
	c.emit(Attached{})
	c.display()
	c.s.hub.readmit(c)
}

// moved is told that packets take another way.
func (c *Call) moved(m *media) {
	local, remote := m.pair()
	c.mu.Lock()
	defer c.mu.Unlock()
	if m == c.media && c.phase != over && local != "" {
		c.emit(PathChanged{local, remote})
	}
}

// heard takes a packet of the page's sound. Before the call is answered nobody hears it.
func (c *Call) heard(m *media, p *rtp.Packet) {
	c.mu.Lock()
	hears := m == c.media && (c.phase == talking || c.phase == taken)
	c.mu.Unlock()
	if !hears || len(p.Payload) == 0 {
		return
	}
	c.meter.received(p, time.Now())
	if f := c.receive.Load(); f != nil {
		(*f)(p)
	}
}

// keys are the events of telephones by their numbers (RFC 4733 §3.2).
const keys = "0123456789*#ABCD"

// pressed takes a packet of a key (RFC 4733 §2.3). The last of its packets comes three times; it counts once, by its timestamp.
func (c *Call) pressed(m *media, p *rtp.Packet) {
	if len(p.Payload) < 4 || int(p.Payload[0]) >= len(keys) || binary.BigEndian.Uint16(p.Payload)&0x80 == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if m != c.media || c.phase == over || c.digit == p.Timestamp {
		return
	}
	c.digit = p.Timestamp
	c.emit(Digits{keys[p.Payload[0] : p.Payload[0]+1]})
}

// closeLater closes a connection that is no longer used. The call is running, so that it is waited for.
func (c *Call) closeLater(m *media) {
	if m != nil {
		c.s.group.Go(m.close)
	}
}
