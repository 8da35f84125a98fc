package leg_test

import (
	"context"
	"fmt"

	"switchgram/bridge"
	"switchgram/bridge/leg"
	"switchgram/bridge/sip"
	"switchgram/tgcall"
)

// A line joins a Telegram account and a registration at a switch. Its calls in both directions are a few lines each.
func Example() {
	b, err := bridge.New(bridge.Options{Dialers: map[string]bridge.Dialer{
		"tg":  &leg.TelegramDialer{Line: func(string) (leg.TelegramLine, bool) { return leg.TelegramLine{}, false }},
		"sip": &leg.FreeSWITCHDialer{Line: func(string) (leg.FreeSWITCHLine, bool) { return leg.FreeSWITCHLine{}, false }},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = tgcall.Options{OnCall: func(ctx context.Context, c *tgcall.Call) {
		b.Handle(ctx, leg.NewTelegram(c, "sales"), bridge.Address{Scheme: "sip", User: "1000"})
	}}
	_ = sip.Options{OnInvite: func(ctx context.Context, d *sip.Dialog) {
		l := leg.NewFreeSWITCH(d, "sales")
		if to, err := leg.Called(d, "telegram", true); err == nil {
			b.Handle(ctx, l, to)
		}
	}}
	out := b.Originate(context.Background(), bridge.Origin{
		Line: "sales", First: bridge.Address{Scheme: "sip", User: "1000"}, Second: bridge.Address{Scheme: "tg", User: "@ann"},
	})
	fmt.Println(out.Cause, out.Fault, out.Err)
	// Output: DESTINATION_OUT_OF_ORDER freeswitch dial sip:1000: line sales: line is not connected
}
