package sip

import (
	"context"
	"time"

	"github.com/emiago/sipgo/sip"
)

// confirmation is a 2xx of ours on its way to being acknowledged.
type confirmation struct {
	seq     uint32
	done    chan struct{} // closed by the ACK
	delayed bool          // the ACK brings the answer to our offer
}

// confirm sends the 2xx of an INVITE again and again until it is acknowledged, on any transport (RFC 3261 §13.3.1.4). The lock is held.
func (d *Dialog) confirm(seq uint32, res *sip.Response, tx sip.ServerTransaction, delayed bool) {
	c := &confirmation{seq: seq, done: make(chan struct{}), delayed: delayed}
	d.confirming = c
	wire, ok := tx.(interface{ Connection() sip.Connection })
	if !ok {
		return
	}
	d.a.spawn(func() { d.repeat(c, res, wire.Connection()) })
}

func (d *Dialog) repeat(c *confirmation, res *sip.Response, wire sip.Connection) {
	interval, left := sip.T1, 64*sip.T1
	for left > 0 {
		timer := time.NewTimer(interval)
		select {
		case <-c.done:
			timer.Stop()
			return
		case <-d.over:
			timer.Stop()
			return
		case <-timer.C:
		}
		if err := wire.WriteMsg(res); err != nil {
			d.log.Debug("repeat 200", "err", err)
		}
		left -= interval
		interval = min(2*interval, sip.T2)
	}
	d.abandon(Ended{Text: ErrNoACK.Error(), Err: ErrNoACK}, Hangup{Q850: 102, Text: "no ACK"})
}

// onACK confirms a 2xx. It may come more than once, or after BYE: requests overtake each other.
func (a *Agent) onACK(c *arrival) {
	d := c.dialog()
	if d == nil {
		return
	}
	d.mu.Lock()
	conf := d.confirming
	if conf == nil || conf.seq != c.req.CSeq().SeqNo || isClosed(conf.done) {
		d.mu.Unlock()
		return
	}
	var events []Event
	var err error
	if conf.delayed {
		events, err = d.takeAnswer(c.req.Body())
	}
	close(conf.done)
	d.mu.Unlock()
	if err != nil {
		d.abandon(Ended{Cause: 88, Text: "no common codec", Err: err}, Hangup{Q850: 88, Text: "no common codec"})
		return
	}
	d.tell(events)
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// onBye ends the dialog. It may come before the ACK, and before the answer.
func (d *Dialog) onBye(c *arrival) {
	c.respond(sip.StatusOK)
	d.mu.Lock()
	pending := d.incoming && d.stage == early && !d.finished
	d.mu.Unlock()
	cause, text := parseReason(values(c.req, "Reason"))
	if pending { // RFC 3261 §15.1.2
		if err := d.respond(sip.StatusRequestTerminated, phrases[sip.StatusRequestTerminated], nil); err != nil {
			d.log.Debug("respond", "err", err)
		}
	}
	d.end(Ended{Remote: true, Cause: cause, Text: text})
}

// inOrder tells whether the request is newer than the last (RFC 3261 §12.2.2), and refuses it if not.
func (d *Dialog) inOrder(c *arrival) bool {
	d.mu.Lock()
	seq := c.req.CSeq().SeqNo
	ok := seq > d.heard
	if ok {
		d.heard = seq
	}
	d.mu.Unlock()
	if !ok {
		c.respond(sip.StatusInternalServerError, sip.NewHeader("Retry-After", "1"))
	}
	return ok
}

// background is a context for what must be said to the far end though nobody waits for it.
func background() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), farewell)
}
