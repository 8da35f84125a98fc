package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"switchgram/bridge/sip"
	"switchgram/bridge/sip/sdp"
	"switchgram/bridge/sip/siptest"
)

// transfers are the rows about calls that telephones behind FreeSWITCH transfer by SIP, and calls that take the place of others.
func transfers() []row {
	return []row{
		{"REFER of a telephone that Telegram has called", func(ctx context.Context, w *world) (string, error) {
			return w.passedOn(ctx)(w.rung(ctx, "udp", opusPhone, w.phones[opusPhone]))
		}},
		{"REFER of a telephone that has called Telegram", func(ctx context.Context, w *world) (string, error) {
			return w.passedOn(ctx)(w.phoned(ctx, opusPhone, w.line(lineUDP), dialAnn))
		}},
		{"REFER with Replaces of a telephone that Telegram has called", func(ctx context.Context, w *world) (string, error) {
			return w.handedOver(ctx)(w.rung(ctx, "udp", opusPhone, w.phones[opusPhone]))
		}},
		{"REFER with Replaces of a telephone that has called Telegram", func(ctx context.Context, w *world) (string, error) {
			return w.handedOver(ctx)(w.phoned(ctx, opusPhone, w.line(lineUDP), dialAnn))
		}},
		{"INVITE with Replaces: another channel takes a Telegram call", replaced},
		{"REFER with Replaces to the bridge, for a call at FreeSWITCH", intoFreeSWITCH},
	}
}

// passedOn has the telephone transfer the call to another one without asking (RFC 5589 §6).
func (w *world) passedOn(ctx context.Context) func(*call, error) (string, error) {
	return func(c *call, err error) (string, error) {
		if err != nil {
			return "", err
		}
		if err := c.hear(ctx); err != nil {
			return "", err
		}
		if err := c.other.dialog.Refer(ctx, w.spareURI(), nil); err != nil {
			return "", err
		}
		if c.other, err = w.phones[sparePhone].answered(ctx); err != nil {
			return "", err
		}
		return c.lasting(ctx)
	}
}

// lasting is relayed, of a call that goes on for some time after one of its ends has left it.
func (c *call) lasting(ctx context.Context) (string, error) {
	if err := c.hear(ctx); err != nil {
		return "", err
	}
	pause(ctx, 3*time.Second)
	return c.relayed(ctx)
}

// spareURI is the extension of the spare telephone.
func (w *world) spareURI() string {
	return fmt.Sprintf("sip:%s@%s", w.o.users[sparePhone], w.fs.domain)
}

// handedOver has the telephone call another one, and then leave its two calls to each other (RFC 5589 §7).
func (w *world) handedOver(ctx context.Context) func(*call, error) (string, error) {
	return func(c *call, err error) (string, error) {
		if err != nil {
			return "", err
		}
		if err := c.hear(ctx); err != nil {
			return "", err
		}
		if err := c.other.dialog.Hold(ctx, true); err != nil {
			return "", err
		}
		asking, err := w.ask(ctx)
		if err != nil {
			return "", err
		}
		if err := c.telegram.HearsNo(ctx, asking.own.Hz); err != nil {
			return "", wrapf(err, "the person on Telegram")
		}
		if err := c.other.dialog.Refer(ctx, w.spareURI(), asking.own.dialog); err != nil {
			return "", err
		}
		c.other = asking.far
		saw, err := c.lasting(ctx)
		return "asked, " + saw, err
	}
}

// consultation is a call of one telephone to another about a third.
type consultation struct{ own, far *party }

// ask has the Opus telephone call the spare one.
func (w *world) ask(ctx context.Context) (*consultation, error) {
	d, err := w.phones[opusPhone].phone.Dial(ctx, w.o.users[sparePhone])
	if err != nil {
		return nil, err
	}
	if err := taken(ctx, d); err != nil {
		return nil, err
	}
	a := &consultation{own: w.telephoneParty(d)}
	if a.far, err = w.phones[sparePhone].answered(ctx); err != nil {
		return nil, err
	}
	return a, wrapf(a.far.Hears(ctx, a.own.Hz), "who was asked")
}

// taken waits until a call of a telephone is answered.
func taken(ctx context.Context, d *sip.Dialog) error {
	for {
		e, err := next(ctx, d.Events(), "the other telephone never answered")
		switch e := e.(type) {
		case sip.Answered:
			return nil
		case sip.Ended:
			return fmt.Errorf("the other telephone: %v", e)
		case nil:
			return errors.Join(errors.New("the other telephone: ended"), err)
		}
	}
}

// name is how the far end of a call that FreeSWITCH has made knows it (RFC 3891 §6.1).
func (w *world) name(ctx context.Context, channel string) (string, error) {
	var values []any
	for _, name := range []string{"sip_call_id", "sip_to_tag", "sip_from_tag"} {
		v, err := w.fs.variable(ctx, channel, name)
		if err == nil && v == "" {
			err = fmt.Errorf("the channel has no %s", name)
		}
		if err != nil {
			return "", err
		}
		values = append(values, v)
	}
	return fmt.Sprintf("%s;to-tag=%s;from-tag=%s", values...), nil
}

// replaced has the spare telephone take the place of the one that talks with Telegram, by a call to the bridge.
func replaced(ctx context.Context, w *world) (string, error) {
	c, err := w.phoned(ctx, opusPhone, w.line(lineUDP), dialAnn)
	if err != nil {
		return "", err
	}
	if err := c.hear(ctx); err != nil {
		return "", err
	}
	of, err := w.name(ctx, c.uuid)
	if err != nil {
		return "", err
	}
	if err := w.fs.originate(ctx, w.line(sparePhone), "set:sip_h_Replaces="+of, "bridge:"+w.line(lineUDP)); err != nil {
		return "", err
	}
	if c.other, err = w.phones[sparePhone].answered(ctx); err != nil {
		return "", err
	}
	return c.lasting(ctx)
}

// intoFreeSWITCH has a telephone that is registered with the bridge transfer its Telegram call into the place of another telephone in a call of
// FreeSWITCH's: the bridge calls FreeSWITCH with Replaces. (FreeSWITCH itself cannot ask for that: its deflect sends no header with the URI.)
func intoFreeSWITCH(ctx context.Context, w *world) (string, error) {
	c, err := w.direct(ctx)
	if err != nil {
		return "", err
	}
	if err := c.hear(ctx); err != nil {
		return "", err
	}
	asking, err := w.ask(ctx)
	if err != nil {
		return "", err
	}
	to := fmt.Sprintf("sip:%s@%s", w.o.users[sparePhone], w.fs.sip)
	if err := c.other.dialog.Refer(ctx, to, asking.own.dialog); err != nil {
		return "", err
	}
	c.other = asking.far
	saw, err := c.lasting(ctx)
	return "asked, " + saw, err
}

// direct is a call to Telegram of a telephone that is registered with the bridge, and not with FreeSWITCH.
func (w *world) direct(ctx context.Context) (*call, error) {
	phone, err := siptest.NewPhone(ctx, w.program.SIPAddr("udp"), siptest.PhoneOptions{User: ownPhone, Password: ownPhone, Codecs: []sdp.Codec{sdp.Opus}})
	if err != nil {
		return nil, err
	}
	w.perRow.add(phone.Close)
	d, err := phone.Dial(ctx, "+"+annNumber, sip.Header{Name: "X-TG-Line", Value: "udp"}) // on one machine it has the address of the switch, which need not say who it is
	if err != nil {
		return nil, err
	}
	if err := taken(ctx, d); err != nil {
		return nil, err
	}
	c := &call{w: w, other: w.telephoneParty(d)}
	c.telegram, err = w.ann.answered(ctx)
	return c, err
}
