package siptest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/google/uuid"

	"switchgram/bridge/sip/sdp"
)

// caller is who a telephone is told is calling.
type caller struct{ name, number string }

// newOutgoing makes the leg of a telephone that we call, and its INVITE as FreeSWITCH sends it: the number dialled is neither in
// the request URI nor in To; only the caller and what the dialplan adds say anything.
func (s *Switch) newOutgoing(to Contact, from caller, codecs []sdp.Codec, headers []sip.Header) (*leg, error) {
	l, err := s.newLeg(to.User, uuid.NewString(), to.transport())
	if err != nil {
		return nil, err
	}
	l.offer, l.target = codecs, *to.uri.Clone()
	l.self = sip.FromHeader{DisplayName: from.name, Address: sip.Uri{Scheme: "sip", User: from.number, Host: s.options.Domain}}
	l.self.Params.Add("tag", sip.GenerateTagN(13))
	l.peer = sip.ToHeader{Address: bareURI(to.uri)}
	l.contact = s.contact("mod_sofia", l.transport)
	l.invite = l.newInvite(from, headers)
	s.remember(l)
	return l, nil
}

func bareURI(u sip.Uri) sip.Uri {
	return sip.Uri{Scheme: u.Scheme, User: u.User, Host: u.Host, Port: u.Port}
}

func (l *leg) newInvite(from caller, headers []sip.Header) *sip.Request {
	req := l.request(sip.INVITE)
	for _, h := range headers {
		req.AppendHeader(h)
	}
	req.AppendHeader(sip.NewHeader("Allow", allow))
	req.AppendHeader(sip.NewHeader("X-FS-Support", "update_display,send_info"))
	req.AppendHeader(sip.NewHeader("Remote-Party-ID",
		fmt.Sprintf("%q <sip:%s@%s>;party=calling;screen=yes;privacy=off", from.name, from.number, l.s.options.Domain)))
	req.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
	req.AppendHeader(sip.NewHeader("Content-Disposition", "session"))
	req.SetBody(l.localSDP("sendrecv", nil))
	return req
}

// dial sends the INVITE and returns its final response, a success already acknowledged. Provisional responses go to progress. When
// ctx ends first the INVITE is cancelled, and the error is the context's cause.
func (l *leg) dial(ctx context.Context, progress func(*sip.Response)) (*sip.Response, error) {
	tx, err := l.s.client.TransactionRequest(ctx, l.invite)
	if err != nil {
		return nil, fmt.Errorf("INVITE to %s: %w", l.invite.Recipient.String(), err)
	}
	var giveUp <-chan time.Time // once cancelled: the telephone may be gone
	cancel := sync.OnceFunc(func() { l.cancel(asEnding(context.Cause(ctx)).headers) })
	provisional := false
	for stop := ctx.Done(); ; {
		select {
		case res := <-tx.Responses():
			if !res.IsProvisional() {
				return l.answered(ctx, tx, res, stop == nil)
			}
			// A CANCEL has to wait for the first provisional response (RFC 3261 §9.1).
			if provisional = true; stop == nil {
				cancel()
			} else {
				progress(res)
			}
		case <-stop:
			stop, giveUp = nil, time.After(byeTimeout)
			if provisional {
				cancel()
			}
		case <-giveUp:
			tx.Terminate()
			return nil, context.Cause(ctx)
		case <-tx.Done():
			return nil, fmt.Errorf("INVITE to %s: %w", l.invite.Recipient.String(), tx.Err())
		}
	}
}

// answered acknowledges a success. One that crossed our CANCEL is hung up at once.
func (l *leg) answered(ctx context.Context, tx sip.ClientTransaction, res *sip.Response, cancelled bool) (*sip.Response, error) {
	if res.IsSuccess() {
		l.establish(tx, res)
	}
	if !cancelled {
		return res, nil
	}
	if res.IsSuccess() {
		l.bye(asEnding(context.Cause(ctx)).headers)
	}
	return nil, context.Cause(ctx)
}

// establish makes the dialog of a 200 and acknowledges that, now and each time it is repeated.
func (l *leg) establish(tx sip.ClientTransaction, res *sip.Response) {
	l.mu.Lock()
	l.peer = sip.ToHeader{DisplayName: res.To().DisplayName, Address: res.To().Address, Params: res.To().Params.Clone()}
	l.mu.Unlock()
	l.learn(res, true)
	l.setAnswered()
	ack := l.ack(l.invite)
	again := ack.Clone()
	tx.OnRetransmission(func(*sip.Response) { _ = l.s.client.WriteRequest(again.Clone()) })
	if err := l.s.client.WriteRequest(ack); err != nil {
		l.s.log.Debug("could not acknowledge", "sip_call_id", l.callID, "err", err)
	}
}

// cancel sends CANCEL for our INVITE (RFC 3261 §9.1); its response says nothing, the INVITE's does.
func (l *leg) cancel(headers []sip.Header) {
	req := sip.NewRequest(sip.CANCEL, l.invite.Recipient)
	for _, name := range []string{"Via", "From", "To", "Call-ID", "Route", "Max-Forwards"} {
		for _, h := range l.invite.GetHeaders(name) {
			req.AppendHeader(sip.HeaderClone(h))
		}
	}
	req.AppendHeader(&sip.CSeqHeader{SeqNo: l.invite.CSeq().SeqNo, MethodName: sip.CANCEL})
	for _, h := range headers {
		req.AppendHeader(h)
	}
	req.SetTransport(l.invite.Transport())
	req.SetDestination(l.invite.MessageData.Destination())
	req.Laddr = l.invite.Laddr
	l.s.calls.Go(func() {
		ctx, stop := context.WithTimeout(context.WithoutCancel(l.ctx), byeTimeout)
		defer stop()
		_, _ = l.do(ctx, req)
	})
}
