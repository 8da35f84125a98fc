package leg

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"switchgram/bridge"
	"switchgram/bridge/eventsocket"
	"switchgram/bridge/media"
	"switchgram/bridge/sip"
	"switchgram/bridge/sip/sdp"
	"switchgram/esl"
)

// FreeSWITCHLine is what a line needs to call the switch.
type FreeSWITCHLine struct {
	Agent     *sip.Agent
	Registrar string // host or host:port, where the line is registered; empty: nowhere
	Transport string // udp, tcp or tls; empty: udp
	Proxy     string // that everything for the registrar goes through; may be empty
	User      string // the line's own, also of our Contact
	AuthUser  string // empty: User
	Password  string
	Domain    string      // of From; empty: the registrar's host
	Codecs    []sdp.Codec // offered, best first; nil: Opus, G722, PCMU, PCMA
	DTMF      sip.DTMF    // how digits travel; NoDTMF: as tones
	SRTP      sdp.SRTP    // whether the sound is encrypted; dialogs that come in have been told
	Detect    bool        // tones of a far end without telephone-events are digits

	// Here is whom a telephone means that transfers or diverts a call to a user at our own address; the zero address is nobody. Nil:
	// nobody can be meant.
	Here func(user string) bridge.Address

	Socket *eventsocket.Socket // follows the channels of the calls at FreeSWITCH; nil: nobody does
}

// FreeSWITCHDialer dials addresses of the scheme sip: our users who have registered with us, where they are; and extensions and whatever
// else the dialplan of the line's switch knows.
type FreeSWITCHDialer struct {
	// Line finds what DialOptions.Line names. Not up: it is not registered at its switch, or it is not there.
	Line func(name string) (line FreeSWITCHLine, up bool)

	// User finds where a user of ours is. Not ok: that is no user who may register. Nil: there are none.
	User func(name string) (at []Place, ok bool)
}

// Place is where a user of ours has registered, and with which of our agents.
type Place struct {
	Agent *sip.Agent
	sip.Binding
}

var (
	_ bridge.Dialer = (*FreeSWITCHDialer)(nil)
	_ bridge.Forker = (*FreeSWITCHDialer)(nil)
)

// Forks implements bridge.Forker: a user rings wherever it has registered.
func (d *FreeSWITCHDialer) Forks(to bridge.Address) int {
	places, _ := d.places(to)
	return max(1, len(places))
}

func (d *FreeSWITCHDialer) places(to bridge.Address) (all []Place, ok bool) {
	if d.User == nil {
		return nil, false
	}
	return d.User(to.User)
}

// ErrAbsent: a user of ours is registered nowhere.
var ErrAbsent = errors.New("is not registered")

// dialUser calls a user of ours.
func (d *FreeSWITCHDialer) dialUser(ctx context.Context, places []Place, to bridge.Address, o bridge.DialOptions) (bridge.Leg, error) {
	if o.Fork >= len(places) {
		return nil, &refusal{cause: bridge.SubscriberAbsent, err: fmt.Errorf("%s %w", to.User, ErrAbsent)}
	}
	line, _ := d.Line(o.Line)
	at := places[o.Fork]
	inv := line.invite(to, o)
	inv.To, inv.Binding, inv.Domain, inv.AuthUser, inv.Password = sip.UserURI(to.User, line.domain(), ""), &at.Binding, line.domain(), "", ""
	dialog, err := at.Agent.Dial(ctx, inv)
	if err != nil {
		return nil, &refusal{cause: causeOfSIP(sip.Ended{Err: err}, ""), err: err}
	}
	f := newFreeSWITCH(dialog, o.Line, to, bridge.Party{Number: to.User}).with(line, nil)
	f.user = to.User
	return f, nil
}

// domain is what addresses of a line's own show.
func (l FreeSWITCHLine) domain() string { return cmp.Or(l.Domain, "switchgram") }

// Dial implements bridge.Dialer. Who calls from Telegram is in From and in X-TG- headers.
func (d *FreeSWITCHDialer) Dial(ctx context.Context, to bridge.Address, o bridge.DialOptions) (bridge.Leg, error) {
	if places, ours := d.places(to); ours {
		return d.dialUser(ctx, places, to, o)
	}
	line, up := d.Line(o.Line)
	if !up {
		return nil, &refusal{cause: bridge.DestinationOutOfOrder, err: fmt.Errorf("line %s: %w", o.Line, ErrOffline)}
	}
	inv := line.invite(to, o)
	followed := line.follow(inv.CallID, o.Call)
	dialog, err := line.Agent.Dial(ctx, inv)
	if err != nil {
		unfollow(followed)
		return nil, &refusal{cause: causeOfSIP(sip.Ended{Err: err}, ""), err: err}
	}
	return newFreeSWITCH(dialog, o.Line, to, bridge.Party{Number: to.User}).with(line, followed), nil
}

func (l FreeSWITCHLine) invite(to bridge.Address, o bridge.DialOptions) sip.Invite {
	authUser := l.AuthUser
	if authUser == "" {
		authUser = l.User
	}
	inv := sip.Invite{
		To:       sip.UserURI(to.User, l.Registrar, l.Transport),
		FromUser: clean(o.From.Caller()), FromName: clean(o.From.Name()),
		CallID: cmp.Or(o.ID, esl.NewUUID()), Domain: l.Domain, Contact: l.User, AuthUser: authUser, Password: l.Password,
		Proxy: l.Proxy, Headers: append(headers(o.From), shown(o.Show)...), Codecs: preferring(l.Codecs, o.Caller.Codec), DTMF: l.DTMF, SRTP: l.SRTP,
	}
	if o.Replaces != "" {
		inv.Headers = append(inv.Headers, sip.Header{Name: "Replaces", Value: o.Replaces})
	}
	return inv
}

// preferring puts the codec that the caller's leg speaks first: packets are relayed then, and need no codec.
func preferring(offered []sdp.Codec, caller media.Codec) []sdp.Codec {
	if offered == nil {
		offered = []sdp.Codec{sdp.Opus, sdp.G722, sdp.PCMU, sdp.PCMA}
	}
	var first, rest []sdp.Codec
	for _, c := range offered {
		if codecs[c] == caller {
			first = append(first, c)
		} else {
			rest = append(rest, c)
		}
	}
	return append(first, rest...)
}
