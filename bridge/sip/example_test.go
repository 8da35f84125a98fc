package sip_test

import (
	"context"
	"fmt"
	"net/netip"
	"sync"

	"switchgram/bridge/sip"
)

// Two agents on one machine: one calls, the other answers and hangs up.
func Example() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var running sync.WaitGroup
	defer running.Wait()
	run := func(o sip.Options) *sip.Agent {
		agent, err := sip.New(o)
		if err != nil {
			panic(err)
		}
		running.Go(func() {
			if err := agent.Run(ctx); err != nil {
				fmt.Println(err)
			}
		})
		<-agent.Ready()
		return agent
	}

	bob := run(sip.Options{
		UDP:   "127.0.0.1:0",
		Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
		OnInvite: func(ctx context.Context, d *sip.Dialog) {
			fmt.Println(d.RemoteName(), "calls", d.RequestUser())
			if err := d.Answer(ctx); err != nil {
				fmt.Println(err)
				return
			}
			<-ctx.Done() // of the call
		},
	})
	ann := run(sip.Options{UDP: "127.0.0.1:0"})

	call, err := ann.Dial(ctx, sip.Invite{To: sip.UserURI("bob", bob.Addr("udp").String(), "udp"), FromUser: "ann", FromName: "Ann"})
	if err != nil {
		panic(err)
	}
	for e := range call.Events() {
		switch e := e.(type) {
		case sip.Answered:
			fmt.Println("answered with", call.Format())
			if err := call.Hangup(ctx, sip.Hangup{Q850: 16, Text: "that was all"}); err != nil {
				fmt.Println(err)
			}
		case sip.Ended:
			fmt.Println("ended by", map[bool]string{true: "bob", false: "ann"}[e.Remote])
		}
	}
	cancel()
	// Output:
	// Ann calls bob
	// answered with opus/48000 20ms
	// ended by ann
}
