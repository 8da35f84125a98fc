package sip

import "sync/atomic"

// Strays counts datagrams that came to RTP and RTCP ports and were given to no dialog. Dialogs count what they were given and did not
// listen to themselves: Stats.Strange.
type Strays struct {
	Foreign   uint64 // neither RTP nor RTCP, or larger than an Ethernet frame: STUN, DTLS, noise
	Unknown   uint64 // on a shared port: from where no far end is
	Ambiguous uint64 // on a shared port: from where the far ends of several calls could be
}

// strays is Strays while it grows.
type strays struct{ foreign, unknown, ambiguous atomic.Uint64 }

func (s *strays) count() Strays {
	return Strays{Foreign: s.foreign.Load(), Unknown: s.unknown.Load(), Ambiguous: s.ambiguous.Load()}
}
