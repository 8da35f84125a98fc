package port

import "sync/atomic"

// Stats counts what came to a Port since it was opened, and what it was.
type Stats struct {
	Members int    // calls that share the port now
	Alone   uint64 // sockets that calls have opened for themselves, for a far end that another call speaks to

	Received  uint64 // datagrams, all that follow included
	Media     uint64 // given straight to a call
	Tagged    uint64 // given to a call by their tag: from Telegram's reflectors
	Slow      uint64 // given to an ICE agent: checks, answers to them, and DTLS
	Strangers uint64 // dropped: from an address that no call has sent to, and no check
	Unknown   uint64 // dropped: checks for a call that is not here
	Malformed uint64 // dropped: larger than any packet of a call, or a check that cannot be one
	Full      uint64 // dropped: the ICE agent did not keep up
}

type counters struct {
	alone, received, media, tagged, slow, strangers, unknown, malformed, full atomic.Uint64
}

// Stats are the counts of this moment.
func (p *Port) Stats() Stats {
	p.mu.RLock()
	members := len(p.members)
	p.mu.RUnlock()
	c := &p.counters
	return Stats{
		Members: members, Alone: c.alone.Load(),
		Received: c.received.Load(), Media: c.media.Load(), Tagged: c.tagged.Load(), Slow: c.slow.Load(), Strangers: c.strangers.Load(),
		Unknown: c.unknown.Load(), Malformed: c.malformed.Load(), Full: c.full.Load(),
	}
}
