package siptest

import (
	"context"
	"errors"
	"time"

	"github.com/emiago/sipgo/sip"
)

var errNoAck = errors.New("no ACK for our 200")

// newIncoming makes the leg of a telephone that calls us (RFC 3261 §12.1.1). A CANCEL ends it.
func (s *Switch) newIncoming(req *sip.Request, tx sip.ServerTransaction, user string) (*leg, error) {
	l, err := s.newLeg(user, req.CallID().Value(), req.Transport())
	if err != nil {
		return nil, err
	}
	l.invite, l.tx, l.remote = req, tx, req.CSeq().SeqNo
	l.self = req.To().AsFrom()
	l.self.Params = sip.HeaderParams{{K: "tag", V: sip.GenerateTagN(13)}}
	l.peer = req.From().AsTo()
	l.contact = s.contact(req.Recipient.User, l.transport)
	l.learn(req, false)
	if sip.IsReliable(l.transport) {
		l.via = req.Source()
	}
	s.remember(l)
	cancelled := func(c *sip.Request) {
		l.over(&ending{status: sip.StatusRequestTerminated, text: "Request Terminated", remote: true, headers: relayed(c)})
	}
	if !tx.OnCancel(cancelled) {
		cancelled(req)
	}
	return l, nil
}

// respond sends a response to the INVITE, unless the caller has given up, which the transaction has answered by itself.
func (l *leg) respond(status int, text string, body []byte, headers []sip.Header) error {
	if asEnding(context.Cause(l.ctx)).status == sip.StatusRequestTerminated {
		return context.Cause(l.ctx)
	}
	l.mu.Lock()
	l.final = l.final || status >= 200
	l.mu.Unlock()
	res := l.s.newResponse(l.invite, status, text)
	if status > 100 {
		tag, _ := l.self.Params.Get("tag")
		res.To().Params.Add("tag", tag)
		res.AppendHeader(sip.HeaderClone(&l.contact))
	}
	for _, h := range headers {
		res.AppendHeader(h)
	}
	if body != nil {
		res.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
		res.AppendHeader(sip.NewHeader("Content-Disposition", "session"))
		res.SetBody(body)
	}
	return l.tx.Respond(res)
}

func (l *leg) ring(headers []sip.Header) error {
	return l.respond(sip.StatusRinging, "Ringing", nil, headers)
}

// progress opens the sound before the answer.
func (l *leg) progress(headers []sip.Header) error {
	a := l.rtp.current()
	return l.respond(sip.StatusSessionInProgress, "Session Progress", l.localSDP("sendrecv", &a), headers)
}

// reject refuses the call. q850 0: the cause FreeSWITCH makes of the status.
func (l *leg) reject(status int, text string, q850 int, headers []sip.Header) {
	if q850 == 0 {
		q850 = causeOf(status)
	}
	l.refuse(status, text, append(without(headers, "Reason"), reason(q850)))
}

// refuse is reject with a Reason of one's own among the headers.
func (l *leg) refuse(status int, text string, headers []sip.Header) {
	if err := l.respond(status, text, nil, headers); err != nil {
		l.s.log.Debug("could not refuse", "sip_call_id", l.callID, "err", err)
	}
	l.over(&ending{status: status, text: text, headers: headers})
}

// answer sends 200 until it is acknowledged (RFC 3261 §13.3.1.4). Without an ACK after 64*T1 the leg is hung up.
func (l *leg) answer(headers []sip.Header) error {
	a := l.rtp.current()
	body := l.localSDP("sendrecv", &a)
	interval := sip.T1
	resend, giveUp := time.NewTimer(interval), time.NewTimer(64*sip.T1)
	defer resend.Stop()
	defer giveUp.Stop()
	l.setAnswered()
	if err := l.respond(sip.StatusOK, "OK", body, headers); err != nil {
		return err
	}
	for {
		select {
		case <-l.acked:
			return nil
		case <-l.ctx.Done(): // a BYE may overtake the ACK
			return context.Cause(l.ctx)
		case <-resend.C:
			if err := l.respond(sip.StatusOK, "OK", body, headers); err != nil {
				return err
			}
			interval = min(2*interval, sip.T2)
			resend.Reset(interval)
		case <-giveUp.C:
			l.bye(nil)
			return errNoAck
		}
	}
}
