package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"switchgram/bridge"
	"switchgram/esl"
)

// call is a call between somebody on Telegram and FreeSWITCH.
type call struct {
	w        *world
	telegram *party
	other    *party // nil: FreeSWITCH itself is at the other end
	uuid     string // FreeSWITCH's channel to the bridge
	peer     string // FreeSWITCH's channel to the other; empty: there is none
}

// line is the dial string of a line of the bridge.
func (w *world) line(role int) string { return w.fs.user(w.o.users[role]) }

const (
	dialAnn = "export:nolocal:sip_h_X-TG-Dial=@ann"
	// preferOpus is what docs/freeswitch.md recommends: see there why.
	preferOpus = "export:nolocal:absolute_codec_string=OPUS@48000h@20i,PCMU,PCMA"
)

// answerer is somebody at FreeSWITCH who takes calls.
type answerer interface {
	answered(ctx context.Context) (*party, error)
}

// outgoing has a user of FreeSWITCH, who answers, bridged to Telegram, and returns when both have answered. The applications run first.
func (w *world) outgoing(ctx context.Context, user int, by answerer, dial string, apps ...string) (*call, error) {
	c := &call{w: w, peer: uuid.NewString()}
	bridged, err := w.fs.await(ctx, "CHANNEL_BRIDGE", func(e *esl.Event) bool { return e.UUID() == c.peer }, func() error {
		return w.fs.originate(ctx, "{origination_uuid="+c.peer+"}"+w.line(user), append(apps, "bridge:"+dial)...)
	})
	if err != nil {
		return nil, err
	}
	c.uuid = bridged.Get("Bridge-B-Unique-ID")
	if c.other, err = by.answered(ctx); err != nil {
		return nil, err
	}
	c.telegram, err = w.ann.answered(ctx)
	return c, err
}

// phoned is outgoing from one of the SIP telephones.
func (w *world) phoned(ctx context.Context, role int, dial string, apps ...string) (*call, error) {
	return w.outgoing(ctx, role, w.phones[role], dial, apps...)
}

// incoming has Ann call a line, and returns when FreeSWITCH has parked her, unanswered.
func (w *world) incoming(ctx context.Context, line string) (*call, error) {
	c := &call{w: w}
	parked, err := w.fs.await(ctx, "CHANNEL_PARK", func(e *esl.Event) bool { return e.Get("Caller-Destination-Number") == parking }, func() error {
		tg, err := w.ann.phone.Dial(ctx, "@line_"+line)
		if err == nil {
			c.telegram = w.ann.party(tg)
		}
		return err
	})
	if err != nil {
		return nil, errors.Join(err, fmt.Errorf("is there the extension %s in FreeSWITCH's dialplan? See -config", parking))
	}
	c.uuid = parked.UUID()
	return c, nil
}

// rung is incoming, bridged to a user of FreeSWITCH who has answered, as docs/freeswitch.md recommends; the call ends soon after the bridge.
func (w *world) rung(ctx context.Context, line string, user int, by answerer) (*call, error) {
	c, err := w.incoming(ctx, line)
	if err != nil {
		return nil, err
	}
	bridged, err := w.fs.await(ctx, "CHANNEL_BRIDGE", func(e *esl.Event) bool { return e.UUID() == c.uuid }, func() error {
		return w.fs.send(ctx, c.uuid, "bridge:"+w.line(user), "sleep:500", "hangup:${last_bridge_hangup_cause}")
	})
	if err != nil {
		return nil, err
	}
	c.peer = bridged.Get("Bridge-B-Unique-ID")
	c.other, err = by.answered(ctx)
	return c, err
}

// hear lets both hear each other.
func (c *call) hear(ctx context.Context) error { return hear(ctx, c.telegram, c.other) }

// end has the person on Telegram hang up, and says how the sound went.
func (c *call) end(ctx context.Context) (path string, err error) {
	if err := c.telegram.hangup(ctx); err != nil {
		return "", fmt.Errorf("hang up: %w", err)
	}
	return c.over(ctx, bridge.NormalClearing)
}

// over waits for the bridge's word about the end of the call, and for FreeSWITCH's.
func (c *call) over(ctx context.Context, want bridge.Cause) (path string, err error) {
	o, err := c.w.outcome(ctx)
	if err != nil {
		return "", err
	}
	if o.Cause != want {
		return o.Path, fmt.Errorf("ended with %s, not %s (%v)", o.Cause, want, o.Err)
	}
	return o.Path, nil
}

// talked is the whole of a call in which nothing happens: both hear each other, then it ends.
func (c *call) talked(ctx context.Context) (saw string, err error) {
	if err := c.hear(ctx); err != nil {
		return "", err
	}
	path, err := c.end(ctx)
	return path + "; tones both ways", err
}

// relayed is talked, of a call that must not have been transcoded by the bridge.
func (c *call) relayed(ctx context.Context) (string, error) {
	saw, err := c.talked(ctx)
	if err == nil && saw != "relay opus; tones both ways" {
		err = fmt.Errorf("%s, not relay opus", saw)
	}
	return saw, err
}

// echoed is the rest of a call to somebody on Telegram whom FreeSWITCH sends back what he says: he answers, hears himself, and hangs up.
func (w *world) echoed(ctx context.Context) (path string, err error) {
	tg, err := w.ann.answered(ctx)
	if err != nil {
		return "", err
	}
	if err := tg.Hears(ctx, tg.Hz); err != nil {
		return "", wrapf(err, "the person on Telegram")
	}
	return (&call{w: w, telegram: tg}).end(ctx)
}
