package leg

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gotd/td/tg"
	"github.com/pion/rtp"

	"switchgram/bridge"
	"switchgram/bridge/media"
	"switchgram/tgcall"
	"switchgram/tgcall/account"
	"switchgram/tgcall/engine"
)

// Telegram is the leg of a Telegram call.
type Telegram struct {
	call    *tgcall.Call
	line    string
	address bridge.Address
	party   bridge.Party
	feed    feed
	chats   *Chats        // nil: nobody's chat is read
	tones   bool          // digits for the far end are played to it
	hungUp  atomic.Uint32 // the bridge.Cause we were told to hang up with; 0: not yet
}

var (
	_ bridge.Leg       = (*Telegram)(nil)
	_ bridge.Lined     = (*Telegram)(nil)
	_ bridge.Describer = (*Telegram)(nil)
	_ bridge.Staged    = (*Telegram)(nil)
	_ bridge.Keyed     = (*Telegram)(nil)
	_ bridge.Dialer    = (*TelegramDialer)(nil)
)

// NewTelegram makes a leg of an incoming call of the line; nothing of its chat is read. It starts nothing.
func NewTelegram(c *tgcall.Call, line string) *Telegram {
	p := c.Peer()
	party := bridge.Party{ID: p.ID, Username: p.Username, Phone: international(p.Phone), FirstName: p.FirstName, LastName: p.LastName}
	return newTelegram(c, line, telegramAddress(party), party)
}

func newTelegram(c *tgcall.Call, line string, address bridge.Address, party bridge.Party) *Telegram {
	return &Telegram{call: c, line: line, address: address, party: party, feed: newFeed()}
}

// international is a number of digits with the "+" that Telegram leaves out.
func international(digits string) string {
	if digits == "" {
		return ""
	}
	return "+" + digits
}

// telegramAddress is how to call the person back, by the first that is known.
func telegramAddress(p bridge.Party) bridge.Address {
	user := p.Caller()
	if p.Phone == "" && p.Username != "" {
		user = "@" + user
	}
	return bridge.Address{Scheme: "tg", User: printable(user, 64)}
}

// ID is Telegram's number of the call, after "tg-".
func (t *Telegram) ID() bridge.LegID { return bridge.LegID("tg-" + strconv.FormatInt(t.call.ID(), 10)) }

// Address is who is at the far end: as dialled, or by the first that is known of number, username and id.
func (t *Telegram) Address() bridge.Address { return t.address }

// Party is what Telegram has told us of the person.
func (t *Telegram) Party() bridge.Party { return t.party }

// Line is the line that carries the call.
func (t *Telegram) Line() string { return t.line }

// Events implements bridge.Leg. Whoever calls it reads on until the channel is closed.
func (t *Telegram) Events() <-chan bridge.LegEvent {
	return translate(&t.feed, t.call.Events(), t.translate)
}

func (t *Telegram) translate(e tgcall.Event) bridge.LegEvent {
	switch e := e.(type) {
	case tgcall.Ringing:
		return bridge.Ringing{}
	case tgcall.Accepted:
		return bridge.Accepted{}
	case tgcall.Connected:
		return bridge.Answered{}
	case tgcall.RemoteMuted:
		return bridge.Muted{On: e.On}
	case tgcall.PairChanged:
		return bridge.PathChanged{Path: e.Local + "-" + e.Remote}
	case tgcall.Ended:
		t.deafen()
		return t.ended(e.Err)
	default:
		return nil
	}
}

// ended says in the bridge's words how the call ended.
func (t *Telegram) ended(err error) bridge.Ended {
	end := bridge.Ended{Cause: causeOfTelegram(err), Err: err}
	var d *tgcall.DiscardError
	if !errors.As(err, &d) {
		return end
	}
	end.Remote, end.Text, end.Err = d.Remote, "discarded: "+d.Reason.String(), d.Err
	if told := bridge.Cause(t.hungUp.Load()); told != 0 && !d.Remote {
		end.Cause = told
	}
	return end
}

// Answer implements bridge.Leg: it takes the call, which lasts as long as the key exchange and ICE do.
func (t *Telegram) Answer(ctx context.Context) error {
	if t.call.Outgoing() {
		return nil
	}
	err := t.call.Accept(ctx)
	if d := (*tgcall.DiscardError)(nil); errors.As(err, &d) {
		return &refusal{cause: causeOfTelegram(err), err: err}
	}
	return err
}

// listen lets the digits of the chat count.
func (t *Telegram) listen(l TelegramLine) *Telegram {
	if t.tones, t.chats = l.Tones, l.Chats; t.chats != nil {
		t.chats.join(t)
	}
	return t
}

func (t *Telegram) deafen() {
	if t.chats != nil {
		t.chats.leave(t)
	}
}

// typed takes digits of the chat.
func (t *Telegram) typed(digits string) { t.feed.typed(digits) }

// Keys implements bridge.Keyed: Telegram's calls have no digits, so that tones are the only way.
func (t *Telegram) Keys() bridge.Keys { return bridge.Keys{Tones: t.tones} }

// Hangup implements bridge.Leg.
func (t *Telegram) Hangup(ctx context.Context, c bridge.Cause) error {
	t.deafen()
	t.hungUp.CompareAndSwap(0, uint32(c))
	if err := t.call.Discard(ctx, reasons[c.Discard(t.position())]); err != nil {
		return fmt.Errorf("discard: %w", err)
	}
	return nil
}

// position is where the call stands; the version is agreed on with the answer.
func (t *Telegram) position() bridge.Position {
	return position(t.call.Outgoing(), t.call.Version() != "")
}

func position(outgoing, answered bool) bridge.Position {
	switch {
	case answered:
		return bridge.WasAnswered
	case outgoing:
		return bridge.CalleeWaiting
	default:
		return bridge.CallerWaiting
	}
}

// Media implements bridge.Leg.
func (t *Telegram) Media() media.Stream { return TelegramStream(t.call) }

// Describe implements bridge.Describer.
func (t *Telegram) Describe() bridge.Description {
	d := bridge.Description{Protocol: t.call.Version()}
	if local, remote := t.call.Pair(); local != "" {
		d.Path = local + "-" + remote
	}
	return d
}

// Stages implements bridge.Staged.
func (t *Telegram) Stages() bridge.Stages {
	at := t.call.Times()
	return bridge.Stages{
		Confirmed: at.Confirmed, Signalling: at.SignallingReceived, ICE: at.ICE, DTLS: at.DTLS,
		FirstSent: at.FirstSent, FirstReceived: at.FirstReceived,
	}
}

// TelegramSound carries a Telegram call's packets: a *tgcall.Call, or a bare *engine.Engine.
type TelegramSound interface {
	OnRTP(func(*rtp.Packet))
	WriteRTP(*rtp.Packet) error
	Stats() engine.Stats
}

// TelegramStream makes a media.Stream of a Telegram call's sound, which is always Opus.
func TelegramStream(s TelegramSound) media.Stream { return telegramStream{s} }

type telegramStream struct{ TelegramSound }

// Format is what Telegram's engine sends and takes: Opus, announced as stereo (RFC 7587 §7), in packets of 20 ms from us.
func (telegramStream) Format() media.Format {
	return media.Format{Codec: media.Opus, ClockRate: 48000, Channels: 2, PayloadType: 111, PTime: 20 * time.Millisecond}
}

// Stats counts probes without sound as nothing at all.
func (s telegramStream) Stats() media.Stats {
	st := s.TelegramSound.Stats()
	return media.Stats{
		Received: st.Received, Lost: st.Lost, Sent: st.Sent, Dropped: st.Dropped, Jitter: st.Jitter, RTT: st.RTT,
		ReportedLost: st.ReportedLost, ReportedJitter: st.ReportedJitter, LastReceived: st.LastReceived, LastSent: st.LastSent,
	}
}

// TelegramLine is what a line needs to call people on Telegram.
type TelegramLine struct {
	Calls   TelegramCaller   // *tgcall.Client
	People  TelegramResolver // *account.Session
	Chats   *Chats           // subscribed to the account's updates; nil: what people write does not count
	Written *Chats           // hears what people write to the account, whether digits count or not; nil: nothing does
	Tones   bool             // people hear digits as tones; otherwise not at all
}

// Take makes a leg of an incoming call of the line, which has the name. It starts nothing.
func (l TelegramLine) Take(c *tgcall.Call, name string) *Telegram {
	return NewTelegram(c, name).listen(l)
}

// TelegramCaller places calls, as *tgcall.Client does.
type TelegramCaller interface {
	Dial(ctx context.Context, to tg.InputUserClass) (*tgcall.Call, error)
}

// TelegramResolver finds people, as *account.Session does.
type TelegramResolver interface {
	Resolve(ctx context.Context, who string) (account.Person, error)
}

// dial finds somebody and calls them. What was known of them may have become wrong; then they are looked up anew, and called once more.
func (l TelegramLine) dial(ctx context.Context, who string) (account.Person, *tgcall.Call, error) {
	person, err := l.People.Resolve(ctx, who)
	if err != nil {
		return account.Person{}, nil, err
	}
	call, err := l.Calls.Dial(ctx, person.Input())
	if !errors.Is(err, tgcall.ErrNobody) {
		return person, call, err
	}
	again, unknown := l.People.Resolve(ctx, who)
	if unknown != nil || again.Input().String() == person.Input().String() {
		return person, call, err
	}
	call, err = l.Calls.Dial(ctx, again.Input())
	return again, call, err
}

// TelegramDialer dials addresses of the scheme tg: a number with or without "+", @username, tg#username, or *id of somebody met
// before.
type TelegramDialer struct {
	// Line finds what DialOptions.Line names, as it is now: accounts come and go. Not ok: it is not connected.
	Line func(name string) (line TelegramLine, ok bool)
}

// Dial implements bridge.Dialer. Its errors know their cause, and a flood wait how long it lasts.
func (d *TelegramDialer) Dial(ctx context.Context, to bridge.Address, o bridge.DialOptions) (bridge.Leg, error) {
	line, ok := d.Line(o.Line)
	if !ok {
		return nil, &refusal{cause: bridge.DestinationOutOfOrder, err: fmt.Errorf("line %s: %w", o.Line, ErrOffline)}
	}
	person, call, err := line.dial(ctx, to.User)
	if err != nil {
		return nil, telegramRefusal(err)
	}
	party := bridge.Party{
		ID: person.ID, Username: person.Username, Phone: international(person.Phone),
		FirstName: person.FirstName, LastName: person.LastName,
	}
	return newTelegram(call, o.Line, to, party).listen(line), nil
}
