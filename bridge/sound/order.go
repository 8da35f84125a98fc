package sound

// maxWait is how many packets wait for one that is missing.
const maxWait = 3

// maxStep is how far apart sequence numbers of one stream are at most (RFC 3550 Appendix A.1).
const maxStep = 3000

// An orderer puts packets into the order of their sequence numbers. Another source (SSRC), as when a switch steps into the sound of a call or
// out of it, has numbers of its own.
type orderer struct {
	started bool
	ssrc    uint32
	want    uint16
	waiting []arrival // in order
}

// put takes a packet, unless it comes too late or twice.
func (o *orderer) put(a arrival) {
	step := int16(a.packet.SequenceNumber - o.want)
	if !o.started || a.packet.SSRC != o.ssrc || step > maxStep || step < -maxStep {
		o.started, o.ssrc, o.want, o.waiting = true, a.packet.SSRC, a.packet.SequenceNumber, nil
	} else if step < 0 {
		return
	}
	i := len(o.waiting)
	for i > 0 {
		d := int16(o.waiting[i-1].packet.SequenceNumber - a.packet.SequenceNumber)
		if d == 0 {
			return
		}
		if d < 0 {
			break
		}
		i--
	}
	o.waiting = append(o.waiting, arrival{})
	copy(o.waiting[i+1:], o.waiting[i:])
	o.waiting[i] = a
}

// next is the next packet, if it has come, or is not to be waited for: because enough are waiting, or it is the end.
func (o *orderer) next(end bool) (arrival, bool) {
	if len(o.waiting) == 0 {
		return arrival{}, false
	}
	a := o.waiting[0]
	if a.packet.SequenceNumber != o.want && len(o.waiting) <= maxWait && !end {
		return arrival{}, false
	}
	o.waiting = o.waiting[1:]
	o.want = a.packet.SequenceNumber + 1
	return a, true
}
