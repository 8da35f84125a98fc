package siptest

import (
	"context"
	"fmt"
	"net"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// newResponse begins a response with what all of the switch's have.
func (s *Switch) newResponse(req *sip.Request, status int, text string) *sip.Response {
	res := sip.NewResponseFromRequest(req, status, text, nil)
	res.AppendHeader(sip.NewHeader("User-Agent", s.options.Name))
	res.AppendHeader(sip.NewHeader("Allow", allow))
	return res
}

func (s *Switch) respond(tx sip.ServerTransaction, res *sip.Response) {
	if err := tx.Respond(res); err != nil {
		s.log.Debug("could not respond", "err", err)
	}
}

// contact is where the switch can be reached in a dialog.
func (s *Switch) contact(user, transport string) sip.ContactHeader {
	return sip.ContactHeader{Address: sip.Uri{Scheme: "sip", User: user, Host: s.addr.Addr().String(), Port: int(s.addr.Port()),
		UriParams: sip.HeaderParams{{K: "transport", V: strings.ToLower(transport)}}}}
}

// direct makes a request leave from the switch's own port, by the given transport, to via or else to where its URI points.
func (s *Switch) direct(req *sip.Request, transport, via string) {
	req.SetTransport(transport)
	if via != "" {
		req.SetDestination(via)
	}
	if !sip.IsReliable(transport) {
		req.Laddr = sip.Addr{IP: net.IP(s.addr.Addr().AsSlice()), Port: int(s.addr.Port())}
	}
}

func (s *Switch) remember(l *leg) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.legs[l.key()] = l
}

func (s *Switch) forget(l *leg) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.legs, l.key())
}

// find is the leg a request inside a dialog is for.
func (s *Switch) find(req *sip.Request) *leg {
	tag, _ := req.To().Params.Get("tag")
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.legs[req.CallID().Value()+"\x00"+tag]
}

// inDialog gives a request to its leg; one that belongs to none gets 481, one that is older than the last 500 (RFC 3261 §12.2.2).
func (s *Switch) inDialog(h func(*leg, *sip.Request, sip.ServerTransaction)) func(*sip.Request, sip.ServerTransaction) {
	return func(req *sip.Request, tx sip.ServerTransaction) {
		l := s.find(req)
		switch {
		case l == nil:
			s.respond(tx, s.newResponse(req, sip.StatusCallTransactionDoesNotExists, "Call/Transaction Does Not Exist"))
		case !l.fresh(req):
			s.respond(tx, s.newResponse(req, sip.StatusInternalServerError, "Server Internal Error"))
		default:
			h(l, req, tx)
		}
	}
}

func (s *Switch) onAck(req *sip.Request, _ sip.ServerTransaction) {
	if l := s.find(req); l != nil {
		l.onAck()
	}
}

// onStrayCancel answers a CANCEL that no transaction was found for; the others never come here.
func (s *Switch) onStrayCancel(req *sip.Request, tx sip.ServerTransaction) {
	s.respond(tx, s.newResponse(req, sip.StatusCallTransactionDoesNotExists, "Call/Transaction Does Not Exist"))
}

// onOptions answers whoever asks what the switch can do. Within a call it tells whether the switch knows the call, as FreeSWITCH does:
// one that was started anew does not.
func (s *Switch) onOptions(req *sip.Request, tx sip.ServerTransaction) {
	if _, within := req.To().Params.Get("tag"); within && s.find(req) == nil {
		s.respond(tx, s.newResponse(req, sip.StatusCallTransactionDoesNotExists, "Call/Transaction Does Not Exist"))
		return
	}
	res := s.newResponse(req, sip.StatusOK, "OK")
	res.AppendHeader(sip.NewHeader("Accept", "application/sdp"))
	s.respond(tx, res)
}

// onInfo says yes to everything, as FreeSWITCH does; digits are heard as telephone-events only.
func (l *leg) onInfo(req *sip.Request, tx sip.ServerTransaction) {
	l.s.respond(tx, l.s.newResponse(req, sip.StatusOK, "OK"))
}

// Hold holds the telephone of a registered user in every call it has, or takes it back, as uuid_hold does.
func (s *Switch) Hold(ctx context.Context, user string, on bool) error {
	var held []*leg
	s.mu.Lock()
	for _, l := range s.legs {
		if l.user == user && !l.answeredAt().IsZero() {
			held = append(held, l)
		}
	}
	s.mu.Unlock()
	if len(held) == 0 {
		return fmt.Errorf("siptest: %s has no call", user)
	}
	for _, l := range held {
		if err := l.hold(ctx, on); err != nil {
			return fmt.Errorf("siptest: hold %s: %w", user, err)
		}
	}
	return nil
}

// statusText is the usual phrase of a final response.
func statusText(status int) string {
	texts := map[int]string{
		302: "Moved Temporarily", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 408: "Request Timeout", 410: "Gone",
		480: "Temporarily Unavailable", 484: "Address Incomplete", 486: "Busy Here", 487: "Request Terminated",
		488: "Not Acceptable Here", 500: "Server Internal Error", 502: "Bad Gateway", 503: "Service Unavailable",
		504: "Server Time-out", 600: "Busy Everywhere", 603: "Decline", 604: "Does Not Exist Anywhere",
	}
	if t, ok := texts[status]; ok {
		return t
	}
	return "Refused"
}
