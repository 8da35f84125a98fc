package siptest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	ua "switchgram/bridge/sip"
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

	mu     sync.Mutex
	target sip.Uri // where our requests go: the telephone's Contact
	via    string  // where responses of ours and requests on one TCP connection go; empty: resolve target
	routes []string
	cseq   uint32
	remote uint32    // highest CSeq of the telephone
	since  time.Time // of the answer
	offer  []ua.Codec
	final  bool // an INVITE that we answer has its final response
	hungUp bool // we have sent BYE
	acked  chan struct{}
	once   sync.Once // closes acked
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
	l := &leg{s: s, user: user, rtp: port, callID: callID, transport: transport, acked: make(chan struct{}), cseq: uint32(time.Now().Unix() & 0xffffff)}
	l.desc = description{id: uint64(time.Now().Unix()), version: 1, addr: port.addr()}
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

// message is what requests and responses have in common.
type message interface {
	Contact() *sip.ContactHeader
	Headers() []sip.Header
	GetHeaders(name string) []sip.Header
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
	return l.s.client.WriteRequest(l.request(sip.ACK))
}

// onReinvite answers a re-INVITE: hold, resume, a new address, an offer of codecs that still has ours.
func (l *leg) onReinvite(req *sip.Request, tx sip.ServerTransaction) {
	offer, err := parseSession(req.Body())
	var next agreed
	if err == nil {
		next, err = choose(offer, []ua.Codec{l.rtp.current().id})
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

// relayed are a message's headers that FreeSWITCH passes to the other leg of a bridge.
func relayed(m message) (headers []sip.Header) {
	for _, h := range m.Headers() {
		name := strings.ToLower(h.Name())
		if strings.HasPrefix(name, "x-") || name == "reason" || name == "user-to-user" {
			headers = append(headers, sip.NewHeader(h.Name(), h.Value()))
		}
	}
	return headers
}

// without drops a header from a list.
func without(headers []sip.Header, name string) (rest []sip.Header) {
	for _, h := range headers {
		if !strings.EqualFold(h.Name(), name) {
			rest = append(rest, h)
		}
	}
	return rest
}

// causeNames are FreeSWITCH's names of the Q.850 causes the switch uses.
var causeNames = map[int]string{
	1: "UNALLOCATED_NUMBER", 3: "NO_ROUTE_DESTINATION", 16: "NORMAL_CLEARING", 17: "USER_BUSY", 18: "NO_USER_RESPONSE",
	19: "NO_ANSWER", 21: "CALL_REJECTED", 31: "NORMAL_UNSPECIFIED", 41: "NORMAL_TEMPORARY_FAILURE", 88: "INCOMPATIBLE_DESTINATION",
	102: "RECOVERY_ON_TIMER_EXPIRE",
}

// causeOf is the Q.850 cause FreeSWITCH makes of a final response.
func causeOf(status int) int {
	switch status {
	case 404:
		return 1
	case 486, 600:
		return 17
	case 480:
		return 18
	case 603, 403:
		return 21
	case 408, 504:
		return 102
	case 488:
		return 88
	case 500, 503:
		return 41
	default:
		return 31
	}
}

// reason is a Reason header (RFC 3326) in FreeSWITCH's words.
func reason(q850 int) sip.Header {
	name, ok := causeNames[q850]
	if !ok {
		name = "NORMAL_UNSPECIFIED"
	}
	return sip.NewHeader("Reason", fmt.Sprintf("Q.850;cause=%d;text=%q", q850, name))
}
