package sip

import (
	"context"
	"errors"
	"time"

	"github.com/emiago/sipgo/sip"
)

// cancel sends CANCEL once a provisional response has come, and the first time it is asked to.
func (v *inviting) cancel() {
	if !v.heard || v.giveUp != nil {
		return
	}
	v.giveUp = time.After(64 * sip.T1) // RFC 3261 §9.1
	req := v.cancellation()
	v.d.a.spawn(func() {
		ctx, done := context.WithTimeout(context.Background(), 64*sip.T1)
		defer done()
		tx, err := v.d.a.client.TransactionRequest(ctx, req, asIs)
		if err == nil {
			defer tx.Terminate()
			_, err = final(ctx, tx)
		}
		if err != nil && !errors.Is(err, ErrTimeout) {
			v.d.log.Debug("cancel", "err", err)
		}
	})
}

// cancellation builds the CANCEL of an INVITE: the same branch, and nothing that INVITE did not have (RFC 3261 §9.1).
func (v *inviting) cancellation() *sip.Request {
	req := sip.NewRequest(sip.CANCEL, *v.req.Recipient.Clone())
	for _, name := range []string{"Via", "Max-Forwards", "From", "To", "Call-ID", "CSeq", "Route"} {
		for _, h := range copies(v.req, name) {
			req.AppendHeader(h)
		}
	}
	req.CSeq().MethodName = sip.CANCEL
	if reason := formatReason(v.quitting.say.Q850, v.quitting.say.Text); reason != "" {
		req.AppendHeader(sip.NewHeader("Reason", reason))
	}
	req.SetBody(nil)
	req.SetTransport(v.req.Transport())
	req.SetDestination(v.req.Destination())
	req.Laddr = v.req.Laddr
	return req
}
