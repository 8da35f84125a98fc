package live

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/room"
	"switchgram/bridge/route"
)

// channel is a *bridge.Call as a script drives it, with our own sound.
type channel struct {
	call  *bridge.Call
	r     *Router
	known map[string]string // of the call; not changed
	moves bool              // FreeSWITCH can take it over

	recording atomic.Pointer[bridge.Recording] // that was begun last; nil: none was
	waiting   atomic.Pointer[wanted]           // begins as soon as two talk; nil: none does
	progress  progress
	ringing   func() room.Source // what the caller is to hear while somebody is called; nil: what all do
	later     *time.Timer        // hangs up; nil: none does
}

var (
	_ route.Mover        = (*channel)(nil)
	_ route.Ringer       = (*channel)(nil)
	_ route.PreAnswerer  = (*channel)(nil)
	_ route.Player       = (*channel)(nil)
	_ route.Collector    = (*channel)(nil)
	_ route.Flusher      = (*channel)(nil)
	_ route.Connector    = (*channel)(nil)
	_ route.Recorder     = (*channel)(nil)
	_ route.MessageTaker = (*channel)(nil)
	_ route.Switchboard  = (*channel)(nil)
	_ route.Scheduler    = (*channel)(nil)
	_ route.Waiter       = (*channel)(nil)
	_ route.Echoer       = (*channel)(nil)
)

// ErrUnanswered is why a caller hears nothing: it was not answered. Telegram has no sound before that.
var ErrUnanswered = errors.New("the caller was not answered: there is no sound before that")

func (r *Router) channel(c *bridge.Call) *channel {
	return &channel{call: c, r: r, known: facts(c), moves: r.o.Move != nil && r.o.Move.Can(c.Line())}
}

// ID implements route.Channel.
func (ch *channel) ID() string { return string(ch.call.ID()) }

// CanMove implements route.Mover.
func (ch *channel) CanMove() bool { return ch.moves }

// Variable implements route.Channel.
func (ch *channel) Variable(name string) (string, bool) {
	switch name {
	case "record_file":
		if r := ch.recording.Load(); r != nil {
			return r.Place(), true
		}
	case "effective_caller_id_name":
		name = "caller_id_name"
	case "effective_caller_id_number", "ani":
		name = "caller_id_number"
	}
	v, ok := ch.known[name]
	return v, ok
}

// ArrivalOf is as what a call comes to its route, when it comes in a context for a number.
func ArrivalOf(c *bridge.Call, context, domain, number string) route.Arrival {
	return route.Arrival{
		Context: context, Domain: domain, Number: number, Direction: direction(c), Source: sources[c.From().Scheme], Facts: facts(c),
	}
}

// sources are what scripts call the worlds that calls come from.
var sources = map[string]string{"tg": "telegram", "sip": "sip", "verto": "verto"}

// direction is a call's as scripts see it: Telegram is outside.
func direction(c *bridge.Call) string {
	switch bridge.DirectionOf(c.From().String(), c.To().String()) {
	case bridge.Inward:
		return "inbound"
	case bridge.Outward:
		return "outbound"
	default:
		return "internal"
	}
}

func nonzero(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

// Answer implements route.Channel.
func (ch *channel) Answer(ctx context.Context) error {
	err := ch.call.Answer(ctx)
	if err == nil {
		ch.progress.answer(time.Now())
	}
	return err
}

// Hangup implements route.Channel.
func (ch *channel) Hangup(ctx context.Context, c bridge.Cause) error {
	return ch.call.Hangup(ctx, cmp.Or(c, bridge.NormalClearing))
}

// HangupAfter implements route.Scheduler. The last one counts.
func (ch *channel) HangupAfter(_ context.Context, d time.Duration, c bridge.Cause) error {
	ch.unschedule()
	ch.later = time.AfterFunc(d, func() { _ = ch.call.Hangup(context.Background(), c) }) // it fails if the call has ended
	return nil
}

func (ch *channel) unschedule() {
	if ch.later != nil {
		ch.later.Stop()
	}
}

// SetRingback implements route.Waiter.
func (ch *channel) SetRingback(_ context.Context, s route.Sound) (err error) {
	ch.ringing, err = ch.r.sounds.again(s)
	return err
}

// Ring implements route.Ringer.
func (ch *channel) Ring(ctx context.Context) error { return ch.call.Ring(ctx) }

// PreAnswer implements route.PreAnswerer. There is no sound before the answer, but a caller may hear that something happens.
func (ch *channel) PreAnswer(ctx context.Context) error { return ch.call.Ring(ctx) }

// HangupCall implements route.Switchboard.
func (ch *channel) HangupCall(ctx context.Context, id string, c bridge.Cause) error {
	if ch.r.made.hangup(id, c) {
		return nil
	}
	if ch.r.o.Bridge == nil {
		return errors.ErrUnsupported
	}
	if err := ch.r.o.Bridge().Hangup(ctx, bridge.CallID(id), c); err != nil {
		return fmt.Errorf("hang up call %s: %w", id, err)
	}
	return nil
}
