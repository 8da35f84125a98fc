package siptest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"switchgram/bridge/sip/sdp"
)

// leg is the switch's end of one call with a telephone: a dialog (RFC 3261 §12) and its sound. Who called makes no difference once
// it is answered.
type leg struct {
	s         *Switch
	user      string // whose telephone it is
	rtp       *rtpPort
	desc      description // of our SDP; its version grows
	callID    string
	self      sip.FromHeader // From of our requests, with our tag
	peer      sip.ToHeader   // To of our requests, with the telephone's tag once it is known
	contact   sip.ContactHeader
	transport string // UDP or TCP

	invite *sip.Request          // what began the dialog, in either direction
	tx     sip.ServerTransaction // of an INVITE that we answer; nil when we called

	over context.CancelCauseFunc // ends ctx with an *ending
	ctx  context.Context         // lives as long as the leg

	mu       sync.Mutex
	target   sip.Uri // where our requests go: the telephone's Contact
	via      string  // where responses of ours and requests on one TCP connection go; empty: resolve target
	routes   []string
	cseq     uint32
	remote   uint32    // highest CSeq of the telephone
	since    time.Time // of the answer
	offer    []sdp.Codec
	final    bool // an INVITE that we answer has its final response
	hungUp   bool // we have sent BYE
	acked    chan struct{}
	referred chan int  // how a deflection ended: a SIP status
	once     sync.Once // closes acked
}

// ending says how a leg ended: the telephone hung up or refused (remote), or we did.
type ending struct {
	status  int // final response of an INVITE; 0: the call had been answered
	text    string
	remote  bool
	headers []sip.Header // Reason and X- headers, to be relayed
}

// Error makes an ending a context's cause.
func (e *ending) Error() string {
	if e.status == 0 {
		return "hung up"
	}
	return fmt.Sprintf("%d %s", e.status, e.text)
}

// asEnding is the ending in an error, or a plain hangup.
func asEnding(err error) *ending {
	var e *ending
	if errors.As(err, &e) {
		return e
	}
	return &ending{}
}

func (s *Switch) newLeg(user, callID, transport string) (*leg, error) {
	port, err := newRTPPort(s.options.MediaLoss)
	if err != nil {
		return nil, err
	}
	now := time.Now().Unix()
	l := &leg{s: s, user: user, rtp: port, callID: callID, transport: transport, acked: make(chan struct{}), referred: make(chan int, 1), cseq: uint32(now & 0xffffff)}
	l.desc = description{id: uint64(now), version: 1, addr: port.addr()}
	l.ctx, l.over = context.WithCancelCause(s.ctx)
	return l, nil
}

// close ends the leg and its sound: a telephone that was neither answered nor refused, nor has hung up itself, is told. Whoever made
// the leg calls it last.
func (l *leg) close() {
	switch {
	case !l.answeredAt().IsZero():
		l.bye([]sip.Header{reason(16)})
	case l.tx != nil && !l.isFinal():
		l.reject(sip.StatusServiceUnavailable, "Service Unavailable", 41, nil)
	}
	l.over(&ending{})
	l.s.forget(l)
	l.rtp.close()
}

// key finds the dialog of a request: Call-ID and our tag are ours to choose or to see, so they suffice.
func (l *leg) key() string {
	tag, _ := l.self.Params.Get("tag")
	return l.callID + "\x00" + tag
}

// localSDP is our description with what was agreed, or all of the offer when nothing is yet.
func (l *leg) localSDP(direction string, a *agreed) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.desc.formats, l.desc.lines = nil, nil
	ptime := 20
	if a == nil {
		l.desc.addOffer(l.offer)
	} else {
		l.desc.addAgreed(*a)
		ptime = a.ptime
	}
	l.desc.version++
	return l.desc.bytes(direction, ptime)
}

// learn takes the route and the target from the message that made the dialog (RFC 3261 §12.1).
func (l *leg) learn(m message, reverse bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := m.Contact(); c != nil {
		l.target = *c.Address.Clone()
	}
	l.routes = nil
	for _, h := range m.GetHeaders("Record-Route") {
		if reverse {
			l.routes = append([]string{h.Value()}, l.routes...)
		} else {
			l.routes = append(l.routes, h.Value())
		}
	}
}

// request builds a request inside the dialog (RFC 3261 §12.2.1.1).
func (l *leg) request(method sip.RequestMethod) *sip.Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	req := sip.NewRequest(method, *l.target.Clone())
	if method != sip.ACK {
		l.cseq++
	}
	callID := sip.CallIDHeader(l.callID)
	req.AppendHeader(sip.HeaderClone(&l.self))
	req.AppendHeader(sip.HeaderClone(&l.peer))
	req.AppendHeader(&callID)
	req.AppendHeader(&sip.CSeqHeader{SeqNo: l.cseq, MethodName: method})
	for _, r := range l.routes {
		req.AppendHeader(sip.NewHeader("Route", r))
	}
	req.AppendHeader(sip.HeaderClone(&l.contact))
	req.AppendHeader(sip.NewHeader("User-Agent", l.s.options.Name))
	l.s.direct(req, l.transport, l.via)
	return req
}

// ack builds the ACK of a 200 to invite, which has its number (RFC 3261 §13.2.2.4).
func (l *leg) ack(invite *sip.Request) *sip.Request {
	ack := l.request(sip.ACK)
	ack.CSeq().SeqNo = invite.CSeq().SeqNo
	return ack
}

// do sends a request and waits for its final response.
func (l *leg) do(ctx context.Context, req *sip.Request) (*sip.Response, error) {
	res, err := l.s.client.Do(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("%s to %s: %w", req.Method, req.Recipient.String(), err)
	}
	return res, nil
}

// bye hangs an answered leg up, unless that was done. It gives up after a few seconds: the telephone may be gone.
func (l *leg) bye(headers []sip.Header) {
	l.mu.Lock()
	done := l.hungUp || asEnding(context.Cause(l.ctx)).remote
	l.hungUp = true
	l.mu.Unlock()
	if done {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(l.ctx), byeTimeout)
	defer cancel()
	req := l.request(sip.BYE)
	for _, h := range headers {
		req.AppendHeader(h)
	}
	if _, err := l.do(ctx, req); err != nil {
		l.s.log.Debug("no answer to BYE", "sip_call_id", l.callID, "err", err)
	}
	l.over(&ending{headers: headers})
}

// hold tells the telephone that it is on hold, or no longer (a re-INVITE with sendonly, as uuid_hold makes).
func (l *leg) hold(ctx context.Context, on bool) error {
	direction := "sendrecv"
	if on {
		direction = "sendonly"
	}
	req := l.request(sip.INVITE)
	a := l.rtp.current()
	req.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
	req.SetBody(l.localSDP(direction, &a))
	res, err := l.do(ctx, req)
	if err != nil {
		return err
	}
	if !res.IsSuccess() {
		return fmt.Errorf("re-INVITE: %d %s", res.StatusCode, res.Reason)
	}
	return l.s.client.WriteRequest(l.ack(req))
}

// onReinvite answers a re-INVITE: hold, resume, a new address, an offer of codecs that still has ours. The 200 is sent once: nothing is
// lost on loopback.
func (l *leg) onReinvite(req *sip.Request, tx sip.ServerTransaction) {
	offer, err := parseSession(req.Body())
	var next agreed
	if err == nil {
		next, err = choose(offer, []sdp.Codec{l.rtp.current().id})
	}
	if err != nil {
		res := l.s.newResponse(req, sip.StatusNotAcceptableHere, "Not Acceptable Here")
		res.AppendHeader(reason(88))
		l.s.respond(tx, res)
		return
	}
	l.learn(req, false)
	l.rtp.agree(next, offer)
	res := l.s.newResponse(req, sip.StatusOK, "OK")
	res.AppendHeader(sip.HeaderClone(&l.contact))
	res.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
	res.SetBody(l.localSDP(mirror(offer.direction), &next))
	l.s.respond(tx, res)
}

// onBye ends the leg, and remembers why.
func (l *leg) onBye(req *sip.Request, tx sip.ServerTransaction) {
	l.s.respond(tx, l.s.newResponse(req, sip.StatusOK, "OK"))
	l.over(&ending{remote: true, headers: relayed(req)})
}

func (l *leg) isFinal() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.final
}

func (l *leg) answeredAt() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.since
}

func (l *leg) setAnswered() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.since = time.Now()
}

func (l *leg) onAck() { l.once.Do(func() { close(l.acked) }) }

// fresh says whether a request of the telephone is newer than all before it (RFC 3261 §12.2.2).
func (l *leg) fresh(req *sip.Request) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := req.CSeq().SeqNo; n > l.remote {
		l.remote = n
		return true
	}
	return false
}
