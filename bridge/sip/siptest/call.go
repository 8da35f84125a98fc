package siptest

import (
	"context"
	"fmt"
	"time"

	"github.com/emiago/sipgo/sip"

	"switchgram/bridge/sip/sdp"
)

// Call tells how a call ended.
type Call struct {
	From, To string // user that called, number dialled
	CallID   string // of the caller's leg
	Codec    sdp.Codec
	Answered bool
	ByCaller bool          // the caller ended it
	Status   int           // final response of a call that was not answered
	Reason   string        // the Reason header of whoever ended it, empty without
	Talked   time.Duration // since the answer
}

// onInvite takes a new call, or a re-INVITE.
func (s *Switch) onInvite(req *sip.Request, tx sip.ServerTransaction) {
	if req.To().Params.Has("tag") {
		s.inDialog((*leg).onReinvite)(req, tx)
		return
	}
	user, err := s.auth.check(req, "Proxy-Authorization")
	if err != nil {
		s.refuse(req, tx, err, sip.StatusProxyAuthRequired, "Proxy-Authenticate")
		return
	}
	l, err := s.newIncoming(req, tx, user)
	if err != nil {
		s.log.Error("no leg for a call", "from", user, "err", err)
		s.respond(tx, s.newResponse(req, sip.StatusServiceUnavailable, "Service Unavailable"))
		return
	}
	s.call(l)
}

// call is a whole call, from the authenticated INVITE to the end of all its legs.
func (s *Switch) call(l *leg) {
	c := Call{From: l.user, To: dialled(l.invite), CallID: l.callID}
	s.log.Info("call", "from", c.From, "to", c.To, "sip_call_id", c.CallID)
	if err := l.respond(sip.StatusTrying, "Trying", nil, nil); err != nil {
		s.log.Debug("could not respond", "sip_call_id", c.CallID, "err", err)
	}
	if err := s.connect(l, c.To); err != nil {
		s.log.Debug("call not connected", "sip_call_id", c.CallID, "err", err)
	}
	l.close()
	c.finish(l)
	s.log.Info("call ended", "from", c.From, "to", c.To, "sip_call_id", c.CallID, "cause", c.Reason, "dur", c.Talked)
	if s.options.Ended != nil {
		s.options.Ended(c)
	}
}

func (c *Call) finish(l *leg) {
	e := asEnding(context.Cause(l.ctx))
	c.Codec, c.ByCaller, c.Status = l.rtp.current().id, e.remote, e.status
	if since := l.answeredAt(); !since.IsZero() {
		c.Answered, c.Talked = true, time.Since(since)
	}
	c.Reason = reasonOf(e.headers)
}

func (s *Switch) connect(l *leg, number string) error {
	offer, err := parseSession(l.invite.Body())
	if err != nil {
		l.reject(sip.StatusNotAcceptableHere, "Not Acceptable Here", 88, nil)
		return err
	}
	r := s.route(l.user, number)
	switch {
	case r.Extension != nil:
		return r.Extension.run(l, offer)
	case r.User != "":
		return s.bridge(l, offer, r)
	default:
		l.reject(sip.StatusNotFound, "Not Found", 3, nil)
		return fmt.Errorf("%q: no such number", number)
	}
}

// bridge calls a registered user and joins the two legs.
func (s *Switch) bridge(a *leg, offer session, r Route) error {
	contact, ok := s.Registered(r.User)
	if !ok {
		a.refuse(sip.StatusTemporarilyUnavailable, "Temporarily Unavailable",
			[]sip.Header{sip.NewHeader("Reason", `SIP;cause=806;text="USER_NOT_REGISTERED"`)})
		return fmt.Errorf("%s: not registered", r.User)
	}
	codecs := r.Codecs
	if len(codecs) == 0 {
		codecs = offer.codecs()
	}
	if len(codecs) == 0 {
		a.reject(sip.StatusNotAcceptableHere, "Not Acceptable Here", 88, nil)
		return errNoCodec
	}
	b, err := s.newOutgoing(contact, s.callerOf(a.user), codecs, headersFor(a.invite, r))
	if err != nil {
		a.reject(sip.StatusServiceUnavailable, "Service Unavailable", 41, nil)
		return err
	}
	defer b.close()
	return s.join(a, b, offer)
}

// join dials b on a's behalf, and stays until one of them ends.
func (s *Switch) join(a, b *leg, offer session) error {
	ctx, cancel := context.WithTimeoutCause(a.ctx, s.options.RingTime, &ending{status: sip.StatusTemporarilyUnavailable})
	defer cancel()
	res, err := b.dial(ctx, func(res *sip.Response) { a.pass(b, offer, res) })
	if err != nil {
		if a.ctx.Err() == nil {
			a.reject(sip.StatusTemporarilyUnavailable, "Temporarily Unavailable", 19, nil)
		}
		return err
	}
	if !res.IsSuccess() {
		a.reject(res.StatusCode, statusText(res.StatusCode), 0, relayed(res))
		return fmt.Errorf("refused: %d", res.StatusCode)
	}
	if err := a.match(b, offer, res.Body()); err != nil {
		b.bye([]sip.Header{reason(88)})
		a.reject(sip.StatusNotAcceptableHere, "Not Acceptable Here", 88, nil)
		return err
	}
	if err := a.answer(relayed(res)); err != nil {
		b.bye(orNormal(asEnding(err).headers))
		return err
	}
	select {
	case <-a.ctx.Done():
		b.bye(orNormal(asEnding(context.Cause(a.ctx)).headers))
	case <-b.ctx.Done():
		a.bye(orNormal(asEnding(context.Cause(b.ctx)).headers))
	}
	return nil
}

// pass relays a provisional response of the called leg to the calling one.
func (l *leg) pass(called *leg, offer session, res *sip.Response) {
	var err error
	switch {
	case res.StatusCode == sip.StatusTrying:
	case len(res.Body()) > 0 && l.match(called, offer, res.Body()) == nil:
		called.learn(res, true)
		err = l.progress(relayed(res))
	default:
		err = l.ring(relayed(res))
	}
	if err != nil {
		l.s.log.Debug("could not pass a response on", "sip_call_id", l.callID, "err", err)
	}
}

// match makes both legs speak the codec that the called one chose and joins their sound. The switch cannot transcode.
func (l *leg) match(called *leg, offer session, answer []byte) error {
	if err := called.settle(answer); err != nil {
		return err
	}
	codec := called.rtp.current().id
	ours, err := choose(offer, []sdp.Codec{codec})
	if err != nil {
		return fmt.Errorf("caller does not speak %s: %w", codec, err)
	}
	l.rtp.agree(ours, offer)
	l.rtp.bridge(called.rtp)
	return nil
}

// callerOf is how FreeSWITCH's test directory names its users.
func (s *Switch) callerOf(user string) caller {
	return caller{name: "Extension " + user, number: user}
}
