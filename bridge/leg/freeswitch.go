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
	"switchgram/bridge/sip/sdp"
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
	user    string        // of ours, whose telephone that is; empty: it is the switch's
	means   meaning       // of addresses that its far end names
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
	_ bridge.Referrer   = (*FreeSWITCH)(nil)
	_ bridge.Owned      = (*FreeSWITCH)(nil)
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
		return bridge.TransferAsked{To: f.addressOf(e.To), Replaces: e.Replaces, Leg: bridge.LegID(e.Call)}
	case sip.Redirected:
		var to []bridge.Address
		for _, uri := range e.To {
			if a := f.addressOf(uri); a != (bridge.Address{}) {
				to = append(to, a)
			}
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

// Referred implements bridge.Referrer: by NOTIFY (RFC 3515 §2.4.4).
func (f *FreeSWITCH) Referred(ctx context.Context, progress bridge.TransferProgress, c bridge.Cause) error {
	status := map[bridge.TransferProgress]int{bridge.TransferRings: 180, bridge.TransferDone: 200, bridge.TransferFailed: c.SIPStatus()}
	return f.dialog.NotifyTransfer(ctx, status[progress], "")
}

// User implements bridge.Owned.
func (f *FreeSWITCH) User() string { return f.user }

// addressOf is whom the far end means by a URI: nobody, if it cannot be called from here.
func (f *FreeSWITCH) addressOf(uri string) bridge.Address {
	if !f.dialog.IsUs(uri) {
		if f.means.elsewhere {
			return addressOfURI(uri)
		}
		return bridge.Address{}
	}
	if f.means.here == nil {
		return bridge.Address{}
	}
	return f.means.here(addressOfURI(uri).User)
}

// meaning is what addresses mean that far ends name.
type meaning struct {
	here      func(user string) bridge.Address // those at our own address
	elsewhere bool                             // others are called by the switch
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
	d := bridge.Description{Protocol: "SIP/" + strings.ToUpper(f.dialog.Transport())}
	if suite := f.dialog.SRTP(); suite != "" {
		d.Protocol += " " + suite
	}
	return d
}

// Stages implements bridge.Staged.
func (f *FreeSWITCH) Stages() bridge.Stages {
	st := f.dialog.Stats()
	return bridge.Stages{FirstSent: st.FirstSent, FirstReceived: st.FirstReceived}
}

// sipStream is the sound of a SIP dialog.
type sipStream struct{ dialog *sip.Dialog }

var codecs = map[sdp.Codec]media.Codec{sdp.Opus: media.Opus, sdp.PCMU: media.PCMU, sdp.PCMA: media.PCMA, sdp.G722: media.G722}

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

// Take makes a leg of an incoming dialog of the line, which has the name. It starts nothing. Before the answer is the time for it.
func (l FreeSWITCHLine) Take(d *sip.Dialog, name string) *FreeSWITCH {
	d.UseDTMF(l.DTMF)
	f := NewFreeSWITCH(d, name).with(l, l.follow(d.CallID(), ""))
	f.user = d.User()
	return f
}

func (f *FreeSWITCH) with(l FreeSWITCHLine, c *eventsocket.Channel) *FreeSWITCH {
	f.dtmf, f.detect = l.DTMF, l.Detect
	f.means = meaning{here: l.Here, elsewhere: l.Registrar != ""}
	f.take(c)
	return f
}
