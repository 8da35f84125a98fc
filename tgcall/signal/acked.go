package signal

import (
	"fmt"
	"slices"
	"time"
)

// Timers and sizes of the acknowledged framing, as Telegram's engine has them but for ackSoon: it acknowledges at once, and
// lets a reply made meanwhile carry the acknowledgement. Ours waits a moment for such a reply.
const (
	minResend      = 3 * time.Second // a message is not repeated sooner, unless a new one goes out
	maxResend      = 5 * time.Second // nor later
	ackSoon        = 20 * time.Millisecond
	ackLate        = 5 * time.Second // when everything received was a repetition
	maxAckedPacket = 16 << 10
	maxUnacked     = 1024
	messageWindow  = 1024 // counters of messages already delivered
)

// acked is the framing of versions 8 and 9: messages carry counters, are acknowledged and repeated. Pure state; time is an
// argument, and whoever owns it calls tick when deadline says so.
type acked struct {
	counter  uint32
	packets  window // of packet counters
	messages window // of messages that want an acknowledgement: they come again in other packets
	owed     []uint32
	unacked  []unacked // in order of sending
	resendAt time.Time // zero: timer not running
	ackAt    time.Time
}

// unacked is a message that the other side has not acknowledged.
type unacked struct {
	seq  uint32
	wire []byte
	sent time.Time // zero: never
}

func newAcked() *acked {
	return &acked{packets: window{size: windowSize}, messages: window{size: messageWindow}}
}

// send returns the plaintext of the packet that carries a new message. Alone if all before it were acknowledged; otherwise
// behind an empty message and in order with all that were not.
func (a *acked) send(now time.Time, json []byte) ([]byte, error) {
	switch {
	case a.counter > counterMask-2:
		return nil, ErrCounter
	case len(a.unacked) == maxUnacked:
		return nil, ErrFull
	}
	m := unacked{seq: a.next() | flagAck}
	m.wire = appendCustom(nil, m.seq, json)
	if len(a.unacked) > 0 {
		a.unacked = append(a.unacked, m)
		for i := range a.unacked {
			a.unacked[i].sent = time.Time{}
		}
		return a.service(now), nil
	}
	m.sent = now
	a.unacked = append(a.unacked, m)
	return a.fill(now, slices.Clone(m.wire)), nil
}

func (a *acked) next() uint32 {
	a.counter++
	return a.counter
}

// service is a packet of acknowledgements and repetitions; nil if there is nothing to say now.
func (a *acked) service(now time.Time) []byte {
	if len(a.owed) == 0 && (len(a.unacked) == 0 || a.unacked[0].recent(now)) {
		a.schedule(now)
		return nil
	}
	return a.fill(now, appendHead(nil, a.next(), typeEmpty))
}

// fill adds owed acknowledgements and due messages to a packet.
func (a *acked) fill(now time.Time, p []byte) []byte {
	n := min(len(a.owed), (maxAckedPacket-msgKeySize-len(p))/headSize)
	for _, seq := range a.owed[:n] {
		p = appendHead(p, seq, typeAck)
	}
	a.owed = slices.Delete(a.owed, 0, n)
	for i := range a.unacked {
		m := &a.unacked[i]
		if m.recent(now) || msgKeySize+len(p)+len(m.wire) > maxAckedPacket {
			break
		}
		p = append(p, m.wire...)
		m.sent = now
	}
	a.schedule(now)
	return p
}

func (m *unacked) recent(now time.Time) bool {
	return !m.sent.IsZero() && now.Sub(m.sent) < minResend
}

// schedule sets the timers after a packet.
func (a *acked) schedule(now time.Time) {
	a.ackAt = time.Time{}
	if len(a.owed) > 0 {
		a.ackAt = now.Add(ackSoon)
	}
	if len(a.unacked) > 0 && a.resendAt.IsZero() {
		a.resendAt = now.Add(maxResend)
	}
}

// deadline is when tick has something to do; zero: not until something else happens.
func (a *acked) deadline() time.Time {
	if a.ackAt.IsZero() || !a.resendAt.IsZero() && a.resendAt.Before(a.ackAt) {
		return a.resendAt
	}
	return a.ackAt
}

// tick returns the packet that is due, or nil.
func (a *acked) tick(now time.Time) []byte {
	if due := a.deadline(); due.IsZero() || now.Before(due) {
		return nil
	}
	if !a.resendAt.IsZero() && !now.Before(a.resendAt) {
		a.resendAt = time.Time{}
	}
	return a.service(now)
}

// receive takes in a packet's plaintext and returns the bodies that are new, of which there are at most room; with more the
// packet is refused as if it had been lost, and the other side will repeat it.
func (a *acked) receive(now time.Time, plaintext []byte, room int) ([][]byte, error) {
	chain, err := parseChain(plaintext)
	if err != nil {
		return nil, err
	}
	if !a.packets.fresh(chain[0].counter()) {
		return nil, ErrReplay
	}
	if n := a.countNew(chain); n > room {
		return nil, fmt.Errorf("%w: %d new messages", ErrFull, n)
	}
	a.packets.accept(chain[0].counter())
	bodies := a.take(chain)
	a.scheduleAck(now, len(bodies) > 0)
	return bodies, nil
}

func (a *acked) countNew(chain []chained) (n int) {
	for _, m := range chain {
		if m.kind == typeCustom && (!m.wantsAck() || a.messages.fresh(m.counter())) {
			n++
		}
	}
	return n
}

func (a *acked) take(chain []chained) (bodies [][]byte) {
	for i, m := range chain {
		switch {
		case m.kind == typeAck:
			a.unacked = slices.DeleteFunc(a.unacked, func(u unacked) bool { return u.seq == m.seq })
		case m.kind == typeCustom && a.isNew(m, i == 0):
			bodies = append(bodies, m.body)
		}
	}
	slices.Sort(a.owed)
	a.owed = slices.Compact(a.owed)
	return bodies
}

// isNew registers a custom message. One that wants an acknowledgement gets it, repeated or not.
func (a *acked) isNew(m chained, first bool) bool {
	if m.wantsAck() {
		a.owed = append(a.owed, m.seq)
		return a.messages.accept(m.counter())
	}
	return first || a.packets.accept(m.counter())
}

func (a *acked) scheduleAck(now time.Time, somethingNew bool) {
	switch {
	case len(a.owed) == 0:
	case somethingNew:
		a.ackAt = now.Add(ackSoon)
	case a.ackAt.IsZero():
		a.ackAt = now.Add(ackLate)
	}
}

// ackedOverhead is what a message alone in its packet costs.
const ackedOverhead = msgKeySize + headSize + 4

func fitsAcked(size int) error {
	if size > maxAckedPacket-ackedOverhead {
		return ErrSize
	}
	return nil
}
