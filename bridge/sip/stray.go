package sip

import (
	"context"

	"github.com/emiago/sipgo/sip"
)

// maxRecent is how many ended calls of ours are remembered for a 200 that comes late.
const maxRecent = 256

// remember keeps the key of a call we placed. The lock is held.
func (a *Agent) remember(key callKey) {
	if len(a.recent) >= maxRecent {
		a.recent = append(a.recent[:0], a.recent[1:]...)
	}
	a.recent = append(a.recent, key)
}

// placed tells whether we placed that call not long ago.
func (a *Agent) placed(key callKey) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if d, ok := a.calls[key]; ok {
		return !d.incoming
	}
	for _, k := range a.recent {
		if k == key {
			return true
		}
	}
	return false
}

// stray handles a response that no transaction waits for. A 2xx to an INVITE of ours, from another fork of it or after we gave up,
// has made a dialog that nobody wants: it is acknowledged and ended (RFC 3261 §13.2.2.4). Everything else is a repetition.
func (a *Agent) stray(res *sip.Response) {
	if !res.IsSuccess() || res.CSeq() == nil || res.CSeq().MethodName != sip.INVITE || res.CallID() == nil || res.From() == nil ||
		res.To() == nil || res.Contact() == nil || !a.placed(callKey{res.CallID().Value(), tagOf(res.From().Params)}) {
		return
	}
	a.spawn(func() {
		ctx, cancel := context.WithTimeout(context.Background(), farewell)
		defer cancel()
		if err := a.disown(ctx, res); err != nil {
			a.log.Debug("end stray call", "sip_call_id", res.CallID().Value(), "err", err)
		}
	})
}

// disown acknowledges and ends the dialog that a 2xx has made.
func (a *Agent) disown(ctx context.Context, res *sip.Response) error {
	seq := res.CSeq().SeqNo
	target := *res.Contact().Address.Clone()
	if _, ok := target.UriParams.Get("transport"); !ok {
		target.UriParams.Add("transport", sip.NetworkToLower(res.Transport()))
	}
	p, err := a.find(ctx, target, 0)
	if err != nil {
		return err
	}
	ack := a.afterwards(sip.ACK, res, seq)
	a.dress(ack, p)
	if err := a.client.WriteRequest(ack, asIs); err != nil {
		return err
	}
	_, err = a.exchange(ctx, a.afterwards(sip.BYE, res, seq+1), p)
	return err
}

func (a *Agent) afterwards(method sip.RequestMethod, res *sip.Response, seq uint32) *sip.Request {
	req := sip.NewRequest(method, *res.Contact().Address.Clone())
	hops, callID := sip.MaxForwardsHeader(70), *res.CallID()
	for _, h := range []sip.Header{&hops, sip.HeaderClone(res.From()), sip.HeaderClone(res.To()), &callID,
		&sip.CSeqHeader{SeqNo: seq, MethodName: method}, sip.NewHeader("User-Agent", a.o.UserAgent)} {
		req.AppendHeader(h)
	}
	routes := values(res, "Record-Route")
	for i := range routes {
		req.AppendHeader(sip.NewHeader("Route", routes[len(routes)-1-i]))
	}
	req.SetBody(nil)
	return req
}
