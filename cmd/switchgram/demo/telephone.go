package demo

import (
	"context"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/leg"
	"switchgram/bridge/sip"
	"switchgram/bridge/sip/sdp"
	"switchgram/bridge/sip/siptest"
)

// telephone is a SIP telephone at the switch.
type telephone struct {
	w     *world
	phone *siptest.Phone
}

func (w *world) newTelephone(ctx context.Context, user string, codecs ...sdp.Codec) (t *telephone, err error) {
	t = &telephone{w: w}
	t.phone, err = w.exchange.Phone(ctx, siptest.PhoneOptions{
		User: user, Password: w.password, Codecs: codecs, Ring: 200 * time.Millisecond, Sound: t.taken,
	})
	if err != nil {
		return nil, err
	}
	w.onClose(t.phone.Close)
	return t, nil
}

func (t *telephone) dial(ctx context.Context, number string) (bridge.Leg, error) {
	d, err := t.phone.Dial(ctx, number)
	if err != nil {
		return nil, err
	}
	return leg.NewFreeSWITCH(d, ""), nil
}

// taken hands a call that the telephone took to the demo.
func (t *telephone) taken(ctx context.Context, s siptest.Stream) {
	l := leg.NewFreeSWITCH(s.(*sip.Dialog), "")
	select {
	case t.w.taken <- callee{sound: l.Media(), hangup: func() { hangup(ctx, l) }}:
		<-ctx.Done()
	case <-ctx.Done():
	}
}
