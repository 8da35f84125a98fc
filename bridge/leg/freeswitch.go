package leg

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge"
	"switchgram/bridge/eventsocket"
	"switchgram/bridge/media"
	"switchgram/bridge/sip"
	"switchgram/esl"
)

// FreeSWITCH is the leg of a SIP dialog with FreeSWITCH, or any other switch.
type FreeSWITCH struct {
	dialog  *sip.Dialog
	line    string
	address bridge.Address
	party   bridge.Party
	feed    feed
	dtmf    sip.DTMF
	detect  bool          // its tones are digits
	hungUp  atomic.Uint32 // the bridge.Cause we were told to hang up with; 0: not yet
	channel channel
}

var (
	_ bridge.Leg        = (*FreeSWITCH)(nil)
	_ bridge.Lined      = (*FreeSWITCH)(nil)
	_ bridge.Ringer     = (*FreeSWITCH)(nil)
	_ bridge.Refuser    = (*FreeSWITCH)(nil)
	_ bridge.Holder     = (*FreeSWITCH)(nil)
	_ bridge.DTMFSender = (*FreeSWITCH)(nil)
	_ bridge.Describer  = (*FreeSWITCH)(nil)
	_ bridge.Staged     = (*FreeSWITCH)(nil)
	_ bridge.Keyed      = (*FreeSWITCH)(nil)
)

// NewFreeSWITCH makes a leg of an incoming dialog of the line. It starts nothing.
func NewFreeSWITCH(d *sip.Dialog, line string) *FreeSWITCH {
	user := printable(d.RemoteUser(), maxUser)
	if user == "" {
		user = "anonymous"
	}
	party := bridge.Party{Number: user, FirstName: clean(d.RemoteName())}
	return newFreeSWITCH(d, line, bridge.Address{Scheme: "sip", User: user}, party)
}

const maxUser = 64 // runes

func newFreeSWITCH(d *sip.Dialog, line string, address bridge.Address, party bridge.Party) *FreeSWITCH {
	return &FreeSWITCH{dialog: d, line: line, address: address, party: party, feed: newFeed()}
}

// ID is the Call-ID, which FreeSWITCH can be told to take for the channel's UUID.
func (f *FreeSWITCH) ID() bridge.LegID { return bridge.LegID(f.dialog.CallID()) }

// Address is who is at the far end.
func (f *FreeSWITCH) Address() bridge.Address { return f.address }

// Party is what the switch says of the far end.
func (f *FreeSWITCH) Party() bridge.Party { return f.party }

// Line is the line that carries the call.
func (f *FreeSWITCH) Line() string { return f.line }

// Events implements bridge.Leg. Whoever calls it reads on until the channel is closed.
func (f *FreeSWITCH) Events() <-chan bridge.LegEvent {
	return translate(&f.feed, f.dialog.Events(), f.translate)
}

func (f *FreeSWITCH) translate(e sip.Event) bridge.LegEvent {
	switch e := e.(type) {
	case sip.Ringing:
		return bridge.Ringing{}
	case sip.EarlyMedia:
		return bridge.EarlyMedia{}
	case sip.Answered:
		return bridge.Answered{}
	case sip.FormatChanged:
		return bridge.FormatChanged{}
	case sip.Held:
		return bridge.Held{On: e.On}
	case sip.Digit:
		return bridge.Digit{Key: e.Key, Duration: e.Duration}
	case sip.TransferAsked:
		return bridge.TransferAsked{To: addressOfURI(e.To), Replaces: e.Replaces}
	case sip.Redirected:
		var to []bridge.Address
		for _, uri := range e.To {
			to = append(to, addressOfURI(uri))
		}
		return bridge.Redirected{To: to}
	case sip.Ended:
		unfollow(f.channel.followed)
		return f.channel.ended(f.ended(e))
	default:
		return nil
	}
}

// ended says in the bridge's words how the dialog ended.
func (f *FreeSWITCH) ended(e sip.Ended) bridge.Ended {
	end := bridge.Ended{Cause: causeOfSIP(e, f.dialog.Header("Reason")), Remote: e.Remote, Text: e.Text, Err: e.Err}
	if told := bridge.Cause(f.hungUp.Load()); told != 0 && !e.Remote {
		end.Cause = told
	}
	var refused *sip.StatusError
	if errors.As(e.Err, &refused) { // the switch did its duty
		end.Err = nil
	}
	return end
}

// Ring implements bridge.Ringer.
func (f *FreeSWITCH) Ring(ctx context.Context) error { return f.dialog.Ring(ctx) }

// Answer implements bridge.Leg.
func (f *FreeSWITCH) Answer(ctx context.Context) error {
	if !f.dialog.Incoming() {
		return nil
	}
	return f.dialog.Answer(ctx)
}

// Hangup implements bridge.Leg: an unanswered call is refused with the cause's status, and in any case a Reason header
// (RFC 3326) carries the cause itself.
func (f *FreeSWITCH) Hangup(ctx context.Context, c bridge.Cause) error { return f.Refuse(ctx, c, 0) }

// Refuse implements bridge.Refuser.
func (f *FreeSWITCH) Refuse(ctx context.Context, c bridge.Cause, retryAfter time.Duration) error {
	f.hungUp.CompareAndSwap(0, uint32(c))
	return f.dialog.Hangup(ctx, sip.Hangup{Status: c.SIPStatus(), Q850: int(c), Text: c.String(), RetryAfter: retryAfter})
}

// Hold implements bridge.Holder.
func (f *FreeSWITCH) Hold(ctx context.Context, on bool) error { return f.dialog.Hold(ctx, on) }

// SendDTMF implements bridge.DTMFSender. Only where the way of digits was left to us may they become tones.
func (f *FreeSWITCH) SendDTMF(ctx context.Context, digits string, each time.Duration) error {
	err := f.dialog.SendDTMF(ctx, digits, each)
	if f.dtmf == sip.AutoDTMF && errors.Is(err, sip.ErrNoDTMF) {
		return fmt.Errorf("%w: %w", bridge.ErrNoDigits, err)
	}
	return err
}

// Keys implements bridge.Keyed.
func (f *FreeSWITCH) Keys() bridge.Keys {
	return bridge.Keys{Tones: f.dtmf == sip.NoDTMF, Listen: f.detect}
}

// Media implements bridge.Leg.
func (f *FreeSWITCH) Media() media.Stream { return sipStream{f.dialog} }

// Describe implements bridge.Describer.
func (f *FreeSWITCH) Describe() bridge.Description {
	return bridge.Description{Protocol: "SIP/" + strings.ToUpper(f.dialog.Transport())}
}

// Stages implements bridge.Staged.
func (f *FreeSWITCH) Stages() bridge.Stages {
	st := f.dialog.Stats()
	return bridge.Stages{FirstSent: st.FirstSent, FirstReceived: st.FirstReceived}
}

// sipStream is the sound of a SIP dialog.
type sipStream struct{ dialog *sip.Dialog }

var codecs = map[sip.Codec]media.Codec{sip.Opus: media.Opus, sip.PCMU: media.PCMU, sip.PCMA: media.PCMA, sip.G722: media.G722}

func (s sipStream) Format() media.Format {
	f := s.dialog.Format()
	return media.Format{
		Codec: codecs[f.Codec], ClockRate: f.ClockRate, Channels: f.Channels, PayloadType: f.PayloadType,
		DTMFPayloadType: f.DTMFPayloadType, DTMFClockRate: f.DTMFClockRate, PTime: f.PTime,
	}
}

func (s sipStream) OnRTP(f func(*rtp.Packet))    { s.dialog.OnRTP(f) }
func (s sipStream) WriteRTP(p *rtp.Packet) error { return s.dialog.WriteRTP(p) }

func (s sipStream) Stats() media.Stats {
	st := s.dialog.Stats()
	return media.Stats{
		Received: st.Received, Lost: st.Lost, Sent: st.Sent, Dropped: st.Dropped, Jitter: st.Jitter, RTT: st.RTT,
		ReportedLost: st.ReportedLost, ReportedJitter: st.ReportedJitter, LastReceived: st.LastReceived, LastSent: st.LastSent,
		Resting: st.Resting,
	}
}

// FreeSWITCHLine is what a line needs to call the switch.
type FreeSWITCHLine struct {
	Agent     *sip.Agent
	Registrar string // host or host:port, where the line is registered
	Transport string // udp or tcp; empty: udp
	User      string // the line's own, also of our Contact
	AuthUser  string // empty: User
	Password  string
	Domain    string      // of From; empty: the registrar's host
	Codecs    []sip.Codec // offered, best first; nil: Opus, G722, PCMU, PCMA
	DTMF      sip.DTMF    // how digits travel; NoDTMF: as tones
	Detect    bool        // tones of a far end without telephone-events are digits

	Socket *eventsocket.Socket // follows the channels of the calls at FreeSWITCH; nil: nobody does
}

// Take makes a leg of an incoming dialog of the line, which has the name. It starts nothing. Before the answer is the time for it.
func (l FreeSWITCHLine) Take(d *sip.Dialog, name string) *FreeSWITCH {
	d.UseDTMF(l.DTMF)
	return NewFreeSWITCH(d, name).with(l, l.follow(d.CallID(), ""))
}

func (f *FreeSWITCH) with(l FreeSWITCHLine, c *eventsocket.Channel) *FreeSWITCH {
	f.dtmf, f.detect = l.DTMF, l.Detect
	f.take(c)
	return f
}

// FreeSWITCHDialer dials addresses of the scheme sip: extensions and whatever else the switch's dialplan knows.
type FreeSWITCHDialer struct {
	// Line finds what DialOptions.Line names, as it is now. Not ok: it is not there.
	Line func(name string) (line FreeSWITCHLine, ok bool)
}

var _ bridge.Dialer = (*FreeSWITCHDialer)(nil)

// Dial implements bridge.Dialer. Who calls from Telegram is in From and in X-TG- headers.
func (d *FreeSWITCHDialer) Dial(ctx context.Context, to bridge.Address, o bridge.DialOptions) (bridge.Leg, error) {
	line, ok := d.Line(o.Line)
	if !ok {
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
		CallID: esl.NewUUID(), Domain: l.Domain, Contact: l.User, AuthUser: authUser, Password: l.Password,
		Headers: headers(o.From), Codecs: preferring(l.Codecs, o.Caller.Codec), DTMF: l.DTMF,
	}
	return inv
}

// preferring puts the codec that the caller's leg speaks first: packets are relayed then, and need no codec.
func preferring(offered []sip.Codec, caller media.Codec) []sip.Codec {
	if offered == nil {
		offered = []sip.Codec{sip.Opus, sip.G722, sip.PCMU, sip.PCMA}
	}
	var first, rest []sip.Codec
	for _, c := range offered {
		if codecs[c] == caller {
			first = append(first, c)
		} else {
			rest = append(rest, c)
		}
	}
	return append(first, rest...)
}
