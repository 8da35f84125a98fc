package sip

import (
	"context"
	"errors"
	"fmt"

	"github.com/emiago/sipgo/sip"

	"switchgram/bridge/sip/sdp"
)

// respond answers the INVITE of an incoming call. A final response can be given once.
func (d *Dialog) respond(status int, phrase string, body []byte, headers ...sip.Header) error {
	res := sip.NewResponseFromRequest(d.invite, status, phrase, nil)
	if status != sip.StatusTrying {
		res.To().Params.Add("tag", d.localTag)
		if status < 300 {
			res.AppendHeader(d.contact.Clone())
		}
	}
	d.a.sign(res, headers...)
	withSDP(res, body)
	if err := d.record(status, res); err != nil {
		return err
	}
	err := d.tx.Respond(res)
	if status >= 200 {
		close(d.final) // only now: the transaction ends with its handler
	}
	if err != nil {
		return fmt.Errorf("respond %d: %w: %w", status, ErrTransport, err)
	}
	return nil
}

// record notes a response before it goes out: of two final ones only the first does.
func (d *Dialog) record(status int, res *sip.Response) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stage != early || d.finished {
		return ErrEnded
	}
	if status > 100 && status < 200 {
		d.progress = res
	}
	d.finished = status >= 200
	if status >= 200 && status < 300 {
		d.stage = answered
		d.watch()
		d.confirm(d.invite.CSeq().SeqNo, res, d.tx, d.offered == nil)
	}
	return nil
}

func (d *Dialog) repeatProgress() {
	d.mu.Lock()
	res := d.progress
	d.mu.Unlock()
	if res == nil {
		return
	}
	if err := d.tx.Respond(res); err != nil {
		d.log.Debug("repeat progress", "err", err)
	}
}

// Ring tells an incoming call's far end that somebody's telephone rings (180).
func (d *Dialog) Ring(ctx context.Context) error {
	if !d.incoming {
		return errDirection
	}
	return d.respond(sip.StatusRinging, phrases[sip.StatusRinging], nil)
}

var errDirection = errors.New("sip: only an incoming call can be answered")

// EarlyMedia opens an incoming call's sound before the answer (183). A call that came without an offer has none: ErrNoMedia.
func (d *Dialog) EarlyMedia(ctx context.Context) error {
	if !d.incoming {
		return errDirection
	}
	body, events, err := d.firstAnswer()
	if err != nil {
		return err
	}
	if body == nil {
		return ErrNoMedia
	}
	d.tell(events)
	return d.respond(sip.StatusSessionInProgress, phrases[sip.StatusSessionInProgress], body)
}

// firstAnswer is our SDP for the offer of the INVITE, the same in 183 and 200; nil: there was no offer.
func (d *Dialog) firstAnswer() (body []byte, events []Event, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.offered == nil || d.answered != nil {
		return d.answered, nil, nil
	}
	body, events, err = d.ourAnswer(d.offered)
	d.answered = body
	return body, events, err
}

// Answer takes an incoming call (200) and returns when its sound can run: at once, or if the call came without an offer when the far
// end has answered ours. ErrEnded if the call was over, or is by then.
func (d *Dialog) Answer(ctx context.Context) error {
	if !d.incoming {
		return errDirection
	}
	body, events, err := d.firstAnswer()
	if err != nil {
		return err
	}
	delayed := body == nil
	d.mu.Lock()
	if delayed {
		body = d.ourOffer(sdp.SendRecv)
	}
	timer := d.timerHeaders()
	d.mu.Unlock()
	d.tell(events)
	if err := d.respond(sip.StatusOK, phrases[sip.StatusOK], body, timer...); err != nil {
		if !errors.Is(err, ErrEnded) {
			d.end(Ended{Remote: true, Text: err.Error(), Err: err})
		}
		return err
	}
	if delayed {
		return d.awaitAnswer(ctx)
	}
	d.emit(Answered{})
	return nil
}

// awaitAnswer waits for the ACK that carries the far end's answer.
func (d *Dialog) awaitAnswer(ctx context.Context) error {
	d.mu.Lock()
	c := d.confirming
	d.mu.Unlock()
	select {
	case <-c.done:
		d.emit(Answered{})
		return nil
	case <-d.over:
		return ErrEnded
	case <-ctx.Done():
		return ctx.Err()
	}
}
