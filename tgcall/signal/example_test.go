package signal_test

import (
	"bytes"
	"context"
	"fmt"

	"switchgram/tgcall/signal"
)

// Two ends of a call: what one gives to Out, Telegram brings to the other's Receive.
func Example() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var caller, callee *signal.Channel
	key := bytes.Repeat([]byte{1}, signal.KeySize)
	heard := make(chan []byte, 1)

	caller, err := signal.NewChannel(signal.Options{
		Version: "9.0.0", Key: key, Outgoing: true,
		Out:     func(blob []byte) { _ = callee.Receive(blob) },
		Deliver: func([]byte) {},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	callee, err = signal.NewChannel(signal.Options{
		Version: "9.0.0", Key: key,
		Out:     func(blob []byte) { _ = caller.Receive(blob) },
		Deliver: func(json []byte) { heard <- json },
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	done := make(chan error, 2)
	for _, c := range []*signal.Channel{caller, callee} {
		go func() { done <- c.Run(ctx) }()
	}
	_ = caller.Send(signal.Encode(signal.MediaState{Muted: true}))
	m, err := signal.Parse(<-heard)
	fmt.Printf("%+v %v\n", m, err)
	cancel()
	<-done
	<-done
	// Output: {Muted:true LowBattery:false VideoState:inactive VideoRotation:0 ScreencastState:inactive} <nil>
}
