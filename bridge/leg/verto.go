package leg

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge"
	"switchgram/bridge/media"
	"switchgram/esl"
	"switchgram/verto"
)

// Verto is the leg of a browser's call.
type Verto struct {
	call    *verto.Call
	line    string
	address bridge.Address
	party   bridge.Party
	means   func(to string) bridge.Address // whom the page names by what it dials
	feed    feed
	taken   atomic.Bool   // the person took a call that we make
	hungUp  atomic.Uint32 // the bridge.Cause we were told to hang up with; 0: not yet
}

var (
	_ bridge.Leg         = (*Verto)(nil)
	_ bridge.Lined       = (*Verto)(nil)
	_ bridge.Owned       = (*Verto)(nil)
	_ bridge.EarlyHearer = (*Verto)(nil)
	_ bridge.Ringer      = (*Verto)(nil)
	_ bridge.Referrer    = (*Verto)(nil)
	_ bridge.Describer   = (*Verto)(nil)
	_ bridge.Keyed       = (*Verto)(nil)
	_ bridge.Dialer      = (*VertoDialer)(nil)
	_ bridge.Forker      = (*VertoDialer)(nil)
)

// NewVerto makes a leg of a call that a page makes by the line. Means says whom the page means that names somebody to transfer to; the zero
// address is nobody. It starts nothing.
func NewVerto(c *verto.Call, line string, means func(to string) bridge.Address) *Verto {
	return newVerto(c, line, VertoAddress(c.User().ID), means)
}

// VertoAddress is that of a user's pages.
func VertoAddress(user string) bridge.Address { return bridge.Address{Scheme: "verto", User: user} }

func newVerto(c *verto.Call, line string, address bridge.Address, means func(to string) bridge.Address) *Verto {
	u := c.User()
	return &Verto{call: c, line: line, address: address, party: bridge.Party{Number: u.ID, FirstName: u.Name}, means: means, feed: newFeed()}
}

// vertoID is the name that the page gave the call, apart from those of other protocols' legs: a page could choose one of these.
func vertoID(c *verto.Call) bridge.LegID { return bridge.LegID(vertoPrefix + c.ID()) }

const vertoPrefix = "verto-"

// ID names the leg.
func (v *Verto) ID() bridge.LegID { return vertoID(v.call) }

// Address is whose page it is.
func (v *Verto) Address() bridge.Address { return v.address }

// Party is whose page it is.
func (v *Verto) Party() bridge.Party { return v.party }

// Line is the line that carries the call.
func (v *Verto) Line() string { return v.line }

// User implements bridge.Owned.
func (v *Verto) User() string { return v.call.User().ID }

// Events implements bridge.Leg. Whoever calls it reads on until the channel is closed.
func (v *Verto) Events() <-chan bridge.LegEvent {
	return translate(&v.feed, v.call.Events(), v.translate)
}

func (v *Verto) translate(e verto.Event) bridge.LegEvent {
	switch e := e.(type) {
	case verto.Ringing:
		return bridge.Ringing{}
	case verto.Accepted:
		v.taken.Store(true)
		return bridge.Accepted{}
	case verto.Answered:
		return bridge.Answered{}
	case verto.Held:
		return bridge.Held{On: e.On}
	case verto.Digits:
		v.feed.typed(e.Keys)
		return nil
	case verto.TransferAsked:
		asked := bridge.TransferAsked{To: v.means(e.To)}
		if e.Replaces != nil {
			asked.Leg = vertoID(e.Replaces)
		}
		return asked
	case verto.PathChanged:
		return bridge.PathChanged{Path: e.Local + "-" + e.Remote}
	case verto.Ended:
		return v.ended(e)
	case verto.Detached: // nobody speaks there, and that is no fault of the sound
		return bridge.Muted{On: true}
	case verto.Attached:
		return bridge.Muted{}
	default:
		return nil
	}
}

// ended says in the bridge's words how the call ended.
func (v *Verto) ended(e verto.Ended) bridge.Ended {
	end := bridge.Ended{Cause: causeOfVerto(e.Cause), Remote: e.Remote, Err: e.Err}
	if told := bridge.Cause(v.hungUp.Load()); told != 0 && !e.Remote {
		end.Cause = told
	}
	if e.Remote {
		end.Text = e.Cause.String()
	}
	return end
}

// causeOfVerto is what a cause of FreeSWITCH's means in Q.850. Names count before numbers.
func causeOfVerto(c verto.Cause) bridge.Cause {
	if named := esl.Cause(c.Name); named.Known() {
		return bridge.CauseOfQ850(named.Q850())
	}
	return bridge.CauseOfQ850(c.Code)
}

// Ring implements bridge.Ringer: the page is told to wait.
func (v *Verto) Ring(ctx context.Context) error { return v.call.EarlyMedia(ctx) }

// HearsEarly implements bridge.EarlyHearer.
func (v *Verto) HearsEarly() bool { return v.call.Incoming() }

// Answer implements bridge.Leg.
func (v *Verto) Answer(ctx context.Context) error {
	if !v.call.Incoming() {
		return nil
	}
	return v.call.Answer(ctx)
}

// Hangup implements bridge.Leg.
func (v *Verto) Hangup(_ context.Context, c bridge.Cause) error {
	v.hungUp.CompareAndSwap(0, uint32(c))
	v.call.Hangup(v.farewell(c))
	return nil
}

// farewell is why the page is told that the call is over. While it rings NormalClearing means that the caller gives up, for which FreeSWITCH
// has a word that Q.850 has not.
func (v *Verto) farewell(c bridge.Cause) verto.Cause {
	if c == bridge.NormalClearing && position(!v.call.Incoming(), v.taken.Load()) == bridge.CalleeWaiting {
		return verto.OriginatorCancel
	}
	return verto.Cause{Code: int(c), Name: c.String()}
}

// Keys implements bridge.Keyed: browsers take digits in no other way than as tones.
func (v *Verto) Keys() bridge.Keys { return bridge.Keys{Tones: true} }

// Referred implements bridge.Referrer.
func (v *Verto) Referred(_ context.Context, progress bridge.TransferProgress, c bridge.Cause) error {
	how := map[bridge.TransferProgress]verto.Transfer{
		bridge.TransferRings: verto.TransferRings, bridge.TransferDone: verto.TransferDone, bridge.TransferFailed: verto.TransferFailed,
	}
	v.call.Transferred(how[progress], verto.Cause{Code: int(c), Name: c.String()})
	return nil
}

// VertoCall finds the call of a leg that has not ended; nil: there is none, or the leg is another protocol's.
func VertoCall(s *verto.Server, id bridge.LegID) *verto.Call {
	name, ok := strings.CutPrefix(string(id), vertoPrefix)
	if !ok {
		return nil
	}
	return s.Call(name)
}

// VertoParty is somebody as a page shows them. More are other things to be shown, by verto's Field names.
func VertoParty(p bridge.Party, line string, more map[string]string) verto.Party {
	fields := map[string]string{verto.FieldLine: line}
	maps.Copy(fields, more)
	if p.Username != "" {
		fields[verto.FieldUsername] = p.Username
	}
	if p.ID != 0 {
		fields[verto.FieldID] = strconv.FormatInt(p.ID, 10)
	}
	return verto.Party{Name: p.Name(), Number: p.Caller(), Fields: fields}
}

// Media implements bridge.Leg.
func (v *Verto) Media() media.Stream { return vertoStream{v.call} }

// Describe implements bridge.Describer.
func (v *Verto) Describe() bridge.Description {
	d := bridge.Description{Protocol: "Verto"}
	if local, remote := v.call.Pair(); local != "" {
		d.Path = local + "-" + remote
	}
	return d
}

// vertoStream is the sound of a browser's call, which is always Opus.
type vertoStream struct{ call *verto.Call }

// Format implements media.Stream: Opus, announced as stereo (RFC 7587 §7), in packets of 20 ms.
func (vertoStream) Format() media.Format {
	return media.Format{Codec: media.Opus, ClockRate: 48000, Channels: 2, PayloadType: 111, PTime: 20 * time.Millisecond}
}

func (s vertoStream) OnRTP(f func(*rtp.Packet))    { s.call.OnRTP(f) }
func (s vertoStream) WriteRTP(p *rtp.Packet) error { return s.call.WriteRTP(p) }

func (s vertoStream) Stats() media.Stats {
	st := s.call.Stats()
	return media.Stats{
		Received: st.Received, Lost: st.Lost, Sent: st.Sent, Dropped: st.Dropped, Jitter: st.Jitter, RTT: st.RTT,
		ReportedLost: st.ReportedLost, ReportedJitter: st.ReportedJitter, LastReceived: st.LastReceived, LastSent: st.LastSent,
	}
}

// VertoDialer dials addresses of the scheme verto: users, on all pages that they have open.
type VertoDialer struct {
	Pages func(user string) []*verto.Session   // that are connected; (*verto.Server).Sessions
	Means func(line, to string) bridge.Address // as NewVerto has it

	// Photo is the picture of who calls by a line, as a URL that a page can show; empty: there is none. Nil: nobody has one. It is asked while
	// somebody waits.
	Photo func(ctx context.Context, line string, who bridge.Party) string
}

// Forks implements bridge.Forker: every page of a user rings.
func (d *VertoDialer) Forks(to bridge.Address) int { return max(1, len(d.Pages(to.User))) }

// Dial implements bridge.Dialer.
func (d *VertoDialer) Dial(ctx context.Context, to bridge.Address, o bridge.DialOptions) (bridge.Leg, error) {
	pages := d.Pages(to.User)
	if o.Fork >= len(pages) {
		return nil, &refusal{cause: bridge.SubscriberAbsent, err: fmt.Errorf("%s: no page is open", to.User)}
	}
	more := maps.Clone(o.Show)
	if more == nil {
		more = map[string]string{}
	}
	more[verto.FieldCall] = string(o.Call)
	if d.Photo != nil && o.From.ID != 0 {
		more[verto.FieldPhoto] = d.Photo(ctx, o.Line, o.From)
	}
	c, err := pages[o.Fork].Dial(ctx, "", VertoParty(o.From, o.Line, more))
	if err != nil {
		return nil, &refusal{cause: bridge.SubscriberAbsent, err: err}
	}
	return newVerto(c, o.Line, to, func(whom string) bridge.Address { return d.Means(o.Line, whom) }), nil
}
