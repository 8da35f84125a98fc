package testnet

import (
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// A blob that is held back so that others overtake it waits this much longer than they.
const (
	reorderMin = 20 * time.Millisecond
	reorderMax = 60 * time.Millisecond
)

// sendSignalingData carries a blob to the other side unchanged, or loses it: the sender cannot tell.
func (r *request) sendSignalingData(q *tg.PhoneSendSignalingDataRequest) (bin.Encoder, error) {
	c, s, err := r.call(q.Peer)
	switch {
	case err != nil:
		return nil, err
	case c.state != callActive || r.device != s.device:
		return nil, tgerr.New(400, "CALL_NOT_ACTIVE")
	}
	to := c.other(s)
	delay, lost := r.n.fate()
	if lost {
		return &tg.BoolTrue{}, nil
	}
	carry := func() { r.n.deliver(c, to, q.Data) }
	if delay == 0 {
		r.then(carry)
		return &tg.BoolTrue{}, nil
	}
	r.n.courier.after(delay, func() {
		r.n.mu.Lock()
		defer r.n.mu.Unlock()
		carry()
	})
	return &tg.BoolTrue{}, nil
}

// fate of the next blob. Three numbers are drawn whatever becomes of it, so that one option does not change the draws for another.
func (n *Network) fate() (delay time.Duration, lost bool) {
	loss, reorder, more := n.calls.dice.Float64(), n.calls.dice.Float64(), n.calls.dice.Float64()
	delay = n.o.Delay
	if reorder < n.o.Reorder {
		delay += reorderMin + time.Duration(more*float64(reorderMax-reorderMin))
	}
	return delay, loss < n.o.Loss
}

func (n *Network) deliver(c *call, to *side, data []byte) {
	if c.state != callActive {
		return
	}
	n.push(to.device, func(viewer) bin.Encoder {
		return &tg.UpdateShort{Update: &tg.UpdatePhoneCallSignalingData{PhoneCallID: c.id, Data: data}, Date: unix(time.Now())}
	})
}
